"""Telling the e-licence store (电子证照库) of results that are licences, and of their end, so that others reuse them."""

from datetime import timedelta
from uuid import UUID

from backend.casework.certificates.models import CertificateKind
from backend.casework.machine import Casework
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, fetch, transaction
from backend.kit import clock
from backend.people.identity.queries import facts_of
from backend.ports import ELicence


async def tell_licences(work: Casework, application_id: UUID) -> int:
    """Put the case's licences into the store, or take revoked ones out; returns how many were told.

    Safe to repeat: the store knows a licence by its number. Raises ``Unavailable`` while it does not answer,
    so that the job comes again. Without a store nothing is due any more.
    """
    rows = await fetch(
        "SELECT c.id, c.code, c.issued_on, c.expires_on, c.revoked_at, c.file_key, a.person_id, a.item_code, a.organ_name"
        " FROM certificate c JOIN application a ON a.id = c.application_id"
        " WHERE c.application_id = $1 AND c.licence_due AND c.file_key IS NOT NULL AND c.kind = $2 ORDER BY c.issue",
        application_id,
        CertificateKind.RESULT.value,
    )
    for row in rows:
        await _tell(work, row)
        async with transaction() as tx:
            # Revoked meanwhile: then it is due again.
            await tx.execute(
                "UPDATE certificate SET licence_due = false WHERE id = $1 AND revoked_at IS NOT DISTINCT FROM $2",
                row["id"],
                row["revoked_at"],
            )
    return len(rows)


async def _tell(work: Casework, row: Row) -> None:
    store, ring = work.resources.ports.licences, work.resources.keys.ring
    kind = work.standards.get(row["item_code"]).result.licence
    if store is None or kind is None:
        return
    person = await facts_of(row["person_id"], work.resources)
    if row["revoked_at"] is not None:
        await store.withdraw(kind=kind.value, number=person.resident_id, licence_number=row["code"])
        return
    sealed = await work.resources.ports.files.get(row["file_key"])
    await store.register(
        kind=kind.value,
        name=person.name,
        number=person.resident_id,
        licence=ELicence(
            number=row["code"],
            issuer=row["organ_name"],
            issued_on=row["issued_on"],
            valid_until=row["expires_on"],
            media_type="application/pdf",
            content=ring.open_bytes(sealed, context=f"certificate.file:{row['id']}"),
        ),
    )


async def wake_untold(grace: timedelta = timedelta(minutes=1), limit: int = 500) -> int:
    """Wake licences that the store has to be told of and that have no job for it; returns how many."""
    rows = await fetch(
        "SELECT DISTINCT c.application_id FROM certificate c WHERE c.licence_due AND c.created_at < $1"
        " AND c.file_key IS NOT NULL AND NOT EXISTS (SELECT FROM pgqueuer q WHERE q.entrypoint = 'tell_licences'"
        "   AND convert_from(q.payload, 'UTF8')::jsonb ->> 'application' = c.application_id::text) LIMIT $2",
        clock.now() - grace,
        limit,
    )
    async with transaction() as tx:
        for row in rows:
            await enqueue(tx, Job.TELL_LICENCES, {"application": str(row["application_id"])})
    return len(rows)
