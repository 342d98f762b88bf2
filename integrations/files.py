"""Where files lie: one object store, a folder on a single machine."""

from pathlib import Path

import obstore
from obstore.store import LocalStore

from backend.errors import NotFound, Text


class ObjectStoreFiles:
    """``FileStore`` over obstore. It writes a new file beside the old one and renames it: never half a file."""

    def __init__(self, folder: Path) -> None:
        self._store = LocalStore(folder, mkdir=True)

    async def put(self, key: str, content: bytes) -> None:
        """Store; see ``backend.ports.FileStore``."""
        await obstore.put_async(self._store, key, content)

    async def get(self, key: str) -> bytes:
        """Read. Raises ``NotFound``."""
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError:
            # The store's own words name the folder.
            raise NotFound(Text(zh="文件不存在。", en="There is no such file.")) from None
        return bytes(await found.bytes_async())

    async def delete(self, key: str) -> None:
        """Remove; a key that is not there is fine."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
