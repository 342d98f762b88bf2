"""The couriers: each port of ``backend.ports`` with its one real adapter, and the other side's sandbox."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from backend.keys import Keys
from backend.ports import MiniProgramPlatform, PlatformFaceCheck, Ports
from backend.settings import Settings
from integrations import alipay, wechat
from integrations.alipay_faces import AlipayFaceCheck
from integrations.faces.client import FaceServiceClient
from integrations.files import ObjectStoreFiles
from integrations.licences import HttpELicences
from integrations.means_check import CALLBACK_PATH, SignedMeansCheck
from integrations.messages import message_channels
from integrations.network_identity import NationalNetworkIdentity
from integrations.provinces import PROVINCES
from integrations.provinces.province import connected, desks
from integrations.registry import HttpPopulationRegistry
from integrations.sharing import SignedSharing
from integrations.sms import TencentSms
from integrations.statistics_system import SignedStatisticsSystem
from integrations.transport import Transport
from integrations.video import LiveKitRooms
from integrations.webhooks import HttpWebhookCarrier
from integrations.wechat_faces import WeChatFaceCheck
from integrations.wechat_token import WeChatServer


@asynccontextmanager
async def connect(settings: Settings, keys: Keys) -> AsyncIterator[Ports]:
    """Every port, connected. Nothing is called yet: an outside that is down is no reason not to start."""
    async with Transport() as transport, HttpWebhookCarrier(private=settings.development) as webhooks:
        wechat_server = WeChatServer(
            transport,
            base_url=settings.wechat_url,
            app_id=keys.wechat_app_id,
            app_secret=keys.wechat_app_secret,
        )
        alipay_gateway = (
            alipay.Gateway(transport, url=settings.alipay_url, keys=keys.alipay)
            if settings.alipay_url and keys.alipay is not None
            else None
        )
        yield Ports(
            platforms=_platforms(transport, settings, keys, alipay_gateway),
            platform_faces=_platform_faces(settings, wechat_server, alipay_gateway),
            messages=message_channels(transport, settings, keys, wechat=wechat_server, alipay=alipay_gateway),
            network_identity=(
                NationalNetworkIdentity(
                    transport, base_url=settings.network_identity_url, keys=keys.network_identity
                )
                if settings.network_identity_url and keys.network_identity is not None
                else None
            ),
            video=(
                LiveKitRooms(transport, base_url=settings.video_url, keys=keys.video)
                if settings.video_url and keys.video is not None
                else None
            ),
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
            statistics=(
                SignedStatisticsSystem(transport, base_url=settings.statistics_url, keys=keys.statistics)
                if settings.statistics_url and keys.statistics is not None
                else None
            ),
            means=(
                SignedMeansCheck(
                    transport,
                    base_url=settings.means_check_url,
                    keys=keys.means_check,
                    callback_url=f"{settings.public_url}{CALLBACK_PATH}",
                )
                if settings.means_check_url and keys.means_check is not None
                else None
            ),
            sharing=(
                SignedSharing(transport, base_url=settings.sharing_url, keys=keys.sharing)
                if settings.sharing_url and keys.sharing is not None
                else None
            ),
            webhooks=webhooks,
            provinces=connected(PROVINCES, transport, settings, keys),
            desks=desks(PROVINCES, transport, settings, keys),
        )


def _platforms(
    transport: Transport, settings: Settings, keys: Keys, gateway: alipay.Gateway | None
) -> Mapping[str, MiniProgramPlatform]:
    platforms: dict[str, MiniProgramPlatform] = {
        wechat.NAME: wechat.WeChatPlatform(
            transport,
            base_url=settings.wechat_url,
            app_id=keys.wechat_app_id,
            app_secret=keys.wechat_app_secret,
        )
    }
    if gateway is not None:
        platforms[alipay.NAME] = alipay.AlipayPlatform(gateway)
    return platforms


def _platform_faces(
    settings: Settings, wechat_server: WeChatServer, gateway: alipay.Gateway | None
) -> Mapping[str, PlatformFaceCheck]:
    checks: dict[str, PlatformFaceCheck] = {wechat.NAME: WeChatFaceCheck(wechat_server)}
    if gateway is not None:
        checks[alipay.NAME] = AlipayFaceCheck(gateway, return_url=settings.public_url)
    return checks
