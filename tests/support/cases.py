"""Cases for tests: an item of our own, its edition, citizens with everything ready, and how a case goes on."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID

import orjson
from PIL import Image

from backend.casework.applications.actions import save_answers, start_application, submit_application
from backend.casework.applications.decisions import record_decision
from backend.casework.applications.events import record_event
from backend.casework.applications.queries import Decision
from backend.casework.catalogue.actions import publish_edition
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.catalogue.standards import Standards
from backend.casework.certificates.actions import issue_certificate
from backend.casework.certificates.orders import issue_when_called_for
from backend.casework.definitions import (
    Basis,
    Domain,
    Facts,
    Field,
    FieldKind,
    Form,
    Guide,
    LegalEffect,
    Level,
    Limit,
    Limits,
    LimitUnit,
    Material,
    OnlineDepth,
    Parameter,
    Parameters,
    Representative,
    Result,
    ResultKind,
    Rule,
    ServiceItem,
    Standing,
    Step,
    StepKind,
    TaskType,
)
from backend.casework.evaluations.services import open_to_evaluation
from backend.casework.household.keeping import keep_household
from backend.casework.legal_time.keeping import keep_time
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework, Reactor
from backend.casework.materials.actions import upload_material
from backend.casework.reviews.opening import lay_out_work
from backend.database.record import fetch, transaction
from backend.errors import Text
from backend.exchange.delivery import region_of
from backend.exchange.handovers.following import follow_cases, works_elsewhere
from backend.exchange.handovers.moving import Office
from backend.holdings import HOLDINGS, RETENTIONS
from backend.kit import regions
from backend.kit.item_codes import credit_code
from backend.kit.working_days import Calendar
from backend.people.identity.faces import request_face_challenge, verify_face
from backend.resources import Resources
from backend.supervision.watching import watch_clocks, watch_events, watch_loops
from backend.viewer import AssuranceLevel, Citizen, Machine
from tests.support.people import Human, consenting, new_human, new_key
from tests.support.sandbox import OutsideSandbox

HOME = "330521"
ORGAN = credit_code("11330521MB1234567")
ORGAN_NAME = "德清县民政局"

_BASIS = Basis(Text("测试办法", "Rules of a test"), "1", Standing.UNVERIFIED)


def _rule(code: str, need: str, holds: Callable[[Facts, Parameters], bool]) -> Rule:
    return Rule(code, (need,), holds, Text(code, code), _BASIS, Text("下一步", "Next"))


ITEM = ServiceItem(
    base_code="000599990001",
    name=Text("高龄津贴发放", "Old-age allowance"),
    domain=Domain.ELDERLY_CARE,
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(_BASIS,),
    representatives=(Representative.GUARDIAN, Representative.FAMILY),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            Field("phone", Text("联系电话", "Telephone"), FieldKind.PHONE),
            Field("address", Text("现居住地址", "Address"), FieldKind.TEXT, max_length=40),
            Field("account", Text("银行账号", "Bank account"), FieldKind.BANK_ACCOUNT),
            Field(
                "elsewhere",
                Text("是否已在其他地方领取", "Drawn elsewhere?"),
                FieldKind.BOOLEAN,
                fact="paid_elsewhere",
            ),
            Field("undertaking", Text("本人承诺属实。", "It is true."), FieldKind.UNDERTAKING),
        )
    ),
    materials=(
        Material("card", Text("银行卡", "Card"), required=True, hint=Text("拍清卡号", "Show the number")),
        Material("note", Text("说明", "Note"), required=False, hint=Text("可不交", "Not needed")),
    ),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 80, "years", 60, 100, _BASIS),
        Parameter("monthly_fen", Text("每月金额", "Monthly amount"), 10_000, "fen", 0, 1_000_000, _BASIS),
    ),
    rules=(
        _rule("age", "age", lambda facts, figures: facts["age"] >= figures["minimum_age"]),  # type: ignore[operator]  # both whole years
        _rule(
            "household",
            "household_division",
            lambda facts, _: regions.within(str(facts["household_division"]), str(facts["division"])),
        ),
        _rule("not_paid_elsewhere", "paid_elsewhere", lambda facts, _: facts["paid_elsewhere"] is False),
    ),
    steps=(
        Step("intake", StepKind.INTAKE, Level.TOWNSHIP, Text("受理", "Intake"), days=10),
        Step("decision", StepKind.DECISION, Level.COUNTY, Text("审批", "Decision"), days=10),
    ),
    limits=Limits(Limit(20, LimitUnit.WORKING_DAYS, _BASIS), promised_days=20),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.DECISION, Text("高龄津贴审核结果通知书", "Notice of decision")),
    guide=Guide(*4 * (Text("指南", "Guide"),)),
    pays=("monthly_fen",),
)
"""An item of the tests' own, so that no change of a real one touches them."""

TASK_CODE = f"{ORGAN}4{ITEM.base_code}"

ANSWERS: Mapping[str, object] = {
    "phone": "13800000000",
    "address": "上海市黄浦区人民大道1号",
    "account": "622848001234567890",
    "elsewhere": False,
    "undertaking": True,
}


def machine(resources: Resources, *more: Reactor, declared: Sequence[ServiceItem] = (ITEM,)) -> Casework:
    """Casework with ``ITEM`` as its only item, or with those that are ``declared``."""
    items, calendar = Standards.of(declared), Calendar()
    told, heard = (watch_clocks(calendar),), (watch_loops(calendar),)
    return Casework(
        resources=resources,
        standards=items,
        calendar=calendar,
        clock_reactors=told,
        loop_reactors=heard,
        holdings=HOLDINGS,
        retentions=RETENTIONS,
        reactors=(
            keep_time(items, calendar, told=told),
            watch_events(items, calendar),
            follow_cases(
                Office(items, calendar, told, resources.keys.documents, resources.keys.ring),
                partial(region_of, resources.ports.provinces),
            ),
            lay_out_work(items, calendar, resources.keys.blind_index, works_elsewhere),
            issue_when_called_for,
            keep_household(items, resources),
            open_to_evaluation(calendar, heard),
            *more,
        ),
    )


async def publish(work: Casework, division: str = HOME, *, item: ServiceItem = ITEM, **figures: int) -> None:
    """The edition of a county that decides by itself: ten working days."""
    draft = EditionDraft(
        item_code=item.base_code,
        division=division,
        in_force_from=date(2026, 1, 1),
        parameters={"minimum_age": 80, "monthly_fen": 10_000, **figures},
        promised_days=10,
        organ_credit_code=ORGAN,
        organ_name=ORGAN_NAME,
        organ_level="4",
    )
    await publish_edition(work, draft, actor="machine:test")


def picture(colour: int = 120) -> bytes:
    """A small sound PNG."""
    out = BytesIO()
    Image.new("L", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


async def proven(
    resources: Resources, world: OutsideSandbox, human: Human | None = None, *, born: date = date(1943, 5, 12)
) -> Citizen:
    """A citizen with a real name whose face was checked in this session (by ``ScriptedFaces``)."""
    citizen = await consenting(resources, world, human or new_human(world, born=born))
    challenge = await request_face_challenge(citizen, resources)
    await verify_face(
        citizen,
        resources,
        challenge_id=challenge.id,
        nonce=challenge.nonce,
        frames=[b"\xff\xd8\xff selfie of somebody made up"],
    )
    return citizen


async def draft(citizen: Citizen, work: Casework, division: str = HOME) -> UUID:
    """A draft with nothing in it."""
    return await start_application(
        citizen, work, item_code=ITEM.base_code, division=division, idempotency_key=new_key()
    )


async def filled(
    citizen: Citizen, work: Casework, *, answers: Mapping[str, object] = ANSWERS, card: bytes | None = None
) -> UUID:
    """A draft that only has to be handed in."""
    application_id = await draft(citizen, work)
    await complete_draft(citizen, work, application_id, answers=answers, card=card)
    return application_id


async def complete_draft(
    citizen: Citizen,
    work: Casework,
    application_id: UUID,
    *,
    answers: Mapping[str, object] = ANSWERS,
    card: bytes | None = None,
) -> None:
    """Everything that a new draft needs to be handed in."""
    await save_answers(
        citizen, work, application_id=application_id, answers=answers, version=1, idempotency_key=new_key()
    )
    await upload_material(
        citizen,
        work,
        application_id=application_id,
        code="card",
        file_name="社保卡.png",
        content=card or picture(),
        idempotency_key=new_key(),
    )


async def submitted(citizen: Citizen, work: Casework) -> UUID:
    """A case that was received and numbered."""
    application_id = await filled(citizen, work)
    return await submit_application(citizen, work, application_id=application_id, idempotency_key=new_key())


GRANTED = Decision(True, None, "浙民决字7号", 10_000, "2026-12")
DENIED = Decision(False, "经核查，申请人不符合享受条件。", None, None, None)


async def decide(work: Casework, application_id: UUID, decision: Decision = GRANTED) -> None:
    """The province accepts a received case and decides it."""
    province = Machine("province-33")
    kind = CaseEventKind.APPROVED if decision.approved else CaseEventKind.REFUSED
    async with transaction() as tx:
        await record_event(
            tx, work, application_id, CaseEventKind.ACCEPTED, before=CaseState.SUBMITTED, actor=province
        )
        await record_decision(
            tx, work, application_id, kind, decision, before=CaseState.ACCEPTED, actor=province
        )


async def completed(citizen: Citizen, work: Casework, decision: Decision = GRANTED) -> UUID:
    """A case that has its result document."""
    application_id = await submitted(citizen, work)
    await decide(work, application_id, decision)
    await issue_certificate(work, application_id)
    return application_id


async def row_of(application_id: UUID) -> Mapping[str, Any]:
    """The whole row of a case."""
    (row,) = await fetch("SELECT * FROM application WHERE id = $1", application_id)
    return dict(row)


async def timeline(application_id: UUID) -> list[str]:
    """What happened to a case, in order."""
    rows = await fetch(
        "SELECT kind FROM case_event WHERE application_id = $1 ORDER BY sequence", application_id
    )
    return [row["kind"] for row in rows]


async def queued() -> list[tuple[str, str]]:
    """Every job in the queue, whatever its status or lane: kind and what it is about, in order."""
    rows = await fetch("SELECT entrypoint, payload FROM pgqueuer ORDER BY id")
    return [
        (row["entrypoint"].partition(".")[0], orjson.loads(row["payload"])["application"]) for row in rows
    ]
