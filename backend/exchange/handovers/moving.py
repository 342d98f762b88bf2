"""One step of a handover: one guarded statement, one entry with its receipt, and the clock of whoever's turn it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from backend.casework.applications.events import STALE
from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import Basis, HandlingModel, HandoverLimits, ServiceItem, Standing
from backend.casework.legal_time.models import ClockKind
from backend.casework.legal_time.settling import ClockReactor
from backend.casework.legal_time.turns import Turn, pass_turn
from backend.casework.machine import Casework
from backend.database.record import Row, Transaction
from backend.errors import Conflict, ProblemCode, Text
from backend.exchange.handovers.lifecycle import (
    SIGNED,
    TURNS,
    HandoverState,
    HandoverStep,
    Side,
    after,
)
from backend.exchange.handovers.lifecycle import Standing as Stands
from backend.exchange.handovers.receipts import sign
from backend.keys import DocumentKeys
from backend.kit import regions
from backend.kit.ids import new_id
from backend.kit.sealing import KeyRing
from backend.kit.working_days import Calendar

S, T = HandoverState, HandoverStep

USUAL = HandoverLimits(
    3,
    (10,),
    3,
    Basis(
        Text(
            "《国务院办公厅关于加快推进政务服务“跨省通办”的指导意见》（国办发〔2020〕35号）要求明确两地职责；"
            "天数比照残疾人两项补贴（民办发〔2021〕2号）",
            "国办发〔2020〕35号 wants the duties of both places written down; days as for disability subsidies",
        ),
        "",
        Standing.UNVERIFIED,
    ),
)
"""For items whose own rules name no days."""
SETTLE_DAYS = 5
"""Working days in which a common superior settles who is competent; no rule was found: unverified."""
LAST_HAND = Text("已在最后一个办理环节。", "The last deciding hand has it already.")


@dataclass(frozen=True, slots=True)
class Office:
    """What moving a handover needs besides the transaction."""

    standards: Standards
    calendar: Calendar
    told: Sequence[ClockReactor]
    documents: DocumentKeys
    ring: KeyRing

    @classmethod
    def of(cls, work: Casework) -> "Office":
        """As an action has it."""
        keys = work.resources.keys
        return cls(work.standards, work.calendar, work.clock_reactors, keys.documents, keys.ring)


@dataclass(frozen=True, slots=True)
class Held:
    """A handover whose case is locked."""

    id: UUID
    application_id: UUID
    item_code: str
    case_number: str | None
    number: int
    model: HandlingModel
    state: HandoverState
    version: int
    last_sequence: int
    receiving: str
    deciding: str
    region: str
    hand: int
    bound: bool

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a joint case, and not the lead that decides."""
        return self.number > 1

    @property
    def attended(self) -> bool:
        """Whether officers of a receiving office have it in hand before it is passed on."""
        return self.model is not HandlingModel.FULLY_ONLINE

    @property
    def clock(self) -> ClockKind | None:
        """Which clock runs."""
        return clock_of(self.state, wired=bool(self.region))


@dataclass(frozen=True, slots=True)
class Moment:
    """By whom and when, and which entry of the case's timeline tells of it."""

    actor: str
    at: datetime
    sequence: int


FIELDS = (
    "h.id, h.application_id, a.item_code, a.case_number, h.number, h.model, h.state, h.version, h.last_sequence,"
    " h.receiving, h.deciding, h.region, h.hand, h.bound"
)
_HELD = f"SELECT {FIELDS} FROM handover h JOIN application a ON a.id = h.application_id "  # noqa: S608 - a constant of ours


def read(row: Row) -> Held:
    """From a row with ``FIELDS``."""
    told = dict(row)
    return Held(**{**told, "model": HandlingModel(told["model"]), "state": S(told["state"])})


async def held(tx: Transaction, handover_id: UUID) -> Held | None:
    """One handover, with its case locked until the transaction ends."""
    row = await tx.fetch_one(_HELD + "WHERE h.id = $1 FOR NO KEY UPDATE OF a", handover_id)
    return None if row is None else read(row)


async def of_case(tx: Transaction, application_id: UUID) -> Sequence[Held]:
    """The handovers of a case, the lead first; its case is locked by whoever moves it."""
    rows = await tx.fetch(_HELD + "WHERE h.application_id = $1 ORDER BY h.number", application_id)
    return [read(row) for row in rows]


def limits_of(item: ServiceItem) -> HandoverLimits:
    """Working days of each hand: the item's own, or the usual ones."""
    return item.handover or USUAL


def clock_of(state: HandoverState, *, wired: bool) -> ClockKind | None:
    """Which clock runs in ``state``. What goes over a wire is the receiving side's until it has arrived."""
    if state is S.FORWARDED and wired:
        return ClockKind.FORWARD
    match TURNS[state]:
        case Side.RECEIVING:
            return ClockKind.INFORM if state is S.DECIDED else ClockKind.FORWARD
        case Side.DECIDING:
            return ClockKind.HANDLE
        case Side.SUPERIOR:
            return ClockKind.SETTLE
        case _:
            return None


async def prepare(
    tx: Transaction,
    *,
    application_id: UUID,
    number: int,
    model: HandlingModel,
    receiving: str,
    deciding: str,
    region: str,
    at: datetime,
) -> UUID:
    """A handover that nobody has yet; its id."""
    handover_id = new_id()
    await tx.execute(
        "INSERT INTO handover (id, created_at, application_id, number, model, state, turn, version, last_sequence,"
        " receiving, deciding, deciding_place, region, hand, bound)"
        " VALUES ($1, $2, $3, $4, $5, 'PREPARED', 'APPLICANT', 1, 0, $6, $7, $8, $9, 0, false)",
        handover_id,
        at,
        application_id,
        number,
        model.value,
        receiving,
        deciding,
        place_of(deciding),
        region,
    )
    return handover_id


def place_of(division: str) -> str:
    """What a deciding place is looked up by: the county's digits, or fewer where a higher level decides."""
    return regions.prefix(division)[:6]


async def move(
    tx: Transaction,
    office: Office,
    handover: Held,
    step: HandoverStep,
    moment: Moment,
    *,
    reason: str | None = None,
    to: tuple[str, str] | None = None,
) -> Held:
    """Do one step and give the handover as it is then.

    ``to`` is another deciding place and the region whose platform works on it. ``reason`` is in free words and sealed.
    Raises ``Conflict``: ILLEGAL_STATE for what cannot be now, STALE_VERSION where somebody was faster.
    """
    standing = after(Stands(handover.state, part=handover.is_part, bound=handover.bound), step)
    limits = limits_of(office.standards.get(handover.item_code))
    deciding, region = to or (handover.deciding, handover.region)
    hand = _hand(handover, standing.state, step, limits)
    moved = replace(
        handover,
        state=standing.state,
        bound=standing.bound,
        version=handover.version + 1,
        last_sequence=handover.last_sequence + 1,
        deciding=deciding,
        region=region,
        hand=hand,
    )
    written = await tx.fetch_one(
        "UPDATE handover SET state = $3, turn = $4, version = $5, last_sequence = $6, deciding = $7,"
        " deciding_place = $8, region = $9, hand = $10, bound = $11 WHERE id = $1 AND version = $2 RETURNING id",
        handover.id,
        handover.version,
        moved.state.value,
        TURNS[moved.state].value,
        moved.version,
        moved.last_sequence,
        deciding,
        place_of(deciding),
        region,
        hand,
        moved.bound,
    )
    if written is None:
        raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
    await _note(tx, office, moved, step, moment, reason=reason)
    if moved.clock is not handover.clock or (step is T.PASSED):
        await pass_turn(
            tx,
            Turn(moved.application_id, moment.sequence, str(moved.number), moment.at),
            kind=moved.clock,
            days=_days(moved.clock, limits, hand),
            calendar=office.calendar,
            told=office.told,
        )
    return moved


def _hand(handover: Held, state: HandoverState, step: HandoverStep, limits: HandoverLimits) -> int:
    if step is T.PASSED:
        if handover.hand >= len(limits.handle):
            raise Conflict(LAST_HAND)
        return handover.hand + 1
    return 1 if state in {S.FORWARDED, S.TAKEN} else handover.hand


def _days(clock: ClockKind | None, limits: HandoverLimits, hand: int) -> int:
    match clock:
        case ClockKind.HANDLE:
            return limits.handle[max(hand, 1) - 1]
        case ClockKind.INFORM:
            return limits.inform
        case ClockKind.SETTLE:
            return SETTLE_DAYS
        case _:
            return limits.forward


async def _note(
    tx: Transaction, office: Office, moved: Held, step: HandoverStep, moment: Moment, *, reason: str | None
) -> None:
    entry_id = new_id()
    receipt = None
    if step in SIGNED:
        before = await tx.fetch_one(
            "SELECT receipt FROM handover_entry WHERE handover_id = $1 AND receipt IS NOT NULL"
            " ORDER BY sequence DESC LIMIT 1",
            moved.id,
        )
        told = {
            "handover": str(moved.id),
            "number": moved.number,
            "case": moved.case_number,
            "item": moved.item_code,
            "sequence": moved.last_sequence,
            "step": step.value,
            "state": moved.state.value,
            "receiving": moved.receiving,
            "deciding": moved.deciding,
            "hand": moved.hand,
            "actor": moment.actor,
            "at": moment.at.isoformat(),
        }
        receipt = sign(office.documents, told, before=None if before is None else before["receipt"])
    await tx.execute(
        "INSERT INTO handover_entry (id, created_at, handover_id, sequence, step, state, at, actor, receiving,"
        " deciding, reason_sealed, receipt, suite, key_id, signature)"
        " VALUES ($1, $2, $3, $4, $5, $6, $2, $7, $8, $9, $10, $11, $12, $13, $14)",
        entry_id,
        moment.at,
        moved.id,
        moved.last_sequence,
        step.value,
        moved.state.value,
        moment.actor,
        moved.receiving,
        moved.deciding,
        None if reason is None else office.ring.seal(reason.encode(), context=reason_context(entry_id)),
        None if receipt is None else receipt.text,
        "" if receipt is None else receipt.suite,
        "" if receipt is None else receipt.key_id,
        None if receipt is None else receipt.signature,
    )


def reason_context(entry_id: UUID) -> str:
    """Where a sealed reason belongs."""
    return f"handover_entry.reason:{entry_id}"


def told_of(moved: Held, step: HandoverStep) -> dict[str, object]:
    """What the case's timeline says of a step. No personal data."""
    return {"handover": str(moved.id), "number": moved.number, "step": step.value, "deciding": moved.deciding}
