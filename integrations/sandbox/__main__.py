"""``python -m integrations.sandbox outside | provinces | front-database``: one of the others, until it is stopped.

Each has a database of its own, named in the environment: ``OUTSIDE_DATABASE_URL``,
``PROVINCES_DATABASE_URL`` (each province in a database of its own beside that one),
``FRONT_DATABASE_URL`` (a province that exchanges through this database and has no server). The address of Jinmin and all ports come from Jinmin's own settings.
"""

import asyncio
import os
import sys
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette

from backend.errors import BadSettings
from backend.keys import read_sandbox_keys
from backend.logs import configure_logging
from backend.settings import Settings, read_settings
from integrations.sandbox import web
from integrations.sandbox.front_database import front_province
from integrations.sandbox.outside import outside
from integrations.sandbox.province.app import provinces
from integrations.sandbox.province.played import all_played

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound


def main(arguments: list[str]) -> int:
    """Run the server named by the only argument; the exit status."""
    try:
        settings = read_settings()
        configure_logging("sandbox", settings.log_level)
        asyncio.run(_serve(arguments, settings))
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


async def _serve(arguments: list[str], settings: Settings) -> None:
    if not settings.development:
        raise BadSettings("The sandbox plays other people's systems: it does not run in production.")
    keys = read_sandbox_keys(settings)
    running: AbstractAsyncContextManager[Starlette]
    match arguments:
        case ["outside"]:
            port = settings.port + 2
            running = outside(keys, database_url=_database_url("OUTSIDE_DATABASE_URL"))
        case ["front-database"]:
            async with front_province(_database_url("FRONT_DATABASE_URL")) as province:
                await province.run()
            return
        case ["provinces"]:
            port = settings.port + 3
            # Not the public address: that one may be out on the Internet, this server is not.
            host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
            server = _database_url("PROVINCES_DATABASE_URL")
            running = provinces(
                all_played(keys),
                database_url=lambda region: _beside(server, region),
                callback_url=lambda region: f"http://{host}:{settings.port}/callbacks/provinces/{region}",
            )
        case _:
            raise BadSettings(
                "Say which: python -m integrations.sandbox outside | provinces | front-database"
            )
    async with running as app:
        await web.server(app, port=port).serve()


def _beside(url: str, region: str) -> str:
    """The database of a province on the same server."""
    before, _, query = url.partition("?")
    return f"{before}_{region}" + (f"?{query}" if query else "")


def _database_url(name: str) -> str:
    url = os.environ.get(name, "")
    if not url:
        raise BadSettings(f"{name} is not set: a sandbox server keeps a database of its own.")
    return url


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
