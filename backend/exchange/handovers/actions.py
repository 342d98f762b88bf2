"""What is done with handovers: a citizen chooses a way across provinces, officers of both sides pass it on."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import orjson

from backend.casework.applications.actions import own_case
from backend.casework.applications.events import actor_name, locked_state
from backend.casework.catalogue.queries import offered_item
from backend.casework.definitions import HandlingModel
from backend.casework.lifecycle import NOT_A_DRAFT, CaseState
from backend.casework.machine import Casework
from backend.casework.reviews.desk import said
from backend.casework.reviews.route import township_of
from backend.casework.reviews.steps import Key
from backend.database.idempotency import once
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, Text
from backend.exchange.delivery import region_of
from backend.exchange.handovers.desk import begin, do, finish, show_to_parts, take_in_hand
from backend.exchange.handovers.following import forward as pass_on
from backend.exchange.handovers.lifecycle import HandoverState, HandoverStep
from backend.exchange.handovers.moving import Held, Moment, Office, move, of_case, place_of, prepare
from backend.kit import clock, regions
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Citizen, Officer

S, T = HandoverState, HandoverStep

MOST_PARTS = 4
SERVED_ONLY = frozenset({"71", "81", "82"})
"""台湾、香港、澳门: their people are served, nothing is handled there."""

OTHER_MODEL = Text("该事项不支持此种跨省通办方式。", "The item is not handled this way across provinces.")
UNKNOWN_PLACE = Text("没有这个行政区划。", "There is no such division.")
NO_OFFICE = Text("该地没有可以收件的办理机构。", "No office there can receive it.")
NOT_ELSEWHERE = Text(
    "收件地与办理地相同，请直接申请。", "Both places are the same: apply there without a handover."
)
WHICH_PARTS = Text("多地联办须列明1至4个协办地。", "Name one to four places that work on parts of it.")
NO_PARTS = Text("只有多地联办才有协办地。", "Only a joint case has parts.")
NOT_COMPLETE = Text(
    "请先完成形式审查和身份核验；材料不齐的，请一次告知申请人补齐。",
    "Check form and identity first. Where something is missing, tell the applicant all of it at once.",
)
NOT_NUMBERED = Text("该办件尚未赋号，请稍后再转出。", "The case has no number yet. Pass it on in a moment.")
PARTS_FIRST = Text("请先分送协办地。", "Send the parts out first.")
DECIDED_ON = Text(
    "该办件已受理，不能再因管辖退回。", "The case was accepted: it is too late to send it back."
)
NOT_ABOVE = Text("只能在本级管辖范围内指定。", "Only a place below yours can be named.")
ITS_PART = Text("协办部分不能改转。", "A part is not sent elsewhere: settle it or end the case.")


async def choose(
    citizen: Citizen,
    work: Casework,
    *,
    application_id: UUID,
    model: HandlingModel,
    receiving: str,
    parts: Sequence[str],
    idempotency_key: str,
) -> UUID:
    """Say on a draft how it crosses provinces: model, receiving place and, for a joint one, who works on parts.

    A second choice replaces the first. Raises ``Invalid`` for a model that the item does not allow and for places
    that cannot be it, ``Conflict`` once it was handed in.
    """
    draft = await own_case(citizen, application_id, DelegatedAction.FILL)
    item = work.standards.get(draft.item_code)
    if model not in item.models:
        raise Invalid(OTHER_MODEL).about("input", "model")
    if (model is HandlingModel.JOINT) != bool(parts) or len(set(parts)) > MOST_PARTS:
        raise Invalid(WHICH_PARTS if model is HandlingModel.JOINT else NO_PARTS).about("input", "parts")
    provinces = work.resources.ports.provinces
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(citizen),
            operation="chooseHandover",
            key=idempotency_key,
            given=[str(application_id), model.value, receiving, sorted(set(parts))],
            subject=application_id,
        )
        if known is not None:
            return known
        if await locked_state(tx, application_id) is not CaseState.DRAFT:
            raise Conflict(NOT_A_DRAFT)
        deciding = await _target(tx, application_id)
        await _receives(tx, receiving, deciding, attended=model is not HandlingModel.FULLY_ONLINE)
        for place in dict.fromkeys(parts):
            await _has_office(tx, place, "parts")
            if region_of(provinces, place):
                raise Invalid(NO_OFFICE).about("input", "parts")
        await tx.execute("DELETE FROM handover WHERE application_id = $1", application_id)
        for number, place in enumerate((deciding, *dict.fromkeys(parts)), start=1):
            await prepare(
                tx,
                application_id=application_id,
                number=number,
                model=model,
                receiving=receiving,
                deciding=place,
                region=region_of(provinces, place),
                at=clock.now(),
            )
    return application_id


async def _target(tx: Transaction, application_id: UUID) -> str:
    row = await tx.fetch_one("SELECT division, township FROM application WHERE id = $1", application_id)
    assert row is not None  # noqa: S101 - it is locked
    found: str = row["township"] or row["division"]
    return found


async def _receives(tx: Transaction, receiving: str, deciding: str, *, attended: bool) -> None:
    if regions.find(receiving) is None or receiving[:2] in SERVED_ONLY:
        raise Invalid(UNKNOWN_PLACE, code=ProblemCode.UNKNOWN_DIVISION).about("input", "receivingDivision")
    if place_of(receiving) == place_of(deciding):
        raise Invalid(NOT_ELSEWHERE).about("input", "receivingDivision")
    if attended:
        await _has_office(tx, receiving, "receivingDivision")


async def _has_office(tx: Transaction, division: str, field: str) -> None:
    """Whether an organ of this installation works there. Raises ``Invalid``."""
    if regions.find(division) is None:
        raise Invalid(UNKNOWN_PLACE, code=ProblemCode.UNKNOWN_DIVISION).about("input", field)
    if await tx.fetch_one("SELECT 1 FROM organ WHERE division = $1 LIMIT 1", division) is None:
        raise Invalid(NO_OFFICE).about("input", field)


async def check(
    officer: Officer,
    work: Casework,
    *,
    handover_id: UUID,
    version: int,
    form_complete: bool,
    identity_checked: bool,
    key: str,
) -> None:
    """The receiving office has checked form and identity, and nothing else: whether it is granted is not its to say.

    A joint case goes to the places that work on its parts at once. Raises as ``take_in_hand`` does, and ``Invalid``
    while one of the two is open.
    """
    if not (form_complete and identity_checked):
        raise Invalid(NOT_COMPLETE).about("input", "formComplete" if not form_complete else "identityChecked")
    async with transaction() as tx:
        if await Key(officer, "checkHandover", key, handover_id, version).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, T.CHECKED, handover_id=handover_id, version=version)
        checked, _ = await do(tx, work, officer, found, T.CHECKED, told=False)
        if checked.model is HandlingModel.JOINT and not checked.is_part:
            _, moment = await do(tx, work, officer, checked, T.PARTED)
            for part in (await of_case(tx, checked.application_id))[1:]:
                await _send_part(tx, work, part, moment)
            await show_to_parts(tx, checked.application_id)


async def _send_part(tx: Transaction, work: Casework, part: Held, moment: Moment) -> None:
    office = Office.of(work)
    received = await move(tx, office, part, T.RECEIVED, moment)
    await pass_on(tx, office, await move(tx, office, received, T.CHECKED, moment), moment)


async def forward(officer: Officer, work: Casework, *, handover_id: UUID, version: int, key: str) -> None:
    """Pass a checked case on to the deciding place (转出). Raises as ``take_in_hand`` does, and ``Conflict``."""
    async with transaction() as tx:
        if await Key(officer, "forwardHandover", key, handover_id, version).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, T.FORWARDED, handover_id=handover_id, version=version)
        if found.case_number is None:
            raise Conflict(NOT_NUMBERED)
        await _forward(tx, work, officer, found)


async def _forward(tx: Transaction, work: Casework, officer: Officer, found: Held) -> None:
    state, moment = await begin(tx, officer, found)
    moved = await pass_on(tx, Office.of(work), found, moment)
    await finish(tx, work, officer, moved, T.FORWARDED, state=state)


async def take(officer: Officer, work: Casework, *, handover_id: UUID, version: int, key: str) -> None:
    """The deciding side signs for having it (接收). Raises as ``take_in_hand`` does."""
    await _simply(officer, work, T.TAKEN, "takeHandover", handover_id=handover_id, version=version, key=key)


async def pass_up(officer: Officer, work: Casework, *, handover_id: UUID, version: int, key: str) -> None:
    """The next deciding hand has it from now on: township to county. Raises as ``take_in_hand`` does."""
    await _simply(officer, work, T.PASSED, "passHandover", handover_id=handover_id, version=version, key=key)


async def inform(officer: Officer, work: Casework, *, handover_id: UUID, version: int, key: str) -> None:
    """The receiving office has told the applicant what was decided (告知). Raises as ``take_in_hand`` does."""
    await _simply(
        officer, work, T.INFORMED, "informApplicant", handover_id=handover_id, version=version, key=key
    )


async def _simply(
    officer: Officer,
    work: Casework,
    step: HandoverStep,
    operation: str,
    *,
    handover_id: UUID,
    version: int,
    key: str,
) -> None:
    async with transaction() as tx:
        if await Key(officer, operation, key, handover_id, version).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, step, handover_id=handover_id, version=version)
        await do(tx, work, officer, found, step)


async def refuse(
    officer: Officer, work: Casework, *, handover_id: UUID, version: int, reason: str, key: str
) -> None:
    """The deciding side sends it back, with its reason: it is not competent, or something is missing.

    Raises as ``take_in_hand`` does, and ``Conflict`` after acceptance and where a superior has settled it.
    """
    reason = said(reason, "reason")
    async with transaction() as tx:
        if await Key(officer, "refuseHandover", key, handover_id, version).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, T.REFUSED, handover_id=handover_id, version=version)
        await _send_back(tx, work, officer, found, reason)


async def _send_back(tx: Transaction, work: Casework, officer: Officer, found: Held, reason: str) -> None:
    row = await tx.fetch_one("SELECT state FROM application WHERE id = $1", found.application_id)
    assert row is not None  # noqa: S101 - it is locked
    if not found.is_part and CaseState(row["state"]) not in {CaseState.SUBMITTED, CaseState.PRE_REVIEWED}:
        raise Conflict(DECIDED_ON)
    if found.attended and not found.is_part:
        await tx.execute(
            "UPDATE application SET collecting = $2 WHERE id = $1", found.application_id, found.receiving
        )
    refused, moment = await do(tx, work, officer, found, T.REFUSED, reason=reason)
    if not found.attended:
        # No office has it in hand that could send it elsewhere: whoever is above all of them says who is competent.
        machine = replace(moment, actor="machine:exchange")
        await move(tx, Office.of(work), refused, T.DISPUTED, machine, reason=reason)


async def complete(
    officer: Officer, work: Casework, *, handover_id: UUID, version: int, reason: str, key: str
) -> None:
    """What was missing is there now: it can go to the same place again. Raises as ``take_in_hand`` does."""
    reason = said(reason, "reason")
    async with transaction() as tx:
        if await Key(officer, "completeHandover", key, handover_id, version).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, T.COMPLETED, handover_id=handover_id, version=version)
        done, _ = await do(tx, work, officer, found, T.COMPLETED, reason=reason)
        await _forward(tx, work, officer, done)


async def reroute(
    officer: Officer,
    work: Casework,
    *,
    handover_id: UUID,
    version: int,
    division: str,
    reason: str,
    key: str,
) -> None:
    """Another place is competent (改转): the case is its from now on, by its edition, and goes there.

    Raises as ``take_in_hand`` does, and ``Invalid`` where the item is not offered there.
    """
    reason = said(reason, "reason")
    async with transaction() as tx:
        if await Key(officer, "rerouteHandover", key, handover_id, version, division).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, T.REROUTED, handover_id=handover_id, version=version)
        to = await _assign(tx, work, officer, found, division)
        moved, _ = await do(tx, work, officer, found, T.REROUTED, reason=reason, to=to)
        await _forward(tx, work, officer, moved)


async def dispute(
    officer: Officer, work: Casework, *, handover_id: UUID, version: int, reason: str, key: str
) -> None:
    """The receiving side holds that place competent: a superior of both is to settle it. As ``take_in_hand``."""
    reason = said(reason, "reason")
    async with transaction() as tx:
        if await Key(officer, "disputeHandover", key, handover_id, version).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, T.DISPUTED, handover_id=handover_id, version=version)
        await do(tx, work, officer, found, T.DISPUTED, reason=reason)


async def settle(
    officer: Officer,
    work: Casework,
    *,
    handover_id: UUID,
    version: int,
    division: str,
    reason: str,
    key: str,
) -> None:
    """A superior of all places that it was sent to names the competent one, which cannot send it back any more.

    Raises as ``take_in_hand`` does, and ``Invalid`` for a place that is not below the superior's.
    """
    reason = said(reason, "reason")
    async with transaction() as tx:
        if await Key(officer, "settleHandover", key, handover_id, version, division).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, T.SETTLED, handover_id=handover_id, version=version)
        if not regions.within(division, officer.division):
            raise Invalid(NOT_ABOVE).about("input", "division")
        to = await _assign(tx, work, officer, found, division)
        moved, _ = await do(tx, work, officer, found, T.SETTLED, reason=reason, to=to)
        await _forward(tx, work, officer, moved)


async def _assign(
    tx: Transaction, work: Casework, officer: Officer, found: Held, division: str
) -> tuple[str, str]:
    """Let the case be another place's, by the edition in force there; the place and its region."""
    region = region_of(work.resources.ports.provinces, division)
    if place_of(division) == place_of(found.deciding):
        return found.deciding, found.region
    if found.is_part:
        raise Conflict(ITS_PART)
    try:
        offered = await offered_item(officer, work.catalogue, code=found.item_code, division=division)
    except NotFound as refusal:
        raise Invalid(refusal.message, code=refusal.code).about("input", "division") from None
    await tx.execute(
        "UPDATE application SET edition_id = $2, division = $3, township = $4, task_code = $5, organ_name = $6,"
        " deciding_level = $7, figures = $8::jsonb, promised_days = $9 WHERE id = $1",
        found.application_id,
        offered.edition_id,
        offered.division.code,
        township_of(division),
        offered.task_code,
        offered.organ.name,
        (offered.organ.delegate or offered.organ).level,
        orjson.dumps(dict(offered.figures)).decode(),
        offered.promised_days,
    )
    return division, region


async def give(
    officer: Officer, work: Casework, *, handover_id: UUID, version: int, finding: str, key: str
) -> None:
    """A place has done its part of a joint case. With the last one the lead goes to whoever decides.

    Raises as ``take_in_hand`` does, and ``Conflict`` for the lead, which is decided.
    """
    finding = said(finding, "finding")
    async with transaction() as tx:
        if await Key(officer, "givePart", key, handover_id, version).known(tx, handover_id):
            return
        found = await take_in_hand(tx, work, officer, T.GIVEN, handover_id=handover_id, version=version)
        await do(tx, work, officer, found, T.GIVEN, reason=finding)
        everything = await of_case(tx, found.application_id)
        lead, parts = everything[0], everything[1:]
        if lead.state is S.PARTED and all(part.state is S.GIVEN for part in parts):
            joined, _ = await do(tx, work, officer, lead, T.JOINED)
            await _forward(tx, work, officer, joined)
