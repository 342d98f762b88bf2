"""What is Alipay's own: signatures both ways, over the very text of the answer."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from backend.errors import BadSettings, Unavailable
from backend.keys import Keys, SandboxKeys
from backend.keys.files import AlipayEntry
from integrations.alipay import AlipayPlatform, Gateway, to_sign
from integrations.transport import Transport
from tests.support.sandbox import OutsideSandbox, just, served

NAME = "alipay_system_oauth_token_response"


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    async with Transport(timeout=2.0) as made:
        yield made


def ours(keys: Keys) -> AlipayEntry:
    assert keys.alipay is not None
    return keys.alipay


def theirs(sandbox_keys: SandboxKeys) -> RSAPrivateKey:
    key = load_pem_private_key(sandbox_keys.alipay.private_pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def signature(key: RSAPrivateKey, text: str) -> str:
    return b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def answering(body: str) -> Starlette:
    async def gateway(_request: Request) -> Response:
        return Response(body)

    return Starlette(routes=[Route("/gateway.do", gateway, methods=["POST"])])


def test_parameters_are_signed_in_order_without_empty_ones_and_the_signature() -> None:
    told = {"version": "1.0", "app_id": "1", "sign": "x", "empty": "", "biz_content": '{"a":"b&c"}'}
    assert to_sign(told) == b'app_id=1&biz_content={"a":"b&c"}&version=1.0'


async def test_an_answer_with_spaces_and_escapes_is_verified_as_it_was_written(
    transport: Transport, keys: Keys, sandbox_keys: SandboxKeys
) -> None:
    content = '{ "user_id":"2088\\u0031", "nick":"}\\"{" }'
    body = f'{{"sign":"{signature(theirs(sandbox_keys), content)}", "{NAME}": {content}}}'
    with served(just(answering(body))) as url:
        gateway = Gateway(transport, url=f"{url}/gateway.do", keys=ours(keys))
        assert (await AlipayPlatform(gateway).exchange_code("code")).open_id == "20881"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content, sign: f'{{"{NAME}":{content.replace("2088", "2099")},"sign":"{sign}"}}',
        lambda content, _sign: f'{{"{NAME}":{content}}}',
        lambda content, _sign: f'{{"{NAME}":{content},"sign":"AAAA"}}',
        lambda content, _sign: f'{{"{NAME}":{content},"sign":"?"}}',
        lambda content, _sign: f'{{"{NAME}":{content},"sign":7}}',
        lambda _content, sign: f'{{"{NAME}":"text","sign":"{sign}"}}',
        lambda _content, sign: f'{{"other":{{}},"sign":"{sign}"}}',
        lambda _content, _sign: "[" * 100_000,
        lambda _content, _sign: "null",
    ],
)
async def test_an_answer_that_alipay_did_not_sign_counts_as_none(
    transport: Transport, keys: Keys, sandbox_keys: SandboxKeys, spoil: Callable[[str, str], str]
) -> None:
    content = '{"user_id":"2088"}'
    with served(just(answering(spoil(content, signature(theirs(sandbox_keys), content))))) as url:
        gateway = Gateway(transport, url=f"{url}/gateway.do", keys=ours(keys))
        with pytest.raises(Unavailable):
            await AlipayPlatform(gateway).exchange_code("code")


async def test_a_refusal_that_alipay_did_not_sign_is_not_believed(transport: Transport, keys: Keys) -> None:
    forger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    content = json.dumps({"code": "40002", "sub_code": "isv.code-invalid"})
    body = f'{{"error_response":{content},"sign":"{signature(forger, content)}"}}'
    with served(just(answering(body))) as url:
        gateway = Gateway(transport, url=f"{url}/gateway.do", keys=ours(keys))
        with capture_logs() as logs, pytest.raises(Unavailable):
            await AlipayPlatform(gateway).exchange_code("code")
    assert [log["event"] for log in logs] == ["outbound_call", "alipay_answer_not_signed_by_alipay"]


async def test_our_wrong_key_is_our_problem_and_not_the_citizens(
    transport: Transport, outside_world: OutsideSandbox, keys: Keys
) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = stranger.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    wrong = ours(keys).model_copy(update={"our_private_pem": pem})
    gateway = Gateway(transport, url=outside_world.settings["alipay_url"], keys=wrong)
    with capture_logs() as logs, pytest.raises(Unavailable):
        await AlipayPlatform(gateway).exchange_code(outside_world.login_code(platform="alipay"))
    assert {
        "event": "alipay_refuses_us",
        "code": "40002",
        "sub_code": "isv.invalid-signature",
        "log_level": "error",
    } in logs


@pytest.mark.parametrize("spoiled", ["our_private_pem", "their_public_pem"])
def test_a_key_of_another_kind_stops_the_start(keys: Keys, spoiled: str) -> None:
    for bad in ("not a key", keys.zhejiang.their_public_pem):
        made: Any = ours(keys).model_copy(update={spoiled: bad})
        with pytest.raises(BadSettings):
            Gateway(Transport(), url="http://127.0.0.1:9/", keys=made)
