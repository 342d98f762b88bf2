from pathlib import Path

from backend.keys import Keys
from backend.settings import Environment, Settings
from integrations import connect
from integrations.provinces import PROVINCES


async def test_every_port_is_connected_although_nothing_outside_runs(tmp_path: Path, keys: Keys) -> None:
    async with connect(Settings(data=tmp_path, port=64_000), keys) as ports:
        assert set(ports.platforms) == {"WECHAT", "ALIPAY"}
        assert ports.sms is not None
        assert set(ports.provinces) == {"33"}, "whoever has no address is not connected"
        await ports.files.put("a", b"1")
        assert not await ports.faces.ready()

    assert (tmp_path / "files" / "a").read_bytes() == b"1"


def test_no_two_provinces_share_a_region() -> None:
    regions = [province.region for province in PROVINCES]

    assert len(set(regions)) == len(regions)


async def test_what_a_production_installation_does_not_name_is_not_connected(keys: Keys) -> None:
    whole = Settings(port=64_000)
    production = whole.model_copy(
        update={"env": Environment.PRODUCTION, "alipay_url": "", "sms_url": "", "data": whole.data}
    )
    async with connect(production, keys) as ports:
        assert set(ports.platforms) == {"WECHAT"}
        assert ports.sms is None
