"""Catalogue and demo data of a development installation; safe to run at every start.

People here are generated: their numbers pass the check but belong to nobody.
"""

from datetime import date

import structlog

from backend.casework.appointments.demo import ensure_demo_places
from backend.casework.catalogue.actions import publish_editions, was_published
from backend.casework.catalogue.demo import demo_editions, demo_organ, digest_of
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.catalogue.reports import Incoming, Place
from backend.casework.machine import Casework
from backend.people.officers.actions import ensure_officer, ensure_organ
from backend.people.video.actions import ensure_video_desk
from backend.viewer import OfficerRole

log = structlog.get_logger()

OLD_AGE_ALLOWANCE = "000511001000"
ACTOR = "machine:load"

DEMO_OFFICER_LOGIN = "deqing-window"
DEMO_OFFICER_PASSWORD = "jinmin-demo-only"  # noqa: S105 - printed at every start of a development installation

DEQING = demo_organ("330521")
QIANTANG = demo_organ("330114")
SHANGHAI_HUANGPU = demo_organ("310101")

OWN_EDITIONS = (
    EditionDraft(
        item_code=OLD_AGE_ALLOWANCE,
        division="330000",
        in_force_from=date(2026, 1, 1),
        promised_days=15,
        guidance_zh="浙江省内任一县（市、区）户籍的老年人均可全程网办。",
        guidance_en="Open to older people registered anywhere in Zhejiang, fully online.",
    ),
    EditionDraft(
        item_code=OLD_AGE_ALLOWANCE,
        division="330521",
        in_force_from=date(2026, 1, 1),
        parameters={"minimum_age": 80, "monthly_fen": 10_000},
        promised_days=10,
        organ_credit_code=DEQING,
        organ_name="德清县民政局",
        organ_level="4",
        guidance_zh="德清县高龄津贴自到龄当月起计发。",
        guidance_en="Deqing pays from the month in which the age is reached.",
    ),
    EditionDraft(
        item_code=OLD_AGE_ALLOWANCE,
        division="330114",
        in_force_from=date(2026, 1, 1),
        parameters={"minimum_age": 80, "monthly_fen": 12_000},
        organ_credit_code=QIANTANG,
        organ_name="杭州市钱塘区民政局",
        organ_level="4",
    ),
)
"""Editions that differ from what every place is given; the figures are made up and stand for regional values."""


async def load(work: Casework) -> None:
    """Publish the editions, unless this installation holds them already, and make the demo officers."""
    drafts = demo_editions(work.standards, OWN_EDITIONS)
    digest = digest_of(drafts)
    if not await was_published(digest):
        rows = (Incoming(Place(number), draft) for number, draft in enumerate(drafts, 1))
        await publish_editions(work, rows, actor=ACTOR, digest=digest)
    for code, name, division, login in (
        (DEQING, "德清县民政局", "330521", DEMO_OFFICER_LOGIN),
        (SHANGHAI_HUANGPU, "上海市黄浦区民政局", "310101", "huangpu-window"),
    ):
        organ_id = await ensure_organ(credit_code=code, name=name, division=division)
        await ensure_officer(
            organ_id=organ_id,
            login=login,
            name="窗口示范人员",
            password=DEMO_OFFICER_PASSWORD,
            roles=frozenset({OfficerRole.INTAKE, OfficerRole.REVIEW}),
        )
        await ensure_video_desk(organ_id, seats=2, actor=ACTOR)
        if code == DEQING:
            await ensure_demo_places(organ_id, work.calendar, actor=ACTOR)
    log.info("demo_data_loaded", editions=len(drafts))
