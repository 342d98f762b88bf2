"""Asking that something be put right, and deciding it.

Of what comes from the register the register is asked again at once: what it says now is what counts, and most
requests are settled by that. The rest is decided by an officer, with words that the person reads.
"""

from dataclasses import dataclass
from uuid import UUID

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, Forbidden, Invalid, ProblemCode, StepUpNeeded, Text, Unavailable
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.identity.ladder import NAME_FIRST, TO_APPLY, require
from backend.people.identity.queries import facts_of
from backend.people.rectification.models import (
    CorrectionAbout,
    CorrectionOutcome,
    CorrectionState,
    DataCorrection,
)
from backend.people.rectification.queries import correction_row, told_of
from backend.ports import RegistryAnswer, RegistryRecord
from backend.resources import Resources
from backend.viewer import Citizen, Officer, OfficerRole

REQUESTS = "10/day"
"""Per person."""
LOOKS = "100/hour"
"""Per officer."""
LONGEST = 1_000

NO_WORDS = Text(
    "请写明错误之处和正确内容，不超过1000字。",
    "Say what is wrong and what is right, in at most 1,000 characters.",
)
NO_SUCH_DIVISION = Text("没有这个行政区划。", "There is no such division.")
OVER = Text("该更正申请已处理。", "This request was decided already.")
INTAKE_ONLY = Text("只有受理岗位可以办理更正申请。", "Only an officer of intake decides such requests.")
REGISTER_CORRECTED = Text("已按人口库现有信息更正。", "Corrected: the population register says so now.")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What somebody says is wrong."""

    about: CorrectionAbout
    told: str
    division: str
    application_id: UUID | None = None
    """A case that the caller has found visible for whoever asks; ``division`` is its own then."""


@dataclass(frozen=True, slots=True)
class OpenedCorrection:
    """A request in the open."""

    told: str


async def request_correction(
    citizen: Citizen, resources: Resources, wrong: Wrong, *, idempotency_key: str
) -> UUID:
    """Ask for a correction; its id. Raises ``StepUpNeeded`` unless proven in this session, ``Invalid``, ``TooMany``."""
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST)
    person_id, told = citizen.person_id, wrong.told.strip()
    await require(citizen, person_id, TO_APPLY)
    if not 1 <= len(told) <= LONGEST:
        raise Invalid(NO_WORDS).about("input", "told")
    if regions.get(wrong.division) is None:
        raise Invalid(NO_SUCH_DIVISION, code=ProblemCode.UNKNOWN_DIVISION).about("input", "division")
    await resources.shared.limit(REQUESTS, "data-correction", str(person_id))
    record = await _at_the_register(resources, person_id) if wrong.about is CorrectionAbout.IDENTITY else None
    ring, correction_id, actor = resources.keys.ring, new_id(), f"person:{person_id}"
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor,
            operation="requestDataCorrection",
            key=idempotency_key,
            # Keyed: a plain digest of a few words could be guessed.
            given=[
                wrong.about,
                wrong.division,
                str(wrong.application_id),
                resources.keys.blind_index.of(told, "told"),
            ],
            subject=correction_id,
        )
        if known is not None:
            return known
        corrected = await _corrected(tx, person_id, record)
        answer = None if not corrected else _sealed(resources, correction_id, "answer", REGISTER_CORRECTED.zh)
        await DataCorrection.create(
            id=correction_id,
            person_id=person_id,
            about=wrong.about,
            application_id=wrong.application_id,
            division=wrong.division,
            state=CorrectionState.DECIDED if corrected else CorrectionState.OPEN,
            told_sealed=ring.seal(told.encode(), context=f"data_correction.told:{correction_id}"),
            outcome=CorrectionOutcome.CORRECTED if corrected else None,
            answer_sealed=answer,
            decided_at=clock.now() if corrected else None,
        )
        await _tell(tx, person_id, "correction_requested", actor, correction_id, about=wrong.about.value)
        if corrected:
            await _tell(tx, person_id, "data_corrected", "machine:registry", correction_id)
    return correction_id


async def withdraw_correction(citizen: Citizen, *, correction_id: UUID) -> None:
    """Take an open request back; again changes nothing. Raises ``NotFound``, ``Conflict`` for a decided one."""
    row = await correction_row(citizen, correction_id)
    if row["state"] == CorrectionState.WITHDRAWN:
        return
    async with transaction() as tx:
        if not await _close(tx, correction_id, CorrectionState.WITHDRAWN):
            raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
        await _tell(tx, row["person_id"], "correction_withdrawn", f"person:{row['person_id']}", correction_id)


async def open_correction(officer: Officer, resources: Resources, *, correction_id: UUID) -> OpenedCorrection:
    """What the person said; their trail tells who read it. Raises ``NotFound``, ``Forbidden``, ``TooMany``."""
    row = await correction_row(officer, correction_id)
    _check_role(officer)
    await resources.shared.limit(LOOKS, "correction-looked", str(officer.officer_id))
    async with transaction() as tx:
        await _tell(tx, row["person_id"], "correction_opened", f"officer:{officer.officer_id}", correction_id)
    return OpenedCorrection(told_of(resources, row))


async def decide_correction(
    officer: Officer, resources: Resources, *, correction_id: UUID, outcome: CorrectionOutcome, answer: str
) -> None:
    """Decide a request, with words for the person. Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict``."""
    row = await correction_row(officer, correction_id)
    _check_role(officer)
    if not 1 <= len(answer.strip()) <= LONGEST:
        raise Invalid(NO_WORDS).about("input", "answer")
    sealed = _sealed(resources, correction_id, "answer", answer.strip())
    async with transaction() as tx:
        if not await _close(
            tx,
            correction_id,
            CorrectionState.DECIDED,
            outcome=outcome,
            answer_sealed=sealed,
            officer_id=officer.officer_id,
        ):
            raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
        kind = "correction_refused" if outcome is CorrectionOutcome.REFUSED else "data_corrected"
        await _tell(
            tx,
            row["person_id"],
            kind,
            f"officer:{officer.officer_id}",
            correction_id,
            outcome=outcome.value,
        )


async def _at_the_register(resources: Resources, person_id: UUID) -> RegistryRecord | None:
    """What the register says now; None where it does not answer, or not about this person: then officers decide."""
    person = await facts_of(person_id, resources)
    try:
        record = await resources.ports.registry.check(name=person.name, document=person.document)
    except Unavailable:
        return None
    return record if record.answer is RegistryAnswer.MATCH else None


async def _corrected(tx: Transaction, person_id: UUID, record: RegistryRecord | None) -> bool:
    """Whether the register says something else than we did; it is what we say from now on."""
    if record is None:
        return False
    row = await tx.fetch_one(
        "UPDATE person SET household_division = coalesce($2, household_division), sex = coalesce($3, sex),"
        " birth_date = coalesce($4, birth_date) WHERE id = $1 AND (household_division, sex, birth_date)"
        " IS DISTINCT FROM (coalesce($2, household_division), coalesce($3, sex), coalesce($4, birth_date)) RETURNING id",
        person_id,
        record.household_division,
        None if record.sex is None else record.sex.value,
        record.birth_date,
    )
    return row is not None


async def _close(
    tx: Transaction,
    correction_id: UUID,
    state: CorrectionState,
    *,
    outcome: CorrectionOutcome | None = None,
    answer_sealed: str | None = None,
    officer_id: UUID | None = None,
) -> bool:
    row = await tx.fetch_one(
        "UPDATE data_correction SET state = $2, outcome = $3, answer_sealed = $4, officer_id = $5, decided_at = $6"
        " WHERE id = $1 AND state = 'OPEN' RETURNING id",
        correction_id,
        state.value,
        None if outcome is None else outcome.value,
        answer_sealed,
        officer_id,
        clock.now(),
    )
    return row is not None


def _check_role(officer: Officer) -> None:
    if OfficerRole.INTAKE not in officer.roles:
        raise Forbidden(INTAKE_ONLY)


def _sealed(resources: Resources, correction_id: UUID, what: str, words: str) -> str:
    return resources.keys.ring.seal(words.encode(), context=f"data_correction.{what}:{correction_id}")


async def _tell(
    tx: Transaction, person_id: UUID, kind: str, actor: str, correction_id: UUID, **detail: object
) -> None:
    await audit.append(
        tx,
        subject=f"person:{person_id}",
        kind=kind,
        actor=actor,
        detail={"correction": str(correction_id), **detail},
    )
