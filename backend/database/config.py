"""How the house reaches PostgreSQL: one URL, one Tortoise configuration, one pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tortoise import Tortoise

from backend.errors import BadSettings

MODELS = (
    "backend.database.audit",
    "backend.database.idempotency",
    "backend.people.accounts.models",
    "backend.people.delegation.models",
    "backend.people.identity.models",
    "backend.people.officers.models",
    "backend.people.rectification.models",
    "backend.people.reviews.models",
    "backend.people.video.models",
    "backend.frontends.models",
    "backend.casework.catalogue.models",
    "backend.casework.applications.models",
    "backend.casework.legal_time.models",
    "backend.casework.parties.models",
    "backend.casework.reviews.models",
    "backend.casework.materials.models",
    "backend.casework.numbering.models",
    "backend.casework.certificates.models",
    "backend.casework.evaluations.models",
    "backend.casework.appointments.models",
    "backend.casework.notices.models",
    "backend.casework.means_check.models",
    "backend.casework.household.models",
    "backend.casework.urgent.models",
    "backend.exchange.models",
    "backend.exchange.handovers.models",
    "backend.providers.organisations.models",
    "backend.providers.places.models",
    "backend.providers.clients.models",
    "backend.providers.orders.models",
    "backend.providers.webhooks.models",
    "backend.supervision.models",
    "backend.statistics.models",
    "backend.statistics.reports.models",
    "backend.statistics.legacy.models",
    "backend.casework.switches.models",
    "backend.operations.models",
)
"""Every module that owns rows: the only list."""

APP = "jinmin"

_BAD_URL = "JINMIN_DATABASE_URL must look like postgresql://user@host:5432/name"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """The parts of ``postgresql://user:password@host:port/name?host=/socket/folder``."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    name: str

    @classmethod
    def parse(cls, url: str) -> "DatabaseUrl":
        """Read a URL; a ``host`` in the query names a Unix socket's folder and wins. Raises ``BadSettings``."""
        try:
            parts = urlsplit(url)
            query = parse_qs(parts.query)
            port = int(query["port"][0]) if "port" in query else (parts.port or 5432)
        except ValueError:
            raise BadSettings(_BAD_URL) from None
        name = unquote(parts.path.strip("/"))
        if parts.scheme not in {"postgres", "postgresql"} or not name:
            raise BadSettings(_BAD_URL)
        return cls(
            host=query["host"][0] if "host" in query else (parts.hostname or "127.0.0.1"),
            port=port,
            user=unquote(parts.username or "postgres"),
            password=unquote(parts.password or ""),
            name=name,
        )

    def connect_arguments(self) -> dict[str, Any]:
        """Keyword arguments for ``asyncpg.connect``."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "database": self.name,
        }


async def _kept(connection: Any) -> None:
    """What is done to a connection that goes back to the pool: nothing, since nothing here alters a session.

    Settings, locks and cursors all end with their transaction, and listening has connections of its own;
    asyncpg's own reset would be one more round trip after every read.
    """
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


def tortoise_config(url: str, *, pool: int = 10) -> dict[str, Any]:
    """The configuration Tortoise and its migrations share."""
    database = DatabaseUrl.parse(url)
    return {
        "connections": {
            "default": {
                "engine": "backend.database.client",
                "credentials": {
                    **database.connect_arguments(),
                    "minsize": 1,
                    "maxsize": pool,
                    "command_timeout": 30,
                    "reset": _kept,
                    "server_settings": {"application_name": "jinmin", "timezone": "UTC"},
                },
            }
        },
        "apps": {
            APP: {
                "models": list(MODELS),
                "default_connection": "default",
                "migrations": "backend.database.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


@asynccontextmanager
async def connected(url: str, *, pool: int = 10) -> AsyncIterator[None]:
    """Open the pool for the life of a process (or a test) and close it afterwards."""
    await Tortoise.init(config=tortoise_config(url, pool=pool), _enable_global_fallback=True)
    try:
        yield
    finally:
        await Tortoise.close_connections()


MIGRATIONS = tortoise_config("postgresql://postgres@127.0.0.1/jinmin")
"""For drawing up migrations, which compares models with migration files and asks no database."""
