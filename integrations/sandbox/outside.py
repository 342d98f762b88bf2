"""One server for two national systems: WeChat under ``/wechat``, the population registry under ``/registry``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from backend.keys import SandboxKeys
from integrations.sandbox import registry, web
from integrations.sandbox.database import open_pool
from integrations.sandbox.people import demo_people
from integrations.sandbox.wechat import WeChat


@asynccontextmanager
async def outside(keys: SandboxKeys, *, database_url: str) -> AsyncIterator[Starlette]:
    """The application, as long as its database is open."""
    async with open_pool(database_url, registry.TABLES) as pool:
        people = registry.Registry(pool, keys.registry_key)
        await people.seed(demo_people())
        yield web.application([*WeChat(keys).routes(), *people.routes()])
