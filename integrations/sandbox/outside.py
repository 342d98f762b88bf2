"""One server for the national systems, each under its own path."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from backend.keys import SandboxKeys
from integrations.sandbox import licences, registry, sharing, web
from integrations.sandbox.alipay import Alipay
from integrations.sandbox.database import open_pool
from integrations.sandbox.means_check import MeansCheck
from integrations.sandbox.network_identity import NetworkIdentity
from integrations.sandbox.people import demo_people
from integrations.sandbox.sms import Sms
from integrations.sandbox.statistics_system import StatisticsSystem
from integrations.sandbox.video import Video
from integrations.sandbox.wechat import WeChat
from integrations.sandbox.wechat_faces import WeChatFaces
from integrations.sandbox.wechat_messages import WeChatMessages


@asynccontextmanager
async def outside(keys: SandboxKeys, *, database_url: str) -> AsyncIterator[Starlette]:
    """The application, as long as its database is open."""
    async with open_pool(database_url, f"{registry.TABLES};{licences.TABLES};{sharing.TABLES}") as pool:
        people = registry.Registry(pool, keys.registry_key)
        await people.seed(demo_people())
        papers = licences.Licences(pool, keys.licences_key)
        faces = WeChatFaces(keys)
        systems = (
            WeChat(keys),
            faces,
            WeChatMessages(keys, faces.holds),
            Alipay(keys),
            Sms(keys),
            NetworkIdentity(keys),
            Video(keys),
            MeansCheck(keys),
            sharing.Sharing(pool, keys),
            StatisticsSystem(keys),
            people,
            papers,
        )
        yield web.application([route for system in systems for route in system.routes()])
