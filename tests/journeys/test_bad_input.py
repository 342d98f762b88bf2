"""What is wrong is told with a code, a sentence in the caller's language and the field's path; nothing is half done."""

import asyncio
import secrets
import struct
import zlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import asyncpg
import httpx2
import pytest
from PIL import Image
from redis.asyncio import Redis

from backend.kit import ids
from backend.kit.resident_id import check_digit
from integrations.demo.client import Refused
from integrations.demo.walk import ANSWERS, HOME, ITEM, drawn_card
from tests.journeys.conftest import Travellers
from tests.support.installation import Installation
from tests.support.traveller import Traveller
from tests.support.waiting import read_until

pytestmark = pytest.mark.xdist_group("journeys")

TABLES = (
    "person",
    "consent",
    "assurance_record",
    "application",
    "case_event",
    "material",
    "delivery",
    "number_series",
)

GONE = "This face check has expired or was used. Start again."


def chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


@pytest.fixture(scope="module")
async def citizen(travellers: Travellers) -> Traveller:
    """Somebody whom a window has confirmed: what is refused here is refused for its own reason."""
    return await travellers().confirmed_at_window()


@pytest.fixture
async def nothing_done(rows: asyncpg.Pool, jinmin: Installation) -> Callable[[], Awaitable[None]]:
    """To be called at the end: not a row was added, not a file kept."""

    async def state() -> tuple[list[int], int]:
        counted = [await rows.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]  # noqa: S608 - constants
        return counted, sum(path.is_file() for path in (jinmin.data / "files").rglob("*"))

    before = await state()

    async def unchanged() -> None:
        assert await state() == before

    return unchanged


async def refused(
    traveller: Traveller,
    ask: Callable[[], Awaitable[object]],
    code: str,
    *path: str,
    sentence: str | None = None,
) -> None:
    """It is refused with this code about this field, in Chinese to Chinese speakers and in English to others."""
    for language in ("zh-CN", "en"):
        traveller.client.language = language
        with pytest.raises(Refused) as refusal:
            await ask()
        told = refusal.value
        assert told.code == code
        assert path in {wrong.path for wrong in told.fields}, told.fields
        assert [chinese(text) for text in (told.message, *(wrong.message for wrong in told.fields))] == [
            language == "zh-CN"
        ] * (1 + len(told.fields))
    if sentence is not None:
        assert sentence in {told.message, *(wrong.message for wrong in told.fields)}


@pytest.mark.parametrize(
    ("asked", "refusal", "sentence"),
    [
        (("000000000000", HOME), ("UNKNOWN_ITEM", "code"), "There is no such service item."),
        (("x" * 5000, HOME), ("UNKNOWN_ITEM", "code"), None),
        ((ITEM, "999999"), ("UNKNOWN_DIVISION", "division"), "There is no such division."),
        ((ITEM, "德清县"), ("UNKNOWN_DIVISION", "division"), None),
        ((ITEM, "810000"), ("WRONG_DIVISION", "division"), "This item is not offered in that division yet."),
    ],
)
async def test_an_unknown_item_and_a_wrong_division_start_nothing(
    citizen: Traveller,
    nothing_done: Callable[[], Awaitable[None]],
    asked: tuple[str, str],
    refusal: tuple[str, str],
    sentence: str | None,
) -> None:
    (item, division), (code, field) = asked, refusal
    await refused(
        citizen,
        lambda: citizen.client.do("StartApplication", itemCode=item, division=division),
        code,
        *("input", {"code": "itemCode"}.get(field, field)),
        sentence=sentence,
    )
    await refused(
        citizen,
        lambda: citizen.client.ask("ServiceItem", code=item, division=division),
        code,
        field,
        sentence=sentence,
    )
    await nothing_done()


async def test_a_case_outside_of_the_home_county_is_refused_before_it_is_received(
    citizen: Traveller, rows: asyncpg.Pool
) -> None:
    begun = await citizen.client.do("StartApplication", itemCode=ITEM, division="330114")
    await citizen.client.do(
        "SaveAnswers", applicationId=begun["id"], version=begun["version"], answers=ANSWERS
    )
    await citizen.attach(begun["id"], drawn_card())

    await refused(citizen, lambda: citizen.submit(begun["id"]), "NOT_ELIGIBLE", "rules", "household")

    assert await state_of(rows, begun["id"]) == ("DRAFT", None, 1)


async def state_of(rows: asyncpg.Pool, case: str) -> tuple[object, ...]:
    kept = await rows.fetchrow(
        "SELECT state, case_number, last_sequence FROM application WHERE id = $1::uuid",
        ids.parse_node_id(case)[1],
    )
    return tuple(kept)


def wrong_number(place: str, born: str, *, check: int = 0) -> str:
    """With the right check character, or one that is ``check`` away from it."""
    seventeen = f"{place}{born}001"
    signs = "0123456789X"
    return seventeen + signs[(signs.index(check_digit(seventeen)) + check) % 11]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("33052119430512001", "A resident ID has 18 characters: 17 digits, then a digit or X."),
        (
            wrong_number("330521", "19430512", check=1),
            "The check character does not fit: is there a typing error?",
        ),
        (wrong_number("330521", "19431312"), "The birth date is not a possible one for this number."),
        (
            wrong_number("810000", "19430512"),
            "Not a resident ID; with a residence permit, a permanent residence card or a passport choose that kind.",
        ),
        ("１２３'; DROP TABLE person; --", None),
    ],
)
async def test_an_invalid_resident_id_binds_nobody(
    travellers: Travellers, nothing_done: Callable[[], Awaitable[None]], number: str, sentence: str | None
) -> None:
    traveller = await travellers().signed_in()

    await refused(
        traveller,
        lambda: traveller.client.do("BindRealName", name="沈阿福", residentId=number),
        "INVALID_RESIDENT_ID",
        "input",
        "residentId",
        sentence=sentence,
    )

    me = await traveller.client.ask("Me")
    assert (me["person"], me["assurance"]["level"]) == (None, "SIGNED_IN")
    await nothing_done()


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({"contactPhone": 13800000000}, "contactPhone", "This is not the right kind of value."),
        ({"contactPhone": "1380000000"}, "contactPhone", "The format is not right."),
        ({"bankAccount": "6200 0000 0000 0000"}, "bankAccount", "The format is not right."),
        ({"paidElsewhere": "no"}, "paidElsewhere", "This is not the right kind of value."),
        ({"undertaking": False}, "undertaking", "Please read and confirm this first."),
        ({"currentAddress": ""}, "currentAddress", "This may not be empty."),
        ({"currentAddress": {"$ne": ""}}, "currentAddress", "This is not the right kind of value."),
        ({"income": 1}, "income", "There is no such field."),
    ],
)
async def test_answers_of_the_wrong_shape_change_nothing(
    citizen: Traveller, rows: asyncpg.Pool, answers: dict[str, object], field: str, sentence: str
) -> None:
    begun = await citizen.client.do("StartApplication", itemCode=ITEM, division=HOME)

    await refused(
        citizen,
        lambda: citizen.client.do(
            "SaveAnswers", applicationId=begun["id"], version=begun["version"], answers={**ANSWERS, **answers}
        ),
        "INVALID_ANSWERS",
        "input",
        "answers",
        field,
        sentence=sentence,
    )

    kept = await citizen.client.ask("Application", id=begun["id"])
    assert (kept["version"], await state_of(rows, begun["id"])) == (begun["version"], ("DRAFT", None, 1))


async def test_answers_that_are_no_object_and_a_draft_with_nothing_in_it_are_refused(
    citizen: Traveller, rows: asyncpg.Pool
) -> None:
    begun = await citizen.client.do("StartApplication", itemCode=ITEM, division=HOME)
    case = begun["id"]

    await refused(
        citizen,
        lambda: citizen.client.do("SaveAnswers", applicationId=case, version=1, answers=["13800000000"]),
        "INVALID_ANSWERS",
        "input",
        "answers",
    )
    await refused(
        citizen,
        lambda: citizen.submit(case),
        "INVALID_ANSWERS",
        *("input", "answers", "bankAccount"),
        sentence="This field is required.",
    )
    await citizen.client.do("SaveAnswers", applicationId=case, version=1, answers=ANSWERS)
    await refused(citizen, lambda: citizen.submit(case), "MATERIAL_MISSING", "materials", "bank-card")

    assert await state_of(rows, case) == ("DRAFT", None, 1)


def bomb() -> bytes:
    """A sound PNG of 900 million pixels in less than a kilobyte of header and a little of its rows."""

    def chunk(kind: bytes, held: bytes) -> bytes:
        return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 90_001 * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif() -> bytes:
    out = BytesIO()
    Image.new("RGB", (200, 200), "#888").save(out, "GIF")
    return out.getvalue()


HOSTILE = {
    "a bomb": bomb(),
    "a GIF": gif(),
    "no image": b"#!/bin/sh\nrm -rf /\n",
    "half an image": drawn_card()[:4000],
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "nine megabytes": b"\xff\xd8\xff" + bytes(9 * 1024 * 1024),
    "nothing at all": b"",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_picture_proves_nobody(
    travellers: Travellers, rows: asyncpg.Pool, http: httpx2.AsyncClient, jinmin: Installation, content: bytes
) -> None:
    traveller = await travellers().consenting()
    path = ("input", "frames", "0") if not content or len(content) > 8_000_000 else ("input", "frames")

    async def show() -> object:
        return await traveller.show(await traveller.client.do("RequestFaceChallenge"), content)

    await refused(traveller, show, "FACE_UNUSABLE", *path)

    me = await traveller.client.ask("Me")
    assert me["assurance"]["level"] == "REAL_NAME"
    assert (await http.get(f"http://127.0.0.1:{jinmin.port + 1}/readyz")).json() == {"warm": 1, "wanted": 1}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_file_is_no_material(
    citizen: Traveller, nothing_done: Callable[[], Awaitable[None]], draft: str, content: bytes
) -> None:
    citizen.client.language = "en"
    before = await citizen.client.ask("Application", id=draft)

    await refused(citizen, lambda: citizen.attach(draft, content), "FILE_REFUSED", "input", "file")

    assert await citizen.client.ask("Application", id=draft) == before
    await nothing_done()


@pytest.fixture(scope="module")
async def draft(citizen: Traveller) -> str:
    """A complete draft."""
    return await citizen.draft()


async def test_an_expired_challenge_proves_nobody(travellers: Travellers, redis: Redis) -> None:
    traveller = await travellers().consenting()

    async def show_too_late() -> object:
        challenge = await traveller.client.do("RequestFaceChallenge")
        key = f"jinmin:face-challenge:{ids.parse_node_id(challenge['id'])[1]}"
        # Redis forgets by itself what is older than the challenge allows; here it is told to, at once.
        assert 18 <= await redis.ttl(key) <= 20
        await redis.pexpire(key, 1)
        await asyncio.sleep(0.01)
        return await traveller.show(challenge)

    await refused(traveller, show_too_late, "CHALLENGE_EXPIRED", "input", "challengeId", sentence=GONE)
    assert (await traveller.client.ask("Me"))["assurance"]["level"] == "REAL_NAME"


async def test_a_challenge_serves_once_whatever_comes_of_it(
    travellers: Travellers, rows: asyncpg.Pool
) -> None:
    traveller = await travellers().consenting()
    challenge = await traveller.client.do("RequestFaceChallenge")
    other = await traveller.client.do("RequestFaceChallenge")

    answers: Sequence[Any] = await asyncio.gather(
        traveller.show(challenge), traveller.show(challenge), return_exceptions=True
    )
    with pytest.raises(Refused):
        await traveller.show({**other, "nonce": challenge["nonce"]})

    won = [answer for answer in answers if not isinstance(answer, BaseException)]
    lost = [answer for answer in answers if isinstance(answer, Refused)]
    assert [answer["method"] for answer in won] == ["FACE_SELFIE"]
    assert [answer.code for answer in lost] == ["CHALLENGE_EXPIRED"]
    await refused(
        traveller,
        lambda: traveller.show(challenge),
        "CHALLENGE_EXPIRED",
        "input",
        "challengeId",
        sentence=GONE,
    )
    await refused(
        traveller, lambda: traveller.show(other), "CHALLENGE_EXPIRED", "input", "challengeId", sentence=GONE
    )
    proofs = await rows.fetch(
        "SELECT challenge_id FROM assurance_record WHERE challenge_id = ANY($1::uuid[])",
        [ids.parse_node_id(shown["id"])[1] for shown in (challenge, other)],
    )
    assert [str(row["challenge_id"]) for row in proofs] == [ids.parse_node_id(challenge["id"])[1]]


async def test_submitting_again_with_the_same_key_is_the_same_case_and_with_another_is_refused(
    citizen: Traveller, rows: asyncpg.Pool, jinmin: Installation
) -> None:
    case, key = await citizen.draft(), secrets.token_hex(16)

    answers = await asyncio.gather(*(citizen.submit(case, key) for _ in range(4)))

    assert len({answer["caseNumber"] for answer in answers}) == 1
    await refused(citizen, lambda: citizen.submit(case), "ALREADY_DONE", "input", "applicationId")
    another = await citizen.draft()
    with pytest.raises(Refused, match=r"^IDEMPOTENCY_KEY_REUSED: "):
        await citizen.submit(another, key)
    assert await state_of(rows, another) == ("DRAFT", None, 1)
    told = await read_until(
        lambda: citizen.client.ask("Application", id=case), lambda told: told["state"] == "COMPLETED"
    )
    assert [entry["kind"] for entry in told["timeline"]].count("SUBMITTED") == 1
    assert jinmin.zhejiang.held(told["caseNumber"])["effects"] == 1


async def test_a_case_handed_in_while_the_province_is_down_is_received_and_delivered_later(
    citizen: Traveller, rows: asyncpg.Pool, jinmin: Installation
) -> None:
    case = await citizen.draft()
    jinmin.zhejiang.scenario("down")
    before = datetime.now(UTC)
    try:
        received = await citizen.submit(case)
        number = received["caseNumber"]
        await read_until(lambda: delivery(rows, case), lambda kept: kept["attempts"] >= 1)

        waiting = await citizen.client.ask("Application", id=case)
        kept = await delivery(rows, case)
        assert (len(number), waiting["state"], waiting["caseNumber"]) == (43, "SUBMITTED", number)
        assert [entry["kind"] for entry in waiting["timeline"]] == ["STARTED", "SUBMITTED", "NUMBERED"]
        assert (kept["state"], kept["last_problem"]) == ("PENDING", "UPSTREAM_UNAVAILABLE")
        assert kept["next_try_at"] > before
        assert jinmin.zhejiang.held(number)["effects"] == 0
    finally:
        jinmin.zhejiang.scenario("normal")

    told = await read_until(
        lambda: citizen.client.ask("Application", id=case), lambda told: told["state"] == "COMPLETED"
    )
    assert [entry["kind"] for entry in told["timeline"]].count("LODGED") == 1
    assert jinmin.zhejiang.held(number)["effects"] == 1
    assert (await delivery(rows, case))["state"] == "DELIVERED"


async def delivery(rows: asyncpg.Pool, case: str) -> asyncpg.Record:
    return await rows.fetchrow(
        "SELECT state, attempts, last_problem, next_try_at FROM delivery WHERE application_id = $1::uuid",
        ids.parse_node_id(case)[1],
    )


async def test_without_a_proof_nothing_is_submitted_and_the_window_is_an_equal_way(
    travellers: Travellers, rows: asyncpg.Pool, jinmin: Installation
) -> None:
    traveller = await travellers().named()
    case = await traveller.draft()
    with pytest.raises(Refused, match=r"^STEP_UP_NEEDED: "):
        await traveller.submit(case)
    assert await state_of(rows, case) == ("DRAFT", None, 1)

    seen = await traveller.go_to_window()
    submitted = await traveller.submit(case)

    assert (seen["assurance"]["level"], seen["assurance"]["method"]) == ("AUTHORITATIVE", "WINDOW")
    assert len(submitted["caseNumber"]) == 43
    kept = await rows.fetchrow(
        "SELECT a.assurance, (SELECT count(*) FROM consent c WHERE c.person_id = a.person_id) AS consents"
        " FROM application a WHERE a.id = $1::uuid",
        ids.parse_node_id(case)[1],
    )
    assert tuple(kept) == ("AUTHORITATIVE/WINDOW", 0)
    told = await read_until(
        lambda: traveller.client.ask("Application", id=case), lambda told: told["state"] == "COMPLETED"
    )
    assert told["decision"]["approved"] is True


async def test_an_officer_without_the_person_before_them_confirms_nobody(travellers: Travellers) -> None:
    traveller = await travellers().signed_in()  # the registry does not know them
    with pytest.raises(Refused, match=r"^IDENTITY_UNKNOWN: "):
        await traveller.go_to_window()
