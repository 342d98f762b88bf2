"""The national network identity service over the real wire, signed both ways."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from uuid import uuid4

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from backend.errors import Unavailable
from backend.keys import Keys, SandboxKeys
from backend.keys.files import NetworkIdentityEntry
from backend.kit import resident_id
from backend.kit.documents import DocumentKind
from backend.kit.signatures import generate_sm2, sign_sm2
from integrations.network_identity import NationalNetworkIdentity, digest
from integrations.transport import Transport
from tests.support.sandbox import OutsideSandbox, just, served

NUMBER = resident_id.make("330521", date(1943, 5, 12), 9)
HOLDER = {"name": "沈阿福", "idNumber": NUMBER}
PATH = "/nationalCertification/userInfoCheck"


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("network-identity")


def ours(keys: Keys) -> NetworkIdentityEntry:
    assert keys.network_identity is not None
    return keys.network_identity


@pytest.fixture
async def service(outside_world: OutsideSandbox, keys: Keys) -> AsyncIterator[NationalNetworkIdentity]:
    async with Transport(timeout=2.0) as transport:
        yield NationalNetworkIdentity(
            transport, base_url=outside_world.settings["network_identity_url"], keys=ours(keys)
        )


async def test_a_credential_proves_its_holder_without_telling_a_name(
    service: NationalNetworkIdentity, outside_world: OutsideSandbox
) -> None:
    order = uuid4().hex
    assert service.start(order).business_number == order
    made = outside_world.credential(order, HOLDER)
    found = await service.verify(
        order=order,
        credential=made["idCardAuthData"],
        password=made["certPwdData"],
        expected=(("沈阿福", NUMBER),),
    )
    assert found is not None
    holder, fits = found
    assert fits
    assert (holder.name, holder.number, holder.kind) == (None, None, None)
    assert len(holder.network_id) == 64


async def test_a_holder_may_release_name_and_number_and_is_compared_all_the_same(
    service: NationalNetworkIdentity, outside_world: OutsideSandbox
) -> None:
    ids = []
    for expected in ((("沈阿寿", NUMBER),), (("沈阿福", NUMBER[:-1] + "X"),), ()):
        made = outside_world.credential(order := uuid4().hex, HOLDER, release=True)
        found = await service.verify(
            order=order,
            credential=made["idCardAuthData"],
            password=made["certPwdData"],
            expected=expected,
        )
        assert found is not None
        holder, fits = found
        assert not fits
        assert (holder.name, holder.number, holder.kind) == ("沈阿福", NUMBER, DocumentKind.RESIDENT_ID)
        ids.append(holder.network_id)
    assert len(set(ids)) == 1


async def test_a_credential_is_for_one_order_and_good_once(
    service: NationalNetworkIdentity, outside_world: OutsideSandbox
) -> None:
    order = uuid4().hex
    made = outside_world.credential(order, HOLDER)
    told = {"credential": made["idCardAuthData"], "password": made["certPwdData"], "expected": ()}
    assert await service.verify(order=uuid4().hex, **told) is None  # type: ignore[arg-type]
    assert await service.verify(order=order, **{**told, "password": "guessed"}) is None  # type: ignore[arg-type]
    assert await service.verify(order=order, **told) is not None  # type: ignore[arg-type]
    assert await service.verify(order=order, **told) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["down", "busy", "garbage"])
async def test_a_service_that_does_not_work_is_unavailable_and_asked_once(
    service: NationalNetworkIdentity, outside_world: OutsideSandbox, mode: str
) -> None:
    outside_world.scenario("network-identity", mode)
    with capture_logs() as logs, pytest.raises(Unavailable):
        await service.verify(order=uuid4().hex, credential="c", password="p", expected=())
    assert [log["attempt"] for log in logs if log["event"] == "outbound_call"] == [1]


async def test_our_wrong_key_is_our_problem(outside_world: OutsideSandbox, keys: Keys) -> None:
    wrong = ours(keys).model_copy(update={"our_private_pem": generate_sm2()[0]})
    async with Transport(timeout=2.0) as transport:
        service = NationalNetworkIdentity(
            transport, base_url=outside_world.settings["network_identity_url"], keys=wrong
        )
        with capture_logs() as logs, pytest.raises(Unavailable):
            await service.verify(order=uuid4().hex, credential="c", password="p", expected=())
    assert "C0200001" in {log.get("result") for log in logs}


def answering(make: Callable[[dict[str, str]], object]) -> Starlette:
    async def check(request: Request) -> Response:
        asked = json.loads((await request.json())["content"])
        return JSONResponse(make(asked))

    return Starlette(routes=[Route(PATH, check, methods=["POST"])])


@pytest.mark.parametrize("spoiled", ["forged", "other_order", "unsigned", "no_id", "not_json"])
async def test_an_answer_that_is_not_the_services_own_to_this_order_counts_as_none(
    keys: Keys, sandbox_keys: SandboxKeys, spoiled: str
) -> None:
    entry = ours(keys)
    pem = generate_sm2()[0] if spoiled == "forged" else sandbox_keys.network_identity.private_pem

    def make(asked: dict[str, str]) -> object:
        told = {
            "resultCode": "C0000000",
            "bizSeq": "0" * 32 if spoiled == "other_order" else asked["bizSeq"],
            "pid": "" if spoiled == "no_id" else "p" * 64,
            "identityDigest": digest("沈阿福", NUMBER, asked["bizSeq"]),
        }
        content = "{" if spoiled == "not_json" else json.dumps(told)
        return {
            "content": content,
            "sign": "00" if spoiled == "unsigned" else sign_sm2(pem, content.encode()).hex(),
        }

    with served(just(answering(make))) as url:
        async with Transport(timeout=2.0) as transport:
            service = NationalNetworkIdentity(transport, base_url=url, keys=entry)
            with pytest.raises(Unavailable):
                await service.verify(
                    order=uuid4().hex,
                    credential="c",
                    password="p",
                    expected=(("沈阿福", NUMBER),),
                )


async def test_credential_and_person_stay_out_of_the_log(
    service: NationalNetworkIdentity, outside_world: OutsideSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    made = outside_world.credential(order := uuid4().hex, HOLDER, release=True)
    with capture_logs() as logs:
        await service.verify(
            order=order,
            credential=made["idCardAuthData"],
            password=made["certPwdData"],
            expected=(("沈阿福", NUMBER),),
        )
    said = f"{logs} {caplog.text}"
    assert [secret for secret in (*made.values(), *HOLDER.values()) if secret in said] == []
