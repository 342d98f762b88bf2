"""A household that applies for the minimum living allowance, and its members' authorisations."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from backend.casework.applications.actions import save_answers, start_application, submit_application
from backend.casework.applications.events import record_event
from backend.casework.catalogue.actions import publish_edition
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.declaring.codes import MINIMUM_LIVING
from backend.casework.declaring.course import decision, intake, means_check
from backend.casework.declaring.fields import HOUSEHOLD_MEMBERS, MEANS_AUTHORISATION
from backend.casework.definitions import Form, ServiceItem
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.means_check.models import MeansCheck, MeansState
from backend.casework.urgent.models import UrgentHelp, UrgentState
from backend.database.record import transaction
from backend.domains.social_assistance.disability import MEANS_CHECK_AUTHORISATION_ITEM
from backend.kit import clock
from backend.viewer import Citizen, Machine
from tests.support import cases
from tests.support.people import Human, new_key

ALLOWANCE: ServiceItem = replace(
    cases.ITEM,
    base_code=MINIMUM_LIVING,
    form=Form((*cases.ITEM.form.fields, HOUSEHOLD_MEMBERS, MEANS_AUTHORISATION)),
    materials=(),
    steps=(intake(days=2), means_check(days=5), decision(days=5)),
)
"""The test item with a household whose means are checked."""
AUTHORISATION: ServiceItem = MEANS_CHECK_AUTHORISATION_ITEM
BOTH = (ALLOWANCE, AUTHORISATION)
EVERYTHING = ("income", "deposits", "homes", "vehicles", "companies")


async def publish_both(work: Casework) -> None:
    """The editions of 德清."""
    await cases.publish(work, item=ALLOWANCE)
    draft = EditionDraft(
        item_code=AUTHORISATION.base_code,
        division=cases.HOME,
        in_force_from=date(2026, 1, 1),
        parameters={"adult_age": 18, "most_months": 12},
        promised_days=1,
        organ_credit_code=cases.ORGAN,
        organ_name=cases.ORGAN_NAME,
        organ_level="4",
    )
    await publish_edition(work, draft, actor="machine:test")


async def handed_in(citizen: Citizen, work: Casework, item_code: str, answers: dict[str, object]) -> UUID:
    """A case of an item that asks for no papers."""
    case = await start_application(
        citizen, work, item_code=item_code, division=cases.HOME, idempotency_key=new_key()
    )
    await save_answers(
        citizen, work, application_id=case, answers=answers, version=1, idempotency_key=new_key()
    )
    return await submit_application(citizen, work, application_id=case, idempotency_key=new_key())


async def applied(
    citizen: Citizen, work: Casework, members: Sequence[Human] = (), *, accepted: bool = True
) -> UUID:
    """An allowance was applied for by this household, and the case accepted."""
    told = [
        {"name": one.name, "residentId": one.resident_id, "relation": "child", "monthlyIncome": 0}
        for one in members
    ]
    answers = {**cases.ANSWERS, "members": told, "meansAuthorisation": True}
    case = await handed_in(citizen, work, ALLOWANCE.base_code, answers)
    if accepted:
        async with transaction() as tx:
            await record_event(
                tx, work, case, CaseEventKind.ACCEPTED, before=CaseState.SUBMITTED, actor=Machine("test")
            )
    return case


async def authorised(
    member: Citizen,
    work: Casework,
    applicant: Human,
    *,
    scope: Sequence[str] = EVERYTHING,
    months: int = 12,
    for_item: str = "minimum-living",
) -> UUID:
    """A member has authorised the check of this applicant's household, and it was registered."""
    answers: dict[str, object] = {
        "contactPhone": "13800000001",
        "forItem": for_item,
        "applicant": applicant.resident_id,
        "scope": list(scope),
        "validMonths": months,
        "meansAuthorisation": True,
    }
    case = await handed_in(member, work, AUTHORISATION.base_code, answers)
    await cases.decide(work, case)
    return case


async def assisted(case: UUID) -> None:
    """A case with a stopped means check and urgent help that is not paid yet."""
    await UrgentHelp.create(
        application_id=case,
        state=UrgentState.DECIDED,
        amount_fen=100,
        reason_sealed="",
        decided_by="machine:test",
        pay_by=clock.now(),
    )
    await MeansCheck.create(
        application_id=case,
        number=1,
        state=MeansState.STOPPED,
        open=False,
        begun_by="machine:test",
        missing=0,
        next_at=clock.now(),
    )
