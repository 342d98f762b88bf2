"""Stored files for whoever may see them: a code of chance that serves one file once, to the session that asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.casework.machine import Casework
from backend.errors import NotFound, Text
from backend.kit import clock
from backend.kit.ids import new_nonce
from backend.kit.media import media_type
from backend.viewer import Citizen, Officer, Viewer

LIFETIME = timedelta(minutes=2)
"""From the look that is written down until the bytes are fetched."""
NO_SUCH_FILE = Text(
    "链接无效或已使用，请重新打开。", "This address is not valid or was used. Open the file again."
)
_KIND = "opened-file"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A sealed file that a look has found visible."""

    key: str
    context: str
    sha256: str
    media_type: str | None = None
    """None where its bytes say it."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """Where its bytes are, once, for the session that asked: the address says nothing of whose file it is."""

    address: str
    sha256: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Served:
    """A file in the open. Lives in memory only."""

    content: bytes
    media_type: str


async def hand_out(
    work: Casework, viewer: Citizen | Officer, files: Sequence[StoredFile]
) -> Sequence[OpenedFile]:
    """An address for each file; after the look was written down and never before."""
    until = clock.now() + LIFETIME
    opened = []
    for file in files:
        code = new_nonce()
        await work.resources.shared.put_once(
            _KIND,
            _index(work, viewer, code),
            {
                "key": file.key,
                "context": file.context,
                "mediaType": file.media_type,
                "until": until.isoformat(),
            },
            int(LIFETIME.total_seconds()),
        )
        opened.append(OpenedFile(f"/files/{code}", file.sha256, until))
    return opened


async def fetch_opened(viewer: Viewer, work: Casework, code: str) -> Served:
    """The bytes behind a code. Raises ``NotFound`` for one that is used, too old or of another session."""
    if not isinstance(viewer, Citizen | Officer):
        raise NotFound(NO_SUCH_FILE)
    told = await work.resources.shared.take(_KIND, _index(work, viewer, code))
    if told is None or clock.now() >= datetime.fromisoformat(str(told["until"])):
        raise NotFound(NO_SUCH_FILE)
    sealed = await work.resources.ports.files.get(str(told["key"]))
    content = work.resources.keys.ring.open_bytes(sealed, context=str(told["context"]))
    kind = told["mediaType"]
    return Served(content, media_type(content) if kind is None else str(kind))


def _index(work: Casework, viewer: Citizen | Officer, code: str) -> str:
    """Of the code together with the session: nobody else's request finds it, and none can take it away."""
    return work.resources.keys.blind_index.of(f"{viewer.session_id}:{code[:60]}", "opened.file")
