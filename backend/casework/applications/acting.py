"""Acting for somebody else in a case: what a delegation gives, and what is said and written down when it does not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import Domain, Representative, ServiceItem
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, Forbidden, NotFound, ProblemCode, Text
from backend.kit import clock, masking
from backend.people.delegation.force import acts_for, in_force
from backend.people.delegation.kinds import DelegatedAction, DelegationKind
from backend.people.delegation.queries import NO_SUCH_GRANT
from backend.people.identity.queries import opened_name
from backend.viewer import Citizen, Viewer

OF_A_WARD = acts_for(
    agent="$2",
    person="application.person_id",
    item="application.item_code",
    action="$3::text",
    today="$4::date",
)
"""Condition on ``application``: person ``$2`` may do ``$3`` with it for its applicant, today being ``$4``."""

ENDED = Text("该代办授权已失效，请重新申请授权。", "This delegation is over. Please propose a new one.")
OUTSIDE = Text("该事项或操作不在代办授权范围内。", "The delegation does not cover this item or this step.")
NOT_BY_YOU = Text("该事项不接受此类代办人。", "For this item nobody of this kind may act.")
PARTY_MISSING = Text(
    "对方尚未加入并确认当前内容，不能提交。",
    "The other party has not joined and agreed to the case as it is now.",
)
PARTY_IS_ANOTHER = Text(
    "加入的人不是申请中填写的对方。",
    "Whoever has joined is not the person whom the answers name as the other party.",
)
IN_PERSON = Text("该事项须本人亲自办理，不能代办。", "This has to be done in person, by nobody else.")


def scope_of(standards: Standards, *, items: Collection[str], domains: Collection[Domain]) -> list[str]:
    """The base codes of a scope as it is asked for today; empty for every item.

    Domains become the items that they have now, so that a scope never grows by itself. Raises ``NotFound``
    for an unknown item and ``Forbidden`` for one that has to be done in person.
    """
    for code in items:
        if standards.get(code).in_person:
            raise Forbidden(IN_PERSON).about("input", "items")
    of_domains = {
        code for code, item in standards.by_code.items() if item.domain in domains and not item.in_person
    }
    return sorted({*items, *of_domains})


REPRESENTATIVES: Mapping[DelegationKind, frozenset[Representative]] = {
    DelegationKind.GUARDIAN_OF_CHILD: frozenset({Representative.GUARDIAN}),
    DelegationKind.GUARDIAN_OF_ADULT: frozenset({Representative.GUARDIAN}),
    DelegationKind.APPOINTED_GUARDIAN: frozenset({Representative.GUARDIAN}),
    DelegationKind.ADULT_CHILD: frozenset({Representative.FAMILY, Representative.AGENT}),
    DelegationKind.VILLAGE_COMMITTEE: frozenset({Representative.COMMITTEE, Representative.AGENT}),
    DelegationKind.CHILD_WELFARE_DIRECTOR: frozenset({Representative.COMMITTEE}),
    DelegationKind.CARE_HOME: frozenset({Representative.INSTITUTION, Representative.AGENT}),
}
"""As whom somebody with a delegation may apply; each item says whom it takes."""


async def may_represent(citizen: Citizen, person_id: UUID, item: ServiceItem) -> None:
    """Return if the citizen may hand in a case of ``item`` for this person. Raises ``Forbidden(OUTSIDE_MANDATE)``.

    An item may have been begun by the person themselves, so that whom it takes is asked for at its end, too.
    """
    rows = await fetch(
        f"SELECT id, agent_id, principal_id, kind FROM delegation WHERE agent_id = $1 AND principal_id = $2"  # noqa: S608 - constants of ours
        f" AND {in_force('delegation', '$3::date')} AND (items = '[]'::jsonb OR items ? $4) AND actions ? $5"
        " ORDER BY id DESC",
        citizen.person_id,
        person_id,
        clock.today(),
        item.base_code,
        DelegatedAction.SUBMIT.value,
    )
    if not rows:
        raise NotFound(NO_SUCH_GRANT)
    if item.in_person:
        raise await refused(rows[0], IN_PERSON, "in_person")
    if not any(REPRESENTATIVES[DelegationKind(row["kind"])] & {*item.representatives} for row in rows):
        raise await refused(rows[0], NOT_BY_YOU, "representative")


async def ward_for(citizen: Citizen, grant_id: UUID, item: ServiceItem) -> UUID:
    """The person for whom the citizen may begin a case of ``item`` by this grant.

    Raises ``NotFound`` for somebody else's grant and ``Forbidden(OUTSIDE_MANDATE)``, which the principal's
    trail tells, for one that is over or does not cover the item.
    """
    row = await fetch_one(
        f"SELECT id, agent_id, principal_id, kind, {in_force('delegation', '$3::date')} AS in_force,"  # noqa: S608 - constants of ours
        " (items = '[]'::jsonb OR items ? $4) AND actions ? 'FILL' AS covers"
        " FROM delegation WHERE id = $1 AND agent_id = $2 AND principal_id IS NOT NULL",
        grant_id,
        citizen.person_id,
        clock.today(),
        item.base_code,
    )
    if row is None:
        raise NotFound(NO_SUCH_GRANT)
    if item.in_person:
        raise await refused(row, IN_PERSON, "in_person")
    if not row["in_force"]:
        raise await refused(row, ENDED, "over")
    if not row["covers"]:
        raise await refused(row, OUTSIDE, "scope")
    if not REPRESENTATIVES[DelegationKind(row["kind"])] & {*item.representatives}:
        raise await refused(row, NOT_BY_YOU, "representative")
    principal_id: UUID = row["principal_id"]
    return principal_id


async def outside_mandate(agent_id: UUID, *, application_id: UUID) -> None:
    """Raise ``Forbidden`` where this person has or had a delegation by the case's applicant: it does not give this."""
    row = await fetch_one(
        f"SELECT mandate.id, mandate.agent_id, mandate.principal_id, {in_force('mandate', '$3::date')} AS in_force"  # noqa: S608 - constants of ours
        " FROM application JOIN delegation mandate ON mandate.principal_id = application.person_id"
        " WHERE application.id = $1 AND mandate.agent_id = $2 ORDER BY in_force DESC, mandate.id DESC LIMIT 1",
        application_id,
        agent_id,
        clock.today(),
    )
    if row is not None:
        raise await refused(
            row, OUTSIDE if row["in_force"] else ENDED, "scope" if row["in_force"] else "over"
        )


async def principal_of(citizen: Citizen, grant_id: UUID) -> Row | None:
    """Principal and items of a grant of the citizen's own that lets them follow today; None otherwise."""
    return await fetch_one(
        f"SELECT principal_id, items FROM delegation WHERE id = $1 AND agent_id = $2"  # noqa: S608 - constants of ours
        f" AND {in_force('delegation', '$3::date')} AND actions ? $4",
        grant_id,
        citizen.person_id,
        clock.today(),
        DelegatedAction.FOLLOW.value,
    )


async def both_agree(
    tx: Transaction, application_id: UUID, *, version: int, number_index: str | None
) -> None:
    """Whether the other party of a case has agreed to just this version. Raises ``Conflict(PARTY_MISSING)``.

    ``number_index`` is that of whoever the answers name as the other party, where they name somebody: it has
    to be the one who agreed. Asked for with the case's row in hand: who leaves at the same moment takes turns
    with who hands in.
    """
    agreed = await tx.fetch_one(
        "SELECT $3::text IS NULL OR EXISTS (SELECT 1 FROM identity_document document WHERE document.person_id"
        " = case_party.person_id AND document.number_index = $3 AND document.ended_at IS NULL) AS named"
        " FROM case_party WHERE application_id = $1 AND person_id IS NOT NULL AND confirmed_version = $2",
        application_id,
        version,
        number_index,
    )
    if agreed is None or not agreed["named"]:
        why = PARTY_MISSING if agreed is None else PARTY_IS_ANOTHER
        raise Conflict(why, code=ProblemCode.PARTY_MISSING).about("input", "applicationId")


@dataclass(frozen=True, slots=True)
class ActingPerson:
    """Somebody who did something for the applicant; the name is sealed until it is asked for."""

    name_sealed: str
    number_index: str

    def masked(self, work: Casework) -> str:
        """The name, as the applicant may see it."""
        return masking.name(opened_name(work.resources, self.name_sealed, self.number_index))


async def acting_people(_viewer: Viewer, ids: Sequence[UUID]) -> Sequence[ActingPerson | None]:
    """The people of entries in timelines that were already seen: for each id one, or None."""
    rows = await fetch(
        "SELECT person_id, name_sealed, number_index FROM identity_document WHERE main AND person_id = ANY($1)",
        list(ids),
    )
    found = {row["person_id"]: ActingPerson(row["name_sealed"], row["number_index"]) for row in rows}
    return [found.get(key) for key in ids]


async def refused(grant: Row, why: Text, reason: str) -> Forbidden:
    """Write into both trails that it was tried; the refusal to raise."""
    async with transaction() as tx:
        await tell_both(tx, grant, "delegation_overstepped", why=reason)
    return Forbidden(why, code=ProblemCode.OUTSIDE_MANDATE)


async def tell_both(tx: Transaction, grant: Row, kind: str, **detail: str) -> None:
    """What the agent did with a grant (id, agent_id, principal_id), in the trails of both."""
    for person_id in sorted((grant["agent_id"], grant["principal_id"])):
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind=kind,
            actor=f"person:{grant['agent_id']}",
            detail={"delegation": str(grant["id"]), **detail},
        )
