"""What is known about a person: masked for showing, open for actions, and how surely it is known."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.database.record import Row, Transaction, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import clock, masking
from backend.kit.documents import Document, DocumentKind
from backend.kit.resident_id import Sex
from backend.people.accounts.models import Platform
from backend.people.delegation.force import guardian_of
from backend.people.identity.models import AssuranceMethod, ConfirmedBy, ConsentKind
from backend.people.identity.texts import current_text
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen

AGE_OF_OWN_CONSENT = 14
"""PIPL 31: below it a guardian consents."""

NO_SUCH_PERSON = Text("没有找到。", "Not found.")

DOCUMENT = (
    "document.kind, document.country, document.number_index, document.number_sealed, document.name_sealed,"
    " document.expires_on"
)
"""Columns of a row that ``open_name`` and ``open_number`` read."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """An open person, for actions only: never shown, never logged."""

    person_id: UUID
    name: str
    resident_id: str
    """The number of the document the person goes by, of whatever kind it is."""
    document_kind: DocumentKind
    document: Document
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
    document_kind: DocumentKind
    expires_on: date | None
    confirmed_by: ConfirmedBy


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent; ``current`` is false when it was withdrawn or its text has a newer version."""

    id: UUID
    kind: ConsentKind
    version: str
    given_at: datetime
    withdrawn_at: datetime | None
    by_guardian: bool
    child_name: str | None
    """Masked; for the guardian who gave it."""
    current: bool


@dataclass(frozen=True, slots=True)
class Me:
    """The signed-in citizen."""

    id: UUID
    platform: Platform
    person: MaskedPerson | None
    held: bool
    """Whether the person's name was bound while another account had it, and is not proven here yet."""
    assurance: Assurance
    consents: Sequence[ConsentView]
    face_template_since: datetime | None = None


async def me(citizen: Citizen, resources: Resources) -> Me:
    """The citizen's own account, person (masked), assurance in this session and standing consents.

    The person is read from the account, so that a binding made a moment ago is seen.
    """
    row = await fetch_one(
        "SELECT account.id, account.platform, account.person_id IS NULL AS held,"  # noqa: S608 - a constant of ours
        f" session.created_at, session.expires_at AS session_ends, person.id AS person_id, {DOCUMENT},"
        " person.household_division, document.confirmed_by, template.enrolled_at"
        " FROM session JOIN account ON account.id = session.account_id"
        " LEFT JOIN person ON person.id = coalesce(account.person_id, account.claimed_person_id)"
        " LEFT JOIN identity_document document ON document.person_id = person.id AND document.main"
        " LEFT JOIN face_template template ON template.person_id = account.person_id"
        " WHERE session.id = $1",
        citizen.session_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_PERSON)
    signed_in = Assurance(
        AssuranceLevel.SIGNED_IN, AssuranceMethod.SIGN_IN, row["created_at"], row["session_ends"]
    )
    if row["person_id"] is None:
        return Me(row["id"], Platform(row["platform"]), None, False, signed_in, ())
    return Me(
        id=row["id"],
        platform=Platform(row["platform"]),
        person=MaskedPerson(
            id=row["person_id"],
            name=masking.name(open_name(resources, row)),
            resident_id=masking.document(open_number(resources, row)),
            # Whoever has not proven who they are is told nothing that they did not say themselves.
            household_division=None if row["held"] else row["household_division"],
            document_kind=DocumentKind(row["kind"]),
            expires_on=None if row["held"] else row["expires_on"],
            confirmed_by=ConfirmedBy(row["confirmed_by"]),
        ),
        held=row["held"],
        assurance=await assurance_of(row["person_id"], session_id=citizen.session_id) or signed_in,
        consents=await consents_of(citizen, row["person_id"]),
        face_template_since=row["enrolled_at"],
    )


async def assurance_of(
    person_id: UUID,
    *,
    session_id: UUID | None = None,
    within: timedelta | None = None,
    methods: Collection[AssuranceMethod] | None = None,
) -> Assurance | None:
    """The highest proof that counts now, the latest of equals; None for somebody who has proven nothing.

    With ``session_id``, what was proven in other sessions does not count: a face, or an officer who saw
    the person, says who holds this device, not who holds another one that is signed in as the same person.
    With ``within``, nothing older than that counts; with ``methods``, no other way above a real name.
    """
    now = clock.now()
    row = await fetch_one(
        "SELECT level, method, proven_at, expires_at FROM assurance_record"
        " WHERE person_id = $1 AND (expires_at IS NULL OR expires_at > $2)"
        " AND ($3::uuid IS NULL OR session_id = $3 OR level = $4) AND ($5::timestamptz IS NULL OR proven_at >= $5)"
        " AND ($6::text[] IS NULL OR method = ANY($6) OR level = $4)"
        " ORDER BY level DESC, proven_at DESC LIMIT 1",
        person_id,
        now,
        session_id,
        AssuranceLevel.REAL_NAME.value,
        None if within is None else now - within,
        None if methods is None else [method.value for method in methods],
    )
    if row is None:
        return None
    return Assurance(
        AssuranceLevel(row["level"]), AssuranceMethod(row["method"]), row["proven_at"], row["expires_at"]
    )


async def facts_of(person_id: UUID, resources: Resources) -> PersonFacts:
    """A person with name and number open. Raises ``NotFound``."""
    row = await fetch_one(
        f"SELECT {DOCUMENT}, person.birth_date, sex, household_division FROM person"  # noqa: S608 - a constant of ours
        " JOIN identity_document document ON document.person_id = person.id AND document.main"
        " WHERE person.id = $1",
        person_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_PERSON)
    number, kind = open_number(resources, row), DocumentKind(row["kind"])
    return PersonFacts(
        person_id=person_id,
        name=open_name(resources, row),
        resident_id=number,
        document_kind=kind,
        document=Document(kind, number, row["country"], row["birth_date"], Sex(row["sex"])),
        birth_date=row["birth_date"],
        sex=Sex(row["sex"]),
        household_division=row["household_division"],
    )


def of_guardian(today: str) -> str:
    """Condition on ``consent``: its giver is still the guardian, and the child too young to consent."""
    return (
        f"({guardian_of(agent='consent.guardian_id', child='consent.person_id', today=today)} AND EXISTS ("  # noqa: S608 - terms of our own
        "SELECT 1 FROM person child WHERE child.id = consent.person_id"
        f" AND child.birth_date > {today} - interval '{AGE_OF_OWN_CONSENT} years'))"
    )


STANDING = (
    "person_id = $1 AND withdrawn_at IS NULL AND CASE WHEN guardian_id IS NULL THEN"  # noqa: S608 - terms of our own
    " account_id IS NULL OR account_id = $2 OR EXISTS ("
    "SELECT 1 FROM account mine JOIN account theirs ON theirs.person_id = mine.person_id"
    " WHERE mine.id = $2 AND mine.person_id = $1 AND theirs.id = consent.account_id)"
    f" ELSE {of_guardian('$3::date')} END"
)
"""Condition on ``consent``: of person ``$1``, not withdrawn, and given in account ``$2`` or, where that one is the
person's own, in any other that is; or by the guardian of a child, ``$3`` being today. What a stranger agreed to in an
account that is held binds nobody."""


async def consents_of(citizen: Citizen, person_id: UUID) -> Sequence[ConsentView]:
    """The consents that were given and not withdrawn, the latest of each kind."""
    rows = await fetch(
        f"SELECT DISTINCT ON (kind) {_CONSENT} FROM consent WHERE {STANDING} ORDER BY kind, given_at DESC",  # noqa: S608 - constants of ours
        person_id,
        citizen.account_id,
        clock.today(),
    )
    return [_consent(row) for row in rows]


async def consents_once(
    citizen: Citizen, resources: Resources, *, before: UUID | None, limit: int
) -> Sequence[ConsentView]:
    """All consents of the viewer and those that they gave for a child, withdrawn ones too, the newest first.

    Whoever only claims to be somebody sees those of their own account.
    """
    rows = await fetch(
        f"SELECT {_CONSENT}, name_sealed, number_index FROM consent LEFT JOIN identity_document document"  # noqa: S608 - constants of ours
        " ON document.person_id = consent.person_id AND document.main AND consent.guardian_id = $1"
        " WHERE (consent.person_id = $1 OR consent.guardian_id = $1 OR (consent.person_id = $2 AND account_id = $3))"
        " AND ($4::uuid IS NULL OR consent.id < $4) ORDER BY consent.id DESC LIMIT $5",
        citizen.person_id,
        citizen.claimed_id,
        citizen.account_id,
        before,
        limit,
    )
    return [
        _consent(row, child=None if row["name_sealed"] is None else masking.name(open_name(resources, row)))
        for row in rows
    ]


async def has_consented(citizen: Citizen, person_id: UUID, kind: ConsentKind) -> bool:
    """Whether there is a standing consent to the text as it is today."""
    return any(consent.kind is kind and consent.current for consent in await consents_of(citizen, person_id))


async def still_consents(tx: Transaction, citizen: Citizen, person_id: UUID, kind: ConsentKind) -> bool:
    """``has_consented`` at the end of something that took its time; nobody takes it back before the caller commits."""
    await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    row = await tx.fetch_one(
        f"SELECT 1 FROM consent WHERE {STANDING} AND kind = $4 AND version = $5",  # noqa: S608 - a constant of ours
        person_id,
        citizen.account_id,
        clock.today(),
        kind.value,
        current_text(kind).version,
    )
    return row is not None


_CONSENT = (
    "consent.id, consent.kind, consent.version, consent.given_at, consent.withdrawn_at, consent.guardian_id"
)


def _consent(row: Row, child: str | None = None) -> ConsentView:
    kind = ConsentKind(row["kind"])
    return ConsentView(
        id=row["id"],
        kind=kind,
        version=row["version"],
        given_at=row["given_at"],
        withdrawn_at=row["withdrawn_at"],
        by_guardian=row["guardian_id"] is not None,
        child_name=child,
        current=row["withdrawn_at"] is None and row["version"] == current_text(kind).version,
    )


def open_name(resources: Resources, row: Row) -> str:
    """The name of a row with ``name_sealed`` and ``number_index``."""
    return opened_name(resources, row["name_sealed"], row["number_index"])


def opened_name(resources: Resources, sealed: str, number_index: str) -> str:
    """A name that was sealed to the document of this index."""
    return resources.keys.ring.open(sealed, context=f"person.name:{number_index}").decode()


def open_number(resources: Resources, row: Row) -> str:
    """The number of a row with ``number_sealed`` and ``number_index``."""
    return resources.keys.ring.open(
        row["number_sealed"], context=f"person.resident_id:{row['number_index']}"
    ).decode()
