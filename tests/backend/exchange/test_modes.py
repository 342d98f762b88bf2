"""Every handling mode with every model that makes sense: a case goes there, is decided once, and comes back."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from backend.casework.certificates.actions import issue_certificate
from backend.casework.definitions import HandlingModel, ServiceItem
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.domains.children.allowances import ORPHAN_ALLOWANCE_ITEM, UNATTENDED_CHILD_ITEM
from backend.domains.elderly_care.allowances import OLD_AGE_ALLOWANCE_ITEM
from backend.domains.funeral.resting import ASHES_RELOCATION_ITEM
from backend.domains.marriage.archive import MARRIAGE_ARCHIVE_ITEM
from backend.domains.social_assistance.disability import DISABILITY_SUBSIDIES_ITEM
from backend.exchange.delivery import deliver
from backend.exchange.handovers.queries import entries_of
from backend.exchange.handovers.receipts import broken_at
from backend.exchange.inbound import apply_waiting, receive
from backend.exchange.mailboxes import look
from backend.keys import Keys
from backend.kit import clock
from backend.resources import Resources
from backend.settings import Settings
from integrations.provinces import PROVINCES
from integrations.provinces.province import connected
from integrations.sandbox.front_database import FrontProvince, front_province
from integrations.transport import Transport
from resolvers.pagination import read_global_id
from tests.support.cases import ITEM
from tests.support.crossing import BAOJI, LHASA, XIAN, Stage, decide, staged, waiting
from tests.support.dialects import InterfaceProvince, province_pair
from tests.support.reviews import SHORT
from tests.support.sandbox import OutsideSandbox, just, served

NANJING, GUANGZHOU = "320102", "440106"
M = HandlingModel


def _answerable(item: ServiceItem) -> ServiceItem:
    """The item as it crosses provinces (name, models, limits of each hand), with a form that tests can fill in."""
    return replace(
        SHORT,
        base_code=item.base_code,
        name=item.name,
        domain=item.domain,
        models=item.models,
        handover=item.handover,
        form=ITEM.form,
    )


ITEMS = {
    item.base_code: _answerable(item)
    for item in (
        DISABILITY_SUBSIDIES_ITEM,
        ORPHAN_ALLOWANCE_ITEM,
        UNATTENDED_CHILD_ITEM,
        OLD_AGE_ALLOWANCE_ITEM,
        MARRIAGE_ARCHIVE_ITEM,
        ASHES_RELOCATION_ITEM,
    )
}
RUNS = [
    (DISABILITY_SUBSIDIES_ITEM, M.COLLECT_AND_FORWARD, XIAN),
    (DISABILITY_SUBSIDIES_ITEM, M.FULLY_ONLINE, NANJING),
    (ORPHAN_ALLOWANCE_ITEM, M.COLLECT_AND_FORWARD, NANJING),
    (UNATTENDED_CHILD_ITEM, M.FULLY_ONLINE, GUANGZHOU),
    (OLD_AGE_ALLOWANCE_ITEM, M.COLLECT_AND_FORWARD, GUANGZHOU),
    (MARRIAGE_ARCHIVE_ITEM, M.FULLY_ONLINE, XIAN),
    (ASHES_RELOCATION_ITEM, M.JOINT, XIAN),
    (ASHES_RELOCATION_ITEM, M.JOINT, NANJING),
    (ASHES_RELOCATION_ITEM, M.JOINT, GUANGZHOU),
]


@dataclass(frozen=True, slots=True)
class Outside:
    """Guangdong's application and Jiangsu's front-end database."""

    guangdong: InterfaceProvince
    jiangsu: FrontProvince
    settings: Settings
    keys: Keys


@pytest.fixture(scope="module")
def guangdong(keys: Keys) -> Iterator[tuple[InterfaceProvince, Keys, str]]:
    other, known = province_pair("44")
    with served(just(other.app())) as url:
        yield other, replace(keys, other_provinces={"44": known}), url


@pytest.fixture(scope="module")
async def outside(
    guangdong: tuple[InterfaceProvince, Keys, str], installation: Settings, new_database: Callable[[], str]
) -> AsyncIterator[Outside]:
    other, changed, url = guangdong
    front = new_database()
    settings = installation.model_copy(update={"province_urls": f"44={url},32={front}"})
    async with front_province(front) as jiangsu:
        yield Outside(other, jiangsu, settings, changed)


@pytest.fixture
async def stage(
    resources: Resources, outside: Outside, outside_world: OutsideSandbox
) -> AsyncIterator[Stage]:
    async with Transport(timeout=5.0) as transport:
        provinces = connected(PROVINCES, transport, outside.settings, outside.keys)
        wired = replace(resources, ports=replace(resources.ports, provinces=provinces))
        yield await staged(
            wired, outside_world, items=tuple(ITEMS.values()), places=(XIAN, BAOJI, NANJING, GUANGZHOU)
        )


async def decided_outside(work: Casework, outside: Outside, case: UUID, division: str) -> None:
    """The province has it, says so in its own way, and decides; each of it arrives once."""
    await deliver(work, case)
    await deliver(work, case)
    [row] = await fetch(
        "SELECT a.case_number, d.external_case_number FROM application a JOIN delivery d ON d.application_id = a.id"
        " WHERE a.id = $1 AND d.state = 'DELIVERED'",
        case,
    )
    if division == NANJING:
        outside.jiangsu.effects = 0
        assert (await outside.jiangsu.work(), outside.jiangsu.effects) == (1, 1)
        assert (await look(work), await look(work)) == (2, 0)
    else:
        other, path = outside.guangdong, "/callbacks/provinces/44"
        lodged = [said for operation, said in other.said if operation == "lodge"]
        assert len([said for said in lodged if said["project_no"] == row["case_number"]]) == 1
        for sequence, codes in enumerate((other.speech.accepted, other.speech.approved), start=1):
            body, headers = other.callback(
                path,
                row["case_number"],
                row["external_case_number"],
                codes,
                number="粤决字1号",
                sequence=sequence,
            )
            event, _ = work.resources.ports.provinces["44"].read_callback(
                method="POST", path=path, headers=headers, body=body, now=clock.now()
            )
            assert (await receive(work, event), await receive(work, event)) == (True, False)
    assert await apply_waiting(work, case) == 2


@pytest.mark.parametrize(
    ("item", "model", "division"),
    RUNS,
    ids=[f"{item.domain}-{model}-{division}" for item, model, division in RUNS],
)
async def test_a_case_crosses_and_comes_back_decided(
    stage: Stage, outside: Outside, item: ServiceItem, model: HandlingModel, division: str
) -> None:
    parts = (BAOJI,) if model is M.JOINT else ()
    case = await stage.handed_in(model.value, LHASA, parts=parts, division=division, item_code=item.base_code)
    key = read_global_id(case, "Application")
    attended, wired = model is not M.FULLY_ONLINE, division != XIAN
    if attended:
        await stage.lhasa.do(
            "CheckHandover", **await waiting(stage.lhasa), formComplete=True, identityChecked=True
        )
        assert await fetch("SELECT id FROM delivery") == [], "nothing leaves before the office passes it on"
        if model is M.JOINT:
            await stage.baoji.do("TakeHandover", **await waiting(stage.baoji))
            await stage.baoji.do("GiveHandoverPart", **await waiting(stage.baoji), reason="已核实")
        else:
            await stage.lhasa.do("ForwardHandover", **await waiting(stage.lhasa))
    assert await stage.running(case) == [("FORWARD" if wired else "HANDLE", "1")]
    if wired:
        await decided_outside(stage.work, outside, key, division)
    else:
        await decide(stage.xian)
    assert await stage.running(case) == [("INFORM", "1")]
    await issue_certificate(stage.work, key)
    if attended:
        await stage.lhasa.do("InformApplicant", **await waiting(stage.lhasa))

    told = await stage.me.send("CaseAcrossProvinces", id=case)
    assert told["state"] == "COMPLETED"
    assert [one["state"] for one in told["handovers"]] == ["INFORMED", *["GIVEN"] * len(parts)]
    assert await stage.running(case) == []
    kinds = [entry["kind"] for entry in told["timeline"]]
    assert (kinds.count("LODGED"), kinds.count("ACCEPTED"), kinds.count("APPROVED")) == (int(wired), 1, 1)
    ids = [row["id"] for row in await fetch("SELECT id FROM handover ORDER BY number")]
    for entries in (await entries_of(ids)).values():
        receipts = [entry.receipt for entry in entries if entry.receipt is not None]
        assert broken_at(stage.work.resources.keys.documents, receipts) is None
        assert len(receipts) >= 3


def test_every_model_meets_every_mode_and_four_domains_are_among_them() -> None:
    assert {(model, division) for _, model, division in RUNS} == {
        (model, division) for model in HandlingModel for division in (XIAN, NANJING, GUANGZHOU)
    }
    assert len({item.domain for item, _, _ in RUNS}) == 5
    assert all(model in item.models for item, model, _ in RUNS)
