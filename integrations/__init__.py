"""The couriers: each port of ``backend.ports`` with its one real adapter, and the other side's sandbox."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from backend.keys import Keys
from backend.ports import MiniProgramPlatform, Ports
from backend.settings import Settings
from integrations import alipay, wechat
from integrations.faces.client import FaceServiceClient
from integrations.files import ObjectStoreFiles
from integrations.licences import HttpELicences
from integrations.provinces import PROVINCES
from integrations.registry import HttpPopulationRegistry
from integrations.sms import TencentSms
from integrations.transport import Transport


@asynccontextmanager
async def connect(settings: Settings, keys: Keys) -> AsyncIterator[Ports]:
    """Every port, connected. Nothing is called yet: an outside that is down is no reason not to start."""
    async with Transport() as transport:
        yield Ports(
            platforms=_platforms(transport, settings, keys),
            sms=(
                TencentSms(transport, url=settings.sms_url, keys=keys.sms)
                if settings.sms_url and keys.sms is not None
                else None
            ),
            registry=HttpPopulationRegistry(transport, base_url=settings.registry_url, key=keys.registry_key),
            faces=FaceServiceClient(transport, base_url=settings.face_url, key=keys.face_key),
            files=ObjectStoreFiles(settings.data / "files"),
            licences=(
                HttpELicences(transport, base_url=settings.licences_url, key=keys.licences_key)
                if settings.licences_url and keys.licences_key is not None
                else None
            ),
            provinces={
                province.region: province.connect(transport, settings, keys) for province in PROVINCES
            },
        )


def _platforms(transport: Transport, settings: Settings, keys: Keys) -> Mapping[str, MiniProgramPlatform]:
    platforms: dict[str, MiniProgramPlatform] = {
        wechat.NAME: wechat.WeChatPlatform(
            transport,
            base_url=settings.wechat_url,
            app_id=keys.wechat_app_id,
            app_secret=keys.wechat_app_secret,
        )
    }
    if settings.alipay_url and keys.alipay is not None:
        gateway = alipay.Gateway(transport, url=settings.alipay_url, keys=keys.alipay)
        platforms[alipay.NAME] = alipay.AlipayPlatform(gateway)
    return platforms
