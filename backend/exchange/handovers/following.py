"""A handover follows its case: what happens to the one moves the other, in the same transaction."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from backend.casework.definitions import HandlingModel
from backend.casework.lifecycle import CaseEvent, CaseEventKind
from backend.database.record import Transaction
from backend.exchange.delivery import send_off
from backend.exchange.handovers.lifecycle import MOVES, HandoverState, HandoverStep
from backend.exchange.handovers.moving import Held, Moment, Office, move, of_case, prepare

K, S, T = CaseEventKind, HandoverState, HandoverStep

RegionOf = Callable[[str], str]
"""The region whose own platform works on cases of a division; empty where its organs work in this installation."""

AFTER: Mapping[CaseEventKind, tuple[HandoverStep, ...]] = {
    K.LODGED: (T.TAKEN,),
    K.ACCEPTED: (T.TAKEN,),
    K.DEEMED_ACCEPTED: (T.TAKEN,),
    K.NOT_ACCEPTED: (T.TAKEN, T.DECIDED, T.INFORMED),
    K.APPROVED: (T.TAKEN, T.DECIDED),
    K.REFUSED: (T.TAKEN, T.DECIDED),
    K.RETURNED: (T.TAKEN, T.DECIDED, T.INFORMED),
    K.CORRECTION_LAPSED: (T.TAKEN, T.DECIDED, T.INFORMED),
    K.RESULT_ISSUED: (T.INFORMED,),
    K.WITHDRAWN: (T.ENDED,),
    K.FORWARDED: (T.ENDED,),
    K.TERMINATED: (T.ENDED,),
}
"""What each event of a case does to its lead handover, as far as it was not done before. A case that the deciding
organ works on was taken, whether or not anybody said so; where no office has to tell the applicant, we do."""

NOT_WITH_US = frozenset({S.PREPARED, S.RECEIVED, S.CHECKED, S.PARTED, S.REFUSED, S.DISPUTED})
"""While a handover is in one of these, the deciding organ has nothing to do yet."""


@dataclass(frozen=True, slots=True)
class Follower:
    """The reactor."""

    office: Office
    region_of: RegionOf

    async def __call__(self, tx: Transaction, event: CaseEvent) -> None:
        """Move the handovers of the case as ``event`` wants it."""
        if event.kind is K.SUBMITTED:
            await self._receive(tx, event)
        elif event.kind is K.NUMBERED:
            await self._pass_on(tx, event)
        elif event.kind in AFTER:
            await self._follow(tx, event)

    async def _receive(self, tx: Transaction, event: CaseEvent) -> None:
        """Whatever was chosen on the draft begins; what nobody chose goes to the platform of its region by itself."""
        moment = Moment(event.actor, event.at, event.sequence)
        found = await of_case(tx, event.application_id)
        region = self.region_of(event.division)
        if not found:
            if not region:
                return
            await prepare(
                tx,
                application_id=event.application_id,
                number=1,
                model=HandlingModel.FULLY_ONLINE,
                receiving="",
                deciding=event.division,
                region=region,
                at=event.at,
            )
            found = await of_case(tx, event.application_id)
        lead = await move(tx, self.office, found[0], T.RECEIVED, moment)
        if lead.attended:
            await tx.execute(
                "UPDATE application SET collecting = $2 WHERE id = $1", event.application_id, lead.receiving
            )

    async def _pass_on(self, tx: Transaction, event: CaseEvent) -> None:
        """Where no office has it in hand, form and identity were checked when it was handed in: on it goes."""
        found = await of_case(tx, event.application_id)
        if not found or found[0].state is not S.RECEIVED or found[0].attended:
            return
        moment = Moment("machine:exchange", event.at, event.sequence)
        lead = await move(tx, self.office, found[0], T.CHECKED, moment)
        await forward(tx, self.office, lead, moment)

    async def _follow(self, tx: Transaction, event: CaseEvent) -> None:
        found = await of_case(tx, event.application_id)
        moment = Moment(event.actor, event.at, event.sequence)
        for handover in found:
            if handover.is_part:
                # A part that nobody needs any more ends with its case; one that is given stays so.
                steps: tuple[HandoverStep, ...] = (T.ENDED,) if AFTER[event.kind] == (T.ENDED,) else ()
            else:
                steps = AFTER[event.kind]
            here = handover
            for step in steps:
                if (here.state, step) in MOVES and not (step is T.INFORMED and here.attended):
                    here = await move(tx, self.office, here, step, moment)
        if AFTER[event.kind] == (T.ENDED,) and found:
            await tx.execute(
                "UPDATE application SET collecting = '', assisting = '' WHERE id = $1",
                event.application_id,
            )


async def forward(tx: Transaction, office: Office, handover: Held, moment: Moment) -> Held:
    """Pass a handover on: over the wire of its region, or to the organs that work in this installation."""
    moved = await move(tx, office, handover, T.FORWARDED, moment)
    if not moved.is_part:
        await tx.execute("UPDATE application SET collecting = '' WHERE id = $1", moved.application_id)
    if moved.region:
        await send_off(tx, moved.application_id, moved.region, moment.at)
    return moved


def follow_cases(office: Office, region_of: RegionOf) -> Callable[[Transaction, CaseEvent], Awaitable[None]]:
    """The reactor that keeps handovers with their cases. It goes before whoever asks ``works_elsewhere``."""
    return Follower(office, region_of)


async def works_elsewhere(tx: Transaction, event: CaseEvent) -> bool:
    """Whether the deciding organ has nothing to do here: another platform works on it, or it has not come yet."""
    row = await tx.fetch_one(
        "SELECT state, region FROM handover WHERE application_id = $1 AND number = 1", event.application_id
    )
    return row is not None and (row["region"] != "" or S(row["state"]) in NOT_WITH_US)
