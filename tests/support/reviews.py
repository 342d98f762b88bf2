"""Cases that are handled here: an item with every kind of step, organs of three levels, and their officers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from backend.casework.applications.actions import start_application, submit_application
from backend.casework.catalogue.actions import publish_edition
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.definitions import Level, ServiceItem, Step, StepKind
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Text
from backend.kit.item_codes import credit_code
from backend.people.officers.actions import ensure_officer, ensure_organ
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen, Officer, OfficerRole
from tests.support.cases import ITEM, complete_draft, machine
from tests.support.people import PASSWORD, ScriptedFaces, new_key
from tests.support.people import proven as proven_as

COUNTY = "310101"
"""黄浦区, whose province is not connected in tests: its cases are handled here."""
TOWNSHIP = "310101013"
ORGAN = credit_code(f"11{COUNTY}MB1234567")


def _step(code: str, kind: StepKind, level: Level, **more: Any) -> Step:
    return Step(code, kind, level, Text(code, code), **more)


LOCAL: ServiceItem = replace(
    ITEM,
    base_code="000599990002",
    rules=(),
    steps=(
        _step("intake", StepKind.INTAKE, Level.TOWNSHIP, days=3),
        _step("home-visit", StepKind.HOME_VISIT, Level.TOWNSHIP, officers=2),
        _step("assessment", StepKind.ASSESSMENT, Level.COUNTY, after=("intake",)),
        _step("review", StepKind.REVIEW, Level.COUNTY, after=("home-visit", "assessment")),
        _step("publicity", StepKind.PUBLICITY, Level.VILLAGE, days=7, excluded=True),
        _step("decision", StepKind.DECISION, Level.COUNTY, delegable_to=Level.TOWNSHIP),
    ),
)
"""Visit and assessment beside each other, then a review above them, publicity and the decision."""

SHORT: ServiceItem = replace(
    ITEM,
    base_code="000599990003",
    rules=(),
    steps=(
        _step("intake", StepKind.INTAKE, Level.COUNTY),
        _step("decision", StepKind.DECISION, Level.COUNTY),
    ),
)
"""Two steps at one organ."""


async def house(resources: Resources, *more: ServiceItem, **figures: int) -> Casework:
    """Casework with both items and ``more``, offered in ``COUNTY``; ``figures`` are those of ``more``."""
    work = machine(
        replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())),
        declared=(LOCAL, SHORT, *more),
    )
    for item in (LOCAL, SHORT, *more):
        draft = EditionDraft(
            item_code=item.base_code,
            division=COUNTY,
            in_force_from=date(2026, 1, 1),
            parameters={"minimum_age": 80, "monthly_fen": 10_000, **(figures if item in more else {})},
            promised_days=10,
            organ_credit_code=ORGAN,
            organ_name="黄浦区民政局",
            organ_level="4",
        )
        await publish_edition(work, draft, actor="machine:test")
    return work


async def officer(login: str, *roles: OfficerRole, division: str = COUNTY, organ: str = ORGAN) -> Officer:
    """An officer of the county, or of another organ."""
    organ_id = await ensure_organ(credit_code=organ, name="民政部门", division=division)
    officer_id = await ensure_officer(
        organ_id=organ_id, login=login, name="王月娥", password=PASSWORD, roles=roles
    )
    return Officer(
        officer_id=officer_id,
        session_id=officer_id,
        organ_id=organ_id,
        division=division,
        roles=frozenset(roles),
    )


async def town_officer(login: str, *roles: OfficerRole) -> Officer:
    """An officer of the township."""
    return await officer(login, *roles, division=TOWNSHIP, organ=credit_code("11310101MB7777777"))


async def handed_in(
    citizen: Citizen,
    work: Casework,
    item: ServiceItem = SHORT,
    division: str = COUNTY,
) -> UUID:
    """A case that was received; its applicant was confirmed by an authority."""
    await proven_as(citizen, AssuranceLevel.AUTHORITATIVE)
    application_id = await start_application(
        citizen, work, item_code=item.base_code, division=division, idempotency_key=new_key()
    )
    await complete_draft(citizen, work, application_id)
    return await submit_application(citizen, work, application_id=application_id, idempotency_key=new_key())


async def open_tasks(application_id: UUID) -> Mapping[str, Mapping[str, Any]]:
    """Open tasks of a case by step."""
    rows = await fetch(
        "SELECT * FROM review_task WHERE application_id = $1 AND state = 'OPEN' ORDER BY id", application_id
    )
    return {row["step_code"]: dict(row) for row in rows}
