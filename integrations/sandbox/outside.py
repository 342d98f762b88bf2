"""One server for two national systems: WeChat under ``/wechat``, the population registry under ``/registry``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from backend.keys import SandboxKeys
from integrations.sandbox import registry, web
from integrations.sandbox.database import open_pool
from integrations.sandbox.people import demo_people
from integrations.sandbox.wechat import WeChat


def create_outside(keys: SandboxKeys, *, database_url: str) -> Starlette:
    """The application; its database is opened when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with await open_pool(database_url, registry.TABLES) as pool:
            people = registry.Registry(pool, keys.registry_key)
            await people.seed(demo_people())
            # The registry needs its database, which exists from here on.
            app.router.routes.extend(people.routes())
            yield

    return web.application(
        [Route("/healthz", web.healthy, methods=["GET"]), *WeChat(keys).routes()], lifespan=lifespan
    )
