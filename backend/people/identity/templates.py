"""An enrolled face: opt-in, sealed in two halves that are kept apart, shredded when it is not wanted any more.

Comparing with the registry's photograph and forgetting is what happens without it; see ``faces``.
"""

from datetime import timedelta
from uuid import UUID

import structlog

from backend.database import audit
from backend.database.record import fetch, fetch_one, transaction
from backend.errors import NotFound
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.sealing import CannotOpen
from backend.people.identity.models import ConsentKind
from backend.people.identity.models import FaceTemplate as FaceTemplateRow
from backend.people.identity.queries import of_guardian, still_consents
from backend.people.identity.texts import GRACE, current_text
from backend.ports import FaceTemplate
from backend.resources import Resources
from backend.viewer import Citizen

log = structlog.get_logger()

KEPT_BY = (ConsentKind.FACE_TEMPLATE, ConsentKind.FACE_VERIFICATION)
"""Without either of these no template may be kept."""


async def read_template(resources: Resources, person_id: UUID) -> FaceTemplate | None:
    """Both halves of a person's template; None where there is none, or where one half is gone."""
    row = await fetch_one(
        "SELECT id, model, rotated_sealed FROM face_template WHERE person_id = $1", person_id
    )
    if row is None:
        return None
    ring = resources.keys.ring
    try:
        secret = ring.open_bytes(
            await resources.ports.files.get(_key(row["id"])), context=f"face_secret:{row['id']}"
        )
        rotated = ring.open(row["rotated_sealed"], context=f"face_template:{row['id']}")
    except (NotFound, CannotOpen):
        # One half alone is noise: whoever wants a template enrols again.
        log.warning("face_template_half_gone", template=str(row["id"]))
        return None
    return FaceTemplate(row["model"], rotated, secret)


async def keep_template(
    citizen: Citizen, resources: Resources, person_id: UUID, template: FaceTemplate, *, actor: str
) -> bool:
    """Put a template in the place of the one before it, whose secret is shredded.

    False, and nothing is kept, where the consent was taken back while the face was being looked at.
    """
    ring, template_id = resources.keys.ring, new_id()
    await resources.ports.files.put(
        _key(template_id), ring.seal_bytes(template.secret, context=f"face_secret:{template_id}")
    )
    async with transaction() as tx:
        wanted = all([await still_consents(tx, citizen, person_id, kind) for kind in KEPT_BY])
        gone = [template_id]
        if wanted:
            before = await tx.fetch("DELETE FROM face_template WHERE person_id = $1 RETURNING id", person_id)
            gone = [row["id"] for row in before]
            await FaceTemplateRow.create(
                id=template_id,
                person_id=person_id,
                model=template.model,
                rotated_sealed=ring.seal(template.rotated, context=f"face_template:{template_id}"),
                enrolled_at=clock.now(),
            )
            await audit.append(
                tx,
                subject=f"person:{person_id}",
                kind="face_template_replaced" if before else "face_template_enrolled",
                actor=actor,
                detail={"template": str(template_id), "model": template.model},
            )
    for one in gone:
        await resources.ports.files.delete(_key(one))
    return wanted


async def shred_template(resources: Resources, person_id: UUID, *, actor: str) -> bool:
    """Make a person's template unreadable for good; False where there was none.

    The secret goes first: if anything fails after it, what is left says nothing about any face.
    """
    row = await fetch_one("SELECT id FROM face_template WHERE person_id = $1", person_id)
    if row is None:
        return False
    await resources.ports.files.delete(_key(row["id"]))
    async with transaction() as tx:
        gone = await tx.fetch_one("DELETE FROM face_template WHERE id = $1 RETURNING id", row["id"])
        if gone is None:
            return False
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="face_template_shredded",
            actor=actor,
            detail={"template": str(row["id"])},
        )
    return True


async def shred_unwanted(resources: Resources, *, most: int = 200) -> int:
    """Shred templates whose consent does not stand any more, for the worker's clock; how many there were.

    Withdrawing shreds at once; this finds what a crash between the two left behind, and what nobody takes back: a
    text that changed, a child who has turned 14, a guardianship that ended.
    """
    # Of a text that has changed, the version before it keeps a template, unused, until the days of grace are over.
    spared = clock.today() - timedelta(days=GRACE)
    pairs = {(kind, current_text(kind, day).version) for kind in KEPT_BY for day in (spared, clock.today())}
    rows = await fetch(
        "SELECT person_id FROM face_template template WHERE (SELECT count(DISTINCT consent.kind) FROM consent"  # noqa: S608 - terms of our own
        " JOIN unnest($1::text[], $2::text[]) AS told(kind, version)"
        " ON told.kind = consent.kind AND told.version = consent.version"
        " WHERE consent.person_id = template.person_id AND withdrawn_at IS NULL"
        f" AND (guardian_id IS NULL OR {of_guardian('$3::date')})) < $4 LIMIT $5",
        [kind.value for kind, _ in pairs],
        [version for _, version in pairs],
        clock.today(),
        len(KEPT_BY),
        most,
    )
    shredded = 0
    for row in rows:
        shredded += await shred_template(resources, row["person_id"], actor="machine:shredder")
    return shredded


async def count_templates() -> float:
    """How many faces are enrolled: at 100,000 the province's office is to be told (FACTS §7)."""
    row = await fetch_one("SELECT count(*) AS held FROM face_template")
    return float(row["held"]) if row else 0.0


def _key(template_id: UUID) -> str:
    return f"face-secrets/{template_id}"
