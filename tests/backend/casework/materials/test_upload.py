"""Uploading a material: judged by its bytes, sealed, stored once."""

import asyncio
import struct
import zlib
from dataclasses import replace
from datetime import date
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image

from backend.casework.catalogue.standards import Standards
from backend.casework.lifecycle import NOT_A_DRAFT
from backend.casework.machine import Casework
from backend.casework.materials.actions import (
    EMPTY,
    NO_SUCH_MATERIAL,
    TOO_LARGE,
    WRONG_KIND,
    upload_material,
)
from backend.casework.materials.queries import material_contents, materials_of
from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, Text
from backend.kit.ids import new_id
from backend.ports import FileStore
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import bound, new_key
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


class NotedFiles:
    """A store that notes what it holds."""

    def __init__(self, store: FileStore) -> None:
        self.store, self.held = store, set[str]()

    async def put(self, key: str, content: bytes) -> None:
        self.held.add(key)
        await self.store.put(key, content)

    async def get(self, key: str) -> bytes:
        return await self.store.get(key)

    async def delete(self, key: str) -> None:
        self.held.discard(key)
        await self.store.delete(key)


@pytest.fixture
def files(work: Casework) -> NotedFiles:
    return NotedFiles(work.resources.ports.files)


@pytest.fixture
def house(work: Casework, files: NotedFiles) -> Casework:
    return replace(work, resources=replace(work.resources, ports=replace(work.resources.ports, files=files)))


@pytest.fixture
async def citizen(house: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await bound(house.resources, outside_world)


@pytest.fixture
async def begun(citizen: Citizen, house: Casework) -> UUID:
    return await cases.draft(citizen, house)


async def upload(
    citizen: Citizen,
    work: Casework,
    application_id: UUID,
    content: bytes,
    *,
    code: str = "card",
    name: str = "卡.png",
    key: str | None = None,
) -> UUID:
    return await upload_material(
        citizen,
        work,
        application_id=application_id,
        code=code,
        file_name=name,
        content=content,
        idempotency_key=key or new_key(),
    )


def jpeg() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG")
    return out.getvalue()


def pixel_bomb() -> bytes:
    """A PNG of a few hundred bytes whose header promises 900 million pixels."""

    def chunk(kind: bytes, told: bytes) -> bytes:
        return struct.pack(">I", len(told)) + kind + told + struct.pack(">I", zlib.crc32(kind + told))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"0"))
        + chunk(b"IEND", b"")
    )


async def test_a_material_is_sealed_noted_and_opened_for_delivery(
    citizen: Citizen, house: Casework, files: NotedFiles, begun: UUID
) -> None:
    material_id = await upload(citizen, house, begun, cases.picture(), name="沈阿福的卡.png")

    (row,) = await fetch("SELECT * FROM material")
    assert (row["id"], row["code"], row["media_type"], row["size"]) == (
        material_id,
        "card",
        "image/png",
        len(cases.picture()),
    )
    assert "沈阿福" not in repr(dict(row))
    assert files.held == {row["file_key"]}
    kept = await files.get(row["file_key"])
    assert kept.startswith(b"A1.")
    assert b"PNG" not in kept
    (opened,) = await material_contents(house, begun)
    assert (opened.code, opened.file_name, opened.media_type, opened.content) == (
        "card",
        "沈阿福的卡.png",
        "image/png",
        cases.picture(),
    )
    assert opened.sha256 == sha256(cases.picture()).hexdigest()
    listed = await materials_of([begun, new_id()])
    assert [one.id for one in listed[begun]] == [material_id]
    assert [len(found) for found in listed.values()] == [1, 0]
    assert (await cases.row_of(begun))["version"] == 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [(jpeg(), "image/jpeg"), (b"%PDF-1.7 something %%EOF\n", "application/pdf")],
)
async def test_the_bytes_say_what_a_file_is(
    citizen: Citizen, house: Casework, begun: UUID, content: bytes, kind: str
) -> None:
    await upload(citizen, house, begun, content, name="anything.exe")
    (found,) = (await materials_of([begun]))[begun]
    assert found.media_type == kind


@pytest.mark.parametrize(
    "refused",
    [
        (b"", EMPTY),
        (b"x" * (8 * 1024 * 1024 + 1), TOO_LARGE),
        (b"MZ not a picture", WRONG_KIND),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", WRONG_KIND),
        (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", WRONG_KIND),
        (cases.picture()[:-20], WRONG_KIND),
        (b"%PDF-1.7 cut off", WRONG_KIND),
        (pixel_bomb(), WRONG_KIND),
    ],
)
async def test_a_file_that_is_not_acceptable_leaves_nothing(
    citizen: Citizen, house: Casework, files: NotedFiles, begun: UUID, refused: tuple[bytes, Text]
) -> None:
    content, why = refused
    with pytest.raises(Invalid) as refusal:
        await upload(citizen, house, begun, content)
    assert (refusal.value.code, refusal.value.message) == (ProblemCode.FILE_REFUSED, why)
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "file")]
    assert files.held == set()
    assert await count("material") == 0
    assert (await cases.row_of(begun))["version"] == 1


async def test_an_item_may_take_fewer_kinds(citizen: Citizen, house: Casework, begun: UUID) -> None:
    card = replace(cases.ITEM.materials[0], media_types=("application/pdf",))
    strict = replace(house, standards=Standards.of([replace(cases.ITEM, materials=(card,))]))
    with pytest.raises(Invalid) as refusal:
        await upload(citizen, strict, begun, cases.picture())
    assert refusal.value.message == WRONG_KIND


async def test_a_material_that_is_not_asked_for_is_named(
    citizen: Citizen, house: Casework, files: NotedFiles, begun: UUID
) -> None:
    with pytest.raises(Invalid) as refusal:
        await upload(citizen, house, begun, cases.picture(), code="passport")
    assert (refusal.value.code, refusal.value.message) == (ProblemCode.INVALID_INPUT, NO_SUCH_MATERIAL)
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "materialCode")]
    assert files.held == set()


async def test_a_second_file_replaces_the_first(
    citizen: Citizen, house: Casework, files: NotedFiles, begun: UUID
) -> None:
    await upload(citizen, house, begun, cases.picture(1))
    await upload(citizen, house, begun, cases.picture(2))
    (opened,) = await material_contents(house, begun)
    assert opened.content == cases.picture(2)
    (row,) = await fetch("SELECT file_key FROM material")
    assert files.held == {row["file_key"]}


async def test_the_same_key_uploads_once(
    citizen: Citizen, house: Casework, files: NotedFiles, begun: UUID
) -> None:
    key = new_key()
    ids = await asyncio.gather(*(upload(citizen, house, begun, cases.picture(), key=key) for _ in range(3)))
    assert len(set(ids)) == 1
    assert (await count("material"), len(files.held)) == (1, 1)
    assert (await cases.row_of(begun))["version"] == 2

    with pytest.raises(Conflict) as refusal:
        await upload(citizen, house, begun, cases.picture(7), key=key)
    assert refusal.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    (opened,) = await material_contents(house, begun)
    assert (opened.content, len(files.held)) == (cases.picture(), 1)


async def test_files_that_come_at_once_leave_one(
    citizen: Citizen, house: Casework, files: NotedFiles, begun: UUID
) -> None:
    await asyncio.gather(*(upload(citizen, house, begun, cases.picture(shade)) for shade in range(4)))
    (row,) = await fetch("SELECT file_key FROM material")
    assert files.held == {row["file_key"]}
    assert len(await material_contents(house, begun)) == 1


async def test_after_submission_nothing_is_added(
    house: Casework, files: NotedFiles, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(house.resources, outside_world, born=date(1940, 1, 2))
    application_id = await cases.submitted(citizen, house)
    held = set(files.held)
    with pytest.raises(Conflict) as refusal:
        await upload(citizen, house, application_id, cases.picture(3))
    assert refusal.value.message == NOT_A_DRAFT
    assert files.held == held


async def test_a_submission_meanwhile_wins_and_the_file_goes(
    house: Casework, files: NotedFiles, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(house.resources, outside_world)
    application_id = await cases.filled(citizen, house)
    held = set(files.held)

    class Overtaken(NotedFiles):
        async def put(self, key: str, content: bytes) -> None:
            await super().put(key, content)
            await fetch("UPDATE application SET state = 'SUBMITTED'")

    store = Overtaken(files)
    slow = replace(
        house, resources=replace(house.resources, ports=replace(house.resources.ports, files=store))
    )
    with pytest.raises(Conflict) as refusal:
        await upload(citizen, slow, application_id, cases.picture(4))
    assert refusal.value.message == NOT_A_DRAFT
    assert (store.held, files.held) == (set(), held)
    assert await count("material") == 1


async def test_others_drafts_are_not_there(
    citizen: Citizen, house: Casework, files: NotedFiles, begun: UUID, outside_world: OutsideSandbox
) -> None:
    stranger = await bound(house.resources, outside_world)
    for wanted in (begun, new_id()):
        with pytest.raises(NotFound):
            await upload(stranger, house, wanted, cases.picture())
    assert files.held == set()
    assert citizen != stranger
