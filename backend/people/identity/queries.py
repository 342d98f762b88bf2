"""What is known about a person: masked for showing, open for actions, and how surely it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import clock, masking
from backend.kit.resident_id import Sex
from backend.people.accounts.models import Platform
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.identity.texts import current_text
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen

NO_SUCH_PERSON = Text("没有找到。", "Not found.")


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """An open person, for actions only: never shown, never logged."""

    person_id: UUID
    name: str
    resident_id: str
    birth_date: date
    sex: Sex
    household_division: str | None


@dataclass(frozen=True, slots=True)
class MaskedPerson:
    """A person as they may be shown to themselves."""

    id: UUID
    name: str
    resident_id: str
    household_division: str | None


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A standing consent; ``current`` is false when its text has a newer version."""

    kind: ConsentKind
    version: str
    given_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Me:
    """The signed-in citizen."""

    id: UUID
    platform: Platform
    person: MaskedPerson | None
    assurance: Assurance
    consents: Sequence[ConsentView]


async def me(citizen: Citizen, resources: Resources) -> Me:
    """The citizen's own account, person (masked), assurance in this session and standing consents.

    The person is read from the account, so that a binding made a moment ago is seen.
    """
    row = await fetch_one(
        "SELECT account.id, account.platform, session.created_at, session.expires_at,"
        " person.id AS person_id, person.name_sealed, person.resident_id_sealed, person.resident_id_index,"
        " person.household_division"
        " FROM session JOIN account ON account.id = session.account_id"
        " LEFT JOIN person ON person.id = account.person_id WHERE session.id = $1",
        citizen.session_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_PERSON)
    signed_in = Assurance(
        AssuranceLevel.SIGNED_IN, AssuranceMethod.SIGN_IN, row["created_at"], row["expires_at"]
    )
    if row["person_id"] is None:
        return Me(row["id"], Platform(row["platform"]), None, signed_in, ())
    name, resident_id = _open(resources, row)
    return Me(
        id=row["id"],
        platform=Platform(row["platform"]),
        person=MaskedPerson(
            row["person_id"], masking.name(name), masking.resident_id(resident_id), row["household_division"]
        ),
        assurance=await assurance_of(row["person_id"], session_id=citizen.session_id) or signed_in,
        consents=await consents_of(row["person_id"]),
    )


async def assurance_of(person_id: UUID, *, session_id: UUID | None = None) -> Assurance | None:
    """The highest proof that counts now, the latest of equals; None for somebody who has proven nothing.

    With ``session_id``, what was proven in other sessions does not count: a face says who holds this
    device, not who holds another one that is signed in as the same person. What an officer saw counts
    everywhere.
    """
    row = await fetch_one(
        "SELECT level, method, proven_at, expires_at FROM assurance_record"
        " WHERE person_id = $1 AND (expires_at IS NULL OR expires_at > $2)"
        " AND ($3::uuid IS NULL OR session_id = $3 OR officer_id IS NOT NULL OR level = $4)"
        " ORDER BY level DESC, proven_at DESC LIMIT 1",
        person_id,
        clock.now(),
        session_id,
        AssuranceLevel.REAL_NAME.value,
    )
    if row is None:
        return None
    return Assurance(
        AssuranceLevel(row["level"]), AssuranceMethod(row["method"]), row["proven_at"], row["expires_at"]
    )


async def facts_of(person_id: UUID, resources: Resources) -> PersonFacts:
    """A person with name and number open. Raises ``NotFound``."""
    row = await fetch_one(
        "SELECT id, name_sealed, resident_id_sealed, resident_id_index, birth_date, sex, household_division"
        " FROM person WHERE id = $1",
        person_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_PERSON)
    name, resident_id = _open(resources, row)
    return PersonFacts(
        person_id=person_id,
        name=name,
        resident_id=resident_id,
        birth_date=row["birth_date"],
        sex=Sex(row["sex"]),
        household_division=row["household_division"],
    )


async def consents_of(person_id: UUID) -> Sequence[ConsentView]:
    """The consents that were given and not withdrawn."""
    rows = await fetch(
        "SELECT kind, version, given_at FROM consent WHERE person_id = $1 AND withdrawn_at IS NULL ORDER BY id",
        person_id,
    )
    return [
        ConsentView(kind, row["version"], row["given_at"], row["version"] == current_text(kind).version)
        for row in rows
        for kind in (ConsentKind(row["kind"]),)
    ]


async def has_consented(person_id: UUID, kind: ConsentKind) -> bool:
    """Whether there is a standing consent to the text as it is today."""
    return any(consent.kind is kind and consent.current for consent in await consents_of(person_id))


def _open(resources: Resources, row: Row) -> tuple[str, str]:
    """Name and number of a row of ``person``."""
    ring, index = resources.keys.ring, row["resident_id_index"]
    name = ring.open(row["name_sealed"], context=f"person.name:{index}")
    resident_id = ring.open(row["resident_id_sealed"], context=f"person.resident_id:{index}")
    return name.decode(), resident_id.decode()
