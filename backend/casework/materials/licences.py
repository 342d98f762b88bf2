"""Materials that the state holds: fetched from the e-licence store, so that nobody is asked for them (免提交)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from backend.casework.definitions import Material, MaterialSource, ServiceItem, needed
from backend.casework.machine import Casework
from backend.casework.materials.keeping import Claim, Incoming, keep
from backend.database.record import Transaction, fetch
from backend.people.identity.queries import PersonFacts
from backend.ports import ELicence

ACTOR = "machine:e-licences"


async def find_licence(
    work: Casework,
    item: ServiceItem,
    material: Material,
    person: PersonFacts,
    answers: Mapping[str, object],
) -> ELicence | None:
    """The licence that is this material, or None: no store, no such licence, or its holder is not told yet.

    Raises ``Unavailable`` while the store does not answer.
    """
    store = work.resources.ports.licences
    if store is None or material.licence is None:
        return None
    if material.holder is None:
        name, number = person.name, person.resident_id
    else:
        name, number = (str(answers.get(field) or "") for field in material.holder)
        if not name or not number:
            return None
    return await store.find(kind=material.licence.value, name=name, number=number, purpose=item.base_code)


async def keep_licence(
    work: Casework, application_id: UUID, material: Material, found: ELicence, claim: Claim
) -> UUID:
    """Put a fetched licence on a draft; the material's id."""
    incoming = Incoming(
        code=material.code,
        source=MaterialSource.E_LICENCE,
        supplied_by=ACTOR,
        file_name=f"{material.name.zh}（电子证照）",
        media_type=found.media_type,
        content=found.content,
        evidence={
            "number": found.number,
            "issuer": found.issuer,
            "issuedOn": found.issued_on,
            "validUntil": found.valid_until,
        },
    )
    return await keep(work, application_id, incoming, claim)


async def fetch_what_is_held(
    work: Casework,
    application_id: UUID,
    item: ServiceItem,
    person: PersonFacts,
    answers: Mapping[str, object],
) -> Sequence[str]:
    """Fetch every licence that the answers call for and the draft does not have yet; the codes that were found.

    Raises ``Unavailable`` while the store does not answer: what was fetched before stays on the draft.
    """
    wanted = [material for material in needed(item.materials, answers) if material.licence is not None]
    if not wanted:
        return ()
    rows = await fetch("SELECT code FROM material WHERE application_id = $1", application_id)
    present = {row["code"] for row in rows}
    fetched = []
    for material in wanted:
        if material.code in present:
            continue
        found = await find_licence(work, item, material, person, answers)
        if found is not None:
            await keep_licence(work, application_id, material, found, _go_on)
            fetched.append(material.code)
    return fetched


async def _go_on(_tx: Transaction, _material_id: UUID) -> None:
    """A repeat fetches the same again and replaces it."""
