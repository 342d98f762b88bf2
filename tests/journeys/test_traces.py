"""Nothing of a picture stays with Jinmin, and nothing of a person gets into logs, jobs, errors, URLs or metrics."""

import asyncio
import secrets
import struct
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import asyncpg
import httpx2
import orjson
import pytest
from PIL import Image
from redis.asyncio import Redis

from backend.kit import clock
from integrations.demo import portraits
from integrations.demo.client import Client, Refused
from integrations.demo.walk import ANSWERS, HOME, ITEM
from tests.journeys.conftest import Travellers
from tests.support import traces
from tests.support.installation import ROOT, Installation
from tests.support.traces import Trace
from tests.support.traveller import OFFICER, reshot
from tests.support.waiting import read_until

pytestmark = pytest.mark.xdist_group("journeys")

SMALL = 2_000
"""Characters: more than anything that a face check may write, and far less than a picture, sealed or not."""

EMBED = """
import json, sys
from pathlib import Path
from integrations.faces.engine import Engine
print(json.dumps(Engine(Path(sys.argv[1])).see(sys.stdin.buffer.read()).describe()))
"""


def large_frame() -> bytes:
    """The person's own picture of this very moment: of more than a megabyte, so that it would be spooled."""
    with Image.open(BytesIO(reshot())) as picture:
        large = picture.resize((picture.width * 3, picture.height * 3))
    noise = Image.frombytes("RGB", (large.width, 60), secrets.token_bytes(large.width * 60 * 3))
    large.paste(noise, (0, large.height - 60))
    out = BytesIO()
    large.save(out, "PNG", compress_level=1)
    return out.getvalue()


def embedding_of(frame: bytes, folder: Path) -> list[float]:
    """What the face service's own engine makes of a frame; in a process of its own, as it must be."""
    told = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", EMBED, str(folder)], cwd=ROOT, input=frame, capture_output=True, check=True
    )
    embedding: list[float] = orjson.loads(told.stdout)
    return embedding


@dataclass(frozen=True, slots=True)
class Checked:
    """What a face check, a refused one and an unusable one left behind."""

    frame: bytes
    traces: list[Trace]
    reference: list[Trace]
    began: float
    new_rows: dict[str, list[str]]
    new_keys: dict[str, bytes]
    new_files: list[Path]


@pytest.fixture(scope="module")
async def checked(
    travellers: Travellers,
    rows: asyncpg.Pool,
    redis: Redis,
    jinmin: Installation,
    tmp_path_factory: pytest.TempPathFactory,
) -> Checked:
    began, frame = time.time() - 1, large_frame()
    traveller = await travellers().consenting()
    rows_before, keys_before = await traces.every_row(rows), await traces.every_key(redis)
    files_before = set(files_of(jinmin))

    await traveller.show(await traveller.client.do("RequestFaceChallenge"), frame, "13900000000.jpg")
    for other in (portraits.stranger(), b"\xff\xd8\xff" + frame[-20_000:]):
        with pytest.raises(Refused):
            await traveller.show(await traveller.client.do("RequestFaceChallenge"), other)

    rows_after, keys_after = await traces.every_row(rows), await traces.every_key(redis)
    await rows.execute("CHECKPOINT")
    embedding = await asyncio.to_thread(embedding_of, frame, tmp_path_factory.mktemp("engine"))
    assert len(embedding) == 128
    return Checked(
        frame=frame,
        traces=[*traces.of_bytes("frame", frame), *traces.of_numbers("embedding", embedding)],
        reference=traces.of_bytes("reference", portraits.reference()),
        began=began,
        new_rows={
            name: sorted(set(lines) - set(rows_before.get(name, ()))) for name, lines in rows_after.items()
        },
        new_keys={key: held for key, held in keys_after.items() if keys_before.get(key) != held},
        new_files=sorted(set(files_of(jinmin)) - files_before),
    )


def files_of(jinmin: Installation) -> list[Path]:
    """Files of the house itself, not of the database server."""
    return [
        path
        for path in jinmin.data.rglob("*")
        if path.is_file() and jinmin.data / "postgres" not in path.parents
    ]


async def test_nothing_of_a_frame_is_in_any_row_file_log_or_key(
    checked: Checked, rows: asyncpg.Pool, redis: Redis, jinmin: Installation
) -> None:
    assert len(checked.frame) > 1024 * 1024
    assert await traces.in_rows(rows, checked.traces) == []
    assert await traces.in_redis(redis, checked.traces) == []
    # The database server's own files, too, with its journal: not even for a moment.
    assert traces.in_files(jinmin.data, checked.traces, since=checked.began) == []


async def test_nothing_of_the_reference_stays_with_jinmin(
    checked: Checked, rows: asyncpg.Pool, redis: Redis, jinmin: Installation
) -> None:
    assert await traces.in_rows(rows, checked.reference) == []
    assert await traces.in_redis(redis, checked.reference) == []
    # The sandbox registry keeps portraits, in a database of its own on the same server: that one is not ours.
    assert traces.in_files(jinmin.data, checked.reference, but="postgres") == []


async def test_a_face_check_writes_nothing_that_could_hold_a_picture_however_it_is_sealed(
    checked: Checked,
) -> None:
    assert checked.new_files == []
    assert max(traces.longest(lines) for lines in checked.new_rows.values()) < SMALL
    assert traces.longest(held.decode("latin-1") for held in checked.new_keys.values()) < SMALL
    written = {name for name, lines in checked.new_rows.items() if lines}
    assert {"public.audit_entry", "public.assurance_record"} <= written
    assert all(traces.numbers_in_a_row(line) < 8 for lines in checked.new_rows.values() for line in lines)


Plant = Callable[[asyncpg.Pool, Redis, Path, bytes], Awaitable[None]]


async def in_a_column_of_bytes(rows: asyncpg.Pool, _redis: Redis, _folder: Path, frame: bytes) -> None:
    await rows.execute("CREATE TABLE planted (held bytea)")
    await rows.execute("INSERT INTO planted VALUES ($1)", frame)


async def in_a_column_of_text(rows: asyncpg.Pool, _redis: Redis, _folder: Path, frame: bytes) -> None:
    await rows.execute("CREATE TABLE planted_text (held jsonb)")
    await rows.execute(
        "INSERT INTO planted_text VALUES ($1)",
        orjson.dumps({"frame": b64encode(b"x" + frame).decode()}).decode(),
    )


async def in_a_large_object(rows: asyncpg.Pool, _redis: Redis, _folder: Path, frame: bytes) -> None:
    await rows.execute("SELECT lo_from_bytea(4711, $1)", frame)


async def in_redis(_rows: asyncpg.Pool, redis: Redis, _folder: Path, frame: bytes) -> None:
    await redis.hset("planted", "frame", frame.hex())


async def in_a_log(_rows: asyncpg.Pool, _redis: Redis, folder: Path, frame: bytes) -> None:
    (folder / "logs" / "planted.log").write_text(str(list(frame)))


async def in_a_file(_rows: asyncpg.Pool, _redis: Redis, folder: Path, frame: bytes) -> None:
    (folder / "files" / "planted").write_bytes(b"before" + frame)


@pytest.mark.parametrize(
    "plant",
    [in_a_column_of_bytes, in_a_column_of_text, in_a_large_object, in_redis, in_a_log, in_a_file],
    ids=lambda plant: plant.__name__,
)
async def test_the_search_finds_what_is_planted(
    jinmin: Installation, rows: asyncpg.Pool, redis: Redis, plant: Plant
) -> None:
    planted = secrets.token_bytes(50_000)
    wanted = traces.of_bytes("planted", planted)
    try:
        await plant(rows, redis, jinmin.data, planted)

        found = [
            *await traces.in_rows(rows, wanted),
            *await traces.in_redis(redis, wanted),
            *traces.in_files(jinmin.data, wanted, but="postgres"),
        ]
    finally:
        await rows.execute("DROP TABLE IF EXISTS planted, planted_text")
        await rows.execute("SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid = 4711")
        await redis.delete("planted")
        for place in ("logs/planted.log", "files/planted"):
            (jinmin.data / place).unlink(missing_ok=True)

    assert len(found) == 1, found


def test_a_vector_and_a_text_are_found_in_every_guise() -> None:
    vector = [secrets.randbelow(10**9) / 10**9 - 0.5 for _ in range(128)]
    wanted = [*traces.of_numbers("vector", vector), *traces.of_text("name", "沈阿福")]

    for hay, name in (
        (orjson.dumps(vector), "vector as text"),
        (struct.pack("<128d", *vector), "vector raw"),
        (b64encode(b"x" + struct.pack(">128f", *vector)), "vector in base64"),
        ("…沈阿福…".encode(), "name raw"),
        (b'{"name": "\\u6c88\\u963f\\u798f"}', "name escaped"),
        ("姓名沈阿福".encode().hex().encode(), "name in hex"),
        (b"/x?name=%E6%B2%88%E9%98%BF%E7%A6%8F", "name in a URL"),
    ):
        assert traces.found_in(hay, wanted) == [name]
    assert traces.numbers_in_a_row(str(vector)) == 128


async def test_nothing_personal_is_in_logs_jobs_errors_urls_metrics_or_plain_rows(
    travellers: Travellers, rows: asyncpg.Pool, redis: Redis, jinmin: Installation, http: httpx2.AsyncClient
) -> None:
    traveller = await travellers().proven()
    person, client = traveller.person, traveller.client
    personal = {
        "name": person.name,
        "resident id": person.resident_id,
        "phone": str(ANSWERS["contactPhone"]),
        "bank account": str(ANSWERS["bankAccount"]),
        "address": str(ANSWERS["currentAddress"]),
        "comment": "工作人员王阿姨很好",
        "file name": "沈阿福的社保卡.jpg",
    }
    wanted = [trace for name, text in personal.items() for trace in traces.of_text(name, text)]
    answers: list[str] = []

    async def refused(doing: Awaitable[object]) -> None:
        with pytest.raises(Refused) as refusal:
            await doing
        answers.append(f"{refusal.value} {refusal.value.fields}")

    # The whole way, with everything that can go wrong on it.
    other = travellers()
    await other.signed_in()
    await refused(other.client.do("BindRealName", name="沈阿贵", residentId=person.resident_id))
    await refused(client.do("StartApplication", itemCode=person.resident_id, division=person.name))
    draft = await traveller.draft()
    wrong = {**ANSWERS, "contactPhone": person.resident_id, "note": person.name}
    await refused(client.do("SaveAnswers", applicationId=draft, version=1, answers=wrong))
    await refused(client.do("SaveAnswers", applicationId=draft, version=1, answers=dict(ANSWERS)))
    await refused(traveller.attach(draft, b"GIF89a" + person.resident_id.encode(), personal["file name"]))
    await refused(client.ask("Application", id=person.resident_id))
    await client.ask("CheckEligibility", code=ITEM, division=HOME, answers={"paidElsewhere": False})
    bad = await http.get(f"{jinmin.url}/verify/{person.resident_id}")
    jinmin.zhejiang.scenario("down")
    await traveller.submit(draft)
    await read_until(
        lambda: rows.fetchval("SELECT max(attempts) FROM delivery WHERE state = 'PENDING'"),
        bool,
    )
    jinmin.zhejiang.scenario("normal")
    case = await read_until(
        lambda: client.ask("Application", id=draft), lambda told: told["state"] == "COMPLETED"
    )
    await client.do("EvaluateApplication", applicationId=draft, level=5, comment=personal["comment"])

    assert len(answers) == 6
    assert traces.found_in(" ".join([*answers, bad.text, str(case)]).encode(), wanted) == []
    for port in (jinmin.port, jinmin.port + 1):
        metrics = await http.get(f"http://127.0.0.1:{port}/metrics")
        assert (metrics.status_code, traces.found_in(metrics.content, wanted)) == (200, [])
    assert traces.in_files(jinmin.data, wanted, but="postgres") == []
    # Rows of cases, jobs, their log and their errors: what is personal is sealed.
    assert await traces.in_rows(rows, wanted) == []
    assert await traces.in_redis(redis, wanted) == []


async def test_nothing_personal_is_left_by_acting_correcting_reviewing_revealing_and_taking_along(
    travellers: Travellers, rows: asyncpg.Pool, redis: Redis, jinmin: Installation, http: httpx2.AsyncClient
) -> None:
    traveller, other = await travellers().proven(), await travellers().signed_in()
    person, client = traveller.person, traveller.client
    ward = travellers().person
    personal = {
        "own number": person.resident_id,
        "ward's name": "沈外婆芳",
        "ward's number": ward.resident_id,
        "paper": "户籍册第889911号",
        "claimed name": "沈新来",
        "claimed number": travellers().person.resident_id,
        "phone": "13987650123",
        "wrong": "我的户口已经迁到吴兴区湖东路88号",
        "answer": "已在档案中附注湖东路88号",
        "note": "本人面貌与照片相符，左耳有痣",
        "device": "沈阿福的手机",
    }
    wanted = [trace for name, text in personal.items() for trace in traces.of_text(name, text)]
    told: list[object] = []
    grant = await client.do(
        "ProposeDelegation",
        kind="VILLAGE_COMMITTEE",
        name=personal["ward's name"],
        residentId=ward.resident_id,
        items=[ITEM],
        domains=[],
        actions=["SUBMIT"],
        evidence="LETTER_OF_AUTHORITY",
        evidenceNumber=personal["paper"],
        division=HOME,
        validUntil=(clock.today() + timedelta(days=30)).isoformat(),
        institution="余不村",
    )
    case = await traveller.draft()
    await traveller.submit(case)
    asked = await client.do("RequestDataCorrection", about="CASE", applicationId=case, told=personal["wrong"])
    told += [grant, await client.ask("MyDelegations", first=5), await client.ask("ConsentHistory", first=5)]
    review = await other.client.do(
        "RequestIdentityReview",
        name=personal["claimed name"],
        residentId=personal["claimed number"],
        division=HOME,
    )
    told.append(review)
    code = await other.client.do("RequestSmsCode", phone=personal["phone"], deviceId=secrets.token_hex(16))
    with pytest.raises(Refused):
        await other.client.do(
            "SignInWithSms", codeId=code["id"], code="000000", deviceName=personal["device"]
        )
    officer = Client(http, jinmin.url)
    officer.token = (await officer.do("SignInOfficer", **OFFICER))["accessToken"]
    told += [
        await officer.ask("DataCorrections", first=20),
        await officer.ask("DelegationProposals", first=20),
    ]
    # What is opened is said to the officer alone; it is in no list, and in nothing that is kept of it.
    await officer.do("OpenDelegation", delegationId=grant["id"])
    await officer.do("OpenDataCorrection", correctionId=asked["id"])
    await officer.do("RevealApplicant", applicationId=case, reason="DECIDE_CASE")
    told.append(
        await officer.do(
            "DecideDataCorrection", correctionId=asked["id"], outcome="NOTED", answer=personal["answer"]
        )
    )
    await officer.do("OpenIdentityReview", reviewId=review["id"])
    told.append(
        await officer.do(
            "DecideIdentityReview",
            reviewId=review["id"],
            confirmed=False,
            reason="NOT_THE_PERSON",
            place="WINDOW",
            documentSeen="ID_CARD",
            note=personal["note"],
        )
    )
    taken = await client.do("ExportMyData")
    assert personal["answer"] in taken["content"]
    await traveller.draft()
    with pytest.raises(Refused) as refusal:
        await client.do("CloseMyAccounts")
    told += [str(refusal.value), await client.ask("MyDataLooks", first=20)]

    assert traces.found_in(str(told).encode(), wanted) == []
    for port in (jinmin.port, jinmin.port + 1):
        metrics = await http.get(f"http://127.0.0.1:{port}/metrics")
        assert (metrics.status_code, traces.found_in(metrics.content, wanted)) == (200, [])
    assert traces.in_files(jinmin.data, wanted, but="postgres") == []
    assert await traces.in_rows(rows, wanted) == []
    assert await traces.in_redis(redis, wanted) == []
