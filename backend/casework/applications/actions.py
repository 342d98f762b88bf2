"""What a citizen does with a case: start it, fill it in, submit it, all of it safe to repeat."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson

from backend.casework.applications.acting import (
    OF_A_WARD,
    both_agree,
    may_represent,
    outside_mandate,
    ward_for,
)
from backend.casework.applications.events import STALE, actor_name, append_event, record_event
from backend.casework.applications.models import Application
from backend.casework.catalogue.queries import offered_item
from backend.casework.definitions import Judgement, Material, Parameters, RuleFinding, ServiceItem, needed
from backend.casework.facts import known_facts
from backend.casework.forms import check_answers
from backend.casework.legal_clock import due_date
from backend.casework.lifecycle import NOT_A_DRAFT, CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.materials.licences import fetch_what_is_held
from backend.casework.numbering.actions import give_number
from backend.casework.proof import need_of
from backend.casework.reviews.route import township_of
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Transaction, fetch, transaction
from backend.errors import (
    Conflict,
    FieldProblem,
    Invalid,
    NotFound,
    ProblemCode,
    StepUpNeeded,
    Text,
)
from backend.kit import clock
from backend.kit.documents import DocumentKind
from backend.kit.ids import new_id
from backend.people.delegation.kinds import DelegatedAction
from backend.people.identity.claims import index_of_number
from backend.people.identity.ladder import require
from backend.people.identity.queries import facts_of
from backend.viewer import Assurance, Citizen

NO_SUCH_CASE = Text("没有这个办件。", "There is no such case.")
REAL_NAME_FIRST = Text("请先完成实名认证。", "Bind your real name first.")
MATERIALS_MISSING = Text("还缺少必需的材料。", "A required material is missing.")
UPLOAD_THIS = Text("请上传{name}。", "Please upload: {name}.")
NOT_ELIGIBLE = Text("不符合申请条件。", "The conditions are not met.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A case as the acting citizen may change it."""

    id: UUID
    person_id: UUID
    state: CaseState
    version: int
    item_code: str
    division: str
    task_code: str
    figures: Parameters
    promised_days: int
    answers_sealed: str


def require_person(citizen: Citizen) -> UUID:
    """The real person behind the account. Raises ``StepUpNeeded`` before a real name was bound."""
    if citizen.person_id is None:
        raise StepUpNeeded(REAL_NAME_FIRST)
    return citizen.person_id


async def own_case(
    citizen: Citizen, application_id: UUID, action: DelegatedAction = DelegatedAction.FILL
) -> Draft:
    """The citizen's own case, or one that they may do ``action`` with for somebody else.

    Raises ``NotFound`` for a missing case and for somebody else's alike, and ``Forbidden(OUTSIDE_MANDATE)`` to
    whoever had or has a delegation by that person which does not give this.
    """
    actor_id = require_person(citizen)
    rows = await fetch(
        "SELECT id, person_id, state, version, item_code, division, task_code, figures, promised_days,"  # noqa: S608 - a constant of ours
        " answers_sealed FROM application WHERE id = $1 AND (person_id = $2 OR"
        f" {OF_A_WARD})",
        application_id,
        actor_id,
        action.value,
        clock.today(),
    )
    if not rows:
        await outside_mandate(actor_id, application_id=application_id)
        raise NotFound(NO_SUCH_CASE)
    row = rows[0]
    return Draft(
        id=row["id"],
        person_id=row["person_id"],
        state=CaseState(row["state"]),
        version=row["version"],
        item_code=row["item_code"],
        division=row["division"],
        task_code=row["task_code"],
        figures=orjson.loads(row["figures"]),
        promised_days=row["promised_days"],
        answers_sealed=row["answers_sealed"],
    )


def seal_answers(work: Casework, application_id: UUID, answers: Mapping[str, object]) -> str:
    """Answers as they rest: sealed and bound to their case."""
    return work.resources.keys.ring.seal(
        orjson.dumps(answers), context=f"application.answers:{application_id}"
    )


def open_answers(work: Casework, application_id: UUID, sealed: str) -> dict[str, object]:
    """The answers of one case."""
    answers: dict[str, object] = orjson.loads(
        work.resources.keys.ring.open(sealed, context=f"application.answers:{application_id}")
    )
    return answers


async def start_application(
    citizen: Citizen,
    work: Casework,
    *,
    item_code: str,
    division: str,
    idempotency_key: str,
    on_behalf_of: UUID | None = None,
) -> UUID:
    """Begin a draft for an item as it applies in ``division``; the edition of today is kept.

    With ``on_behalf_of``, the id of a delegation, it is the principal's case. Raises ``NotFound`` for an
    unknown item or division, ``StepUpNeeded`` without a real name and ``Forbidden(OUTSIDE_MANDATE)``.
    """
    person_id = require_person(citizen)
    try:
        offered = await offered_item(citizen, work.catalogue, code=item_code, division=division)
    except NotFound as refusal:
        wrong = "itemCode" if refusal.code is ProblemCode.UNKNOWN_ITEM else "division"
        raise refusal.about("input", wrong) from None
    if on_behalf_of is not None:
        person_id = await ward_for(citizen, on_behalf_of, offered.item)
    application_id = new_id()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(citizen),
            operation="startApplication",
            key=idempotency_key,
            given=[item_code, division, *([str(on_behalf_of)] if on_behalf_of else [])],
            subject=application_id,
        )
        if known is not None:
            return known
        await Application.create(
            id=application_id,
            person_id=person_id,
            edition_id=offered.edition_id,
            item_code=offered.item.base_code,
            division=offered.division.code,
            township=township_of(division),
            task_code=offered.task_code,
            organ_name=offered.organ.name,
            deciding_level=(offered.organ.delegate or offered.organ).level,
            figures=dict(offered.figures),
            promised_days=offered.promised_days,
            state=CaseState.DRAFT,
            answers_sealed=seal_answers(work, application_id, {}),
            last_sequence=1,
        )
        await append_event(
            tx,
            work,
            CaseEventKind.STARTED,
            {
                "id": application_id,
                "state": CaseState.DRAFT,
                "last_sequence": 1,
                "item_code": item_code,
                "division": offered.division.code,
                "person_id": person_id,
            },
            actor=citizen,
        )
    return application_id


async def save_answers(
    citizen: Citizen,
    work: Casework,
    *,
    application_id: UUID,
    answers: Mapping[str, object],
    version: int,
    idempotency_key: str,
) -> UUID:
    """Replace a draft's answers. What is filled in must be right; what is missing may come later.

    ``version`` is the version the citizen saw: Raises ``Conflict(STALE_VERSION)`` when another
    device saved meanwhile.
    """
    draft = await own_case(citizen, application_id)
    check_answers(work.standards.get(draft.item_code).form, answers, complete=False)
    said = orjson.dumps(answers, option=orjson.OPT_SORT_KEYS).decode()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(citizen),
            operation="saveAnswers",
            key=idempotency_key,
            # Keyed, because a plain digest of a few answers could be guessed.
            given=[str(application_id), version, work.resources.keys.blind_index.of(said, "answers")],
            subject=application_id,
        )
        if known is not None:
            return known
        if draft.state is not CaseState.DRAFT:
            raise Conflict(NOT_A_DRAFT)
        saved = await tx.fetch_one(
            "UPDATE application SET answers_sealed = $3, version = version + 1"
            " WHERE id = $1 AND version = $2 AND state = 'DRAFT' RETURNING id",
            application_id,
            version,
            seal_answers(work, application_id, answers),
        )
        if saved is None:
            raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
    return application_id


async def submit_application(
    citizen: Citizen, work: Casework, *, application_id: UUID, idempotency_key: str
) -> UUID:
    """Submit a draft: identity, answers, materials and eligibility are checked, then it is received.

    Received means one transaction: state, number, timeline, audit and the job that delivers it. When
    the day's number series has run out the case is received all the same and numbered later.
    """
    draft = await own_case(citizen, application_id, DelegatedAction.SUBMIT)
    item = work.standards.get(draft.item_code)
    # One moment for everything: a case that came in at midnight belongs to one day's series.
    now = clock.now()
    today = clock.local(now).date()
    assurance: Assurance | None = None
    fetched = 0
    if draft.state is CaseState.DRAFT:
        if draft.person_id != citizen.person_id:
            await may_represent(citizen, draft.person_id, item)
        assurance = await proven(citizen, item)
        fetched = await _fetch_what_is_held(work, draft, item)
        if fetched:
            # It has changed: check what will be handed in.
            draft = await own_case(citizen, application_id, DelegatedAction.SUBMIT)
        await _check_complete(work, draft, item, today)
    due = due_date(today, draft.promised_days, item.limits.statutory.unit, work.calendar)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(citizen),
            operation="submitApplication",
            key=idempotency_key,
            given=[str(application_id)],
            subject=application_id,
        )
        if known is not None:
            return known
        if assurance is None:
            raise Conflict(NOT_A_DRAFT, code=ProblemCode.ALREADY_DONE).about("input", "applicationId")
        received = await tx.fetch_one(
            "UPDATE application SET submitted_at = $3, due_on = $4, assurance = $5"
            " WHERE id = $1 AND state = 'DRAFT' AND version = $2 RETURNING id",
            application_id,
            draft.version,
            now,
            due.on,
            f"{assurance.level.name}/{assurance.method}",
        )
        if received is None:
            raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
        if item.parties > 1:
            # What the machine fetched just now changes nothing in what both said: each licence is one version.
            await both_agree(
                tx,
                application_id,
                version=draft.version - fetched,
                number_index=_other_party(work, draft, item),
            )
        await record_event(
            tx, work, application_id, CaseEventKind.SUBMITTED, before=CaseState.DRAFT, actor=citizen
        )
        await _audit_submission(tx, draft, assurance, citizen)
        await give_number(tx, work, application_id, task_code=draft.task_code, day=today, actor=citizen)
    return application_id


async def _audit_submission(tx: Transaction, draft: Draft, assurance: Assurance, citizen: Citizen) -> None:
    await audit.append(
        tx,
        subject=f"person:{draft.person_id}",
        kind="application_submitted",
        actor=actor_name(citizen),
        detail={"application": str(draft.id), "item": draft.item_code, "assurance": assurance.method},
    )


async def proven(citizen: Citizen, item: ServiceItem) -> Assurance:
    """How whoever acts is known in this session. Raises ``StepUpNeeded`` where the item asks for more."""
    return await require(citizen, require_person(citizen), need_of(item))


def _other_party(work: Casework, draft: Draft, item: ServiceItem) -> str | None:
    """Index of the number under which the answers name the other party, where the form asks for it."""
    field = item.partner_field
    if field is None:
        return None
    number = str(open_answers(work, draft.id, draft.answers_sealed)[field.name])
    return index_of_number(work.resources, DocumentKind.RESIDENT_ID, number)


async def _fetch_what_is_held(work: Casework, draft: Draft, item: ServiceItem) -> int:
    """Put on the draft what the e-licence store has of it; how many came."""
    if not any(material.licence for material in item.materials):
        return 0
    answers = open_answers(work, draft.id, draft.answers_sealed)
    person = await facts_of(draft.person_id, work.resources)
    return len(await fetch_what_is_held(work, draft.id, item, person, answers))


async def _check_complete(work: Casework, draft: Draft, item: ServiceItem, today: date) -> None:
    answers = open_answers(work, draft.id, draft.answers_sealed)
    check_answers(item.form, answers, complete=True)
    await _check_materials(draft.id, needed(item.materials, answers))
    person = await facts_of(draft.person_id, work.resources)
    findings = item.judge(known_facts(item, person, answers, draft.division, today), draft.figures)
    failed = [f for f in findings if f.judgement is not Judgement.ELIGIBLE and not _left_open(item, f)]
    if failed:
        raise Invalid(
            NOT_ELIGIBLE,
            code=ProblemCode.NOT_ELIGIBLE,
            fields=tuple(FieldProblem(("rules", f.rule.code), f.condition) for f in failed),
        )


def _left_open(item: ServiceItem, finding: RuleFinding) -> bool:
    """Whether only the organ can say, from what it looks up or assesses after submission."""
    return finding.judgement is Judgement.UNKNOWN and set(finding.missing) <= set(item.organ_facts)


async def _check_materials(application_id: UUID, materials: tuple[Material, ...]) -> None:
    rows = await fetch("SELECT code FROM material WHERE application_id = $1", application_id)
    uploaded = {row["code"] for row in rows}
    missing = [m for m in materials if m.required and m.code not in uploaded]
    if missing:
        raise Invalid(
            MATERIALS_MISSING,
            code=ProblemCode.MATERIAL_MISSING,
            fields=tuple(
                FieldProblem(
                    ("materials", m.code),
                    Text(UPLOAD_THIS.zh.format(name=m.name.zh), UPLOAD_THIS.en.format(name=m.name.en)),
                )
                for m in missing
            ),
        )
