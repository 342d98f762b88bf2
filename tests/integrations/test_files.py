from pathlib import Path

import pytest

from backend.errors import NotFound
from backend.ports import FileStore
from integrations.files import ObjectStoreFiles


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return ObjectStoreFiles(tmp_path / "files")


async def test_what_was_put_can_be_got(files: FileStore) -> None:
    await files.put("materials/0192/a", b"sealed")
    await files.put("materials/0192/a", b"sealed")

    assert await files.get("materials/0192/a") == b"sealed"


async def test_files_survive_a_restart(files: FileStore, tmp_path: Path) -> None:
    await files.put("a", b"sealed")

    assert await ObjectStoreFiles(tmp_path / "files").get("a") == b"sealed"


async def test_a_key_that_is_not_there_is_not_found_and_the_folder_is_not_told(
    files: FileStore, tmp_path: Path
) -> None:
    with pytest.raises(NotFound) as refusal:
        await files.get("nothing")

    assert str(tmp_path) not in str(refusal.value)


async def test_deleting_twice_is_fine(files: FileStore) -> None:
    await files.put("a", b"sealed")

    await files.delete("a")
    await files.delete("a")

    with pytest.raises(NotFound):
        await files.get("a")


async def test_a_key_cannot_leave_the_folder(files: FileStore, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="illegal"):
        await files.put("../outside", b"x")

    assert not (tmp_path / "outside").exists()
