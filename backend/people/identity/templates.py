"""An enrolled face: opt-in, sealed in two halves that are kept apart, shredded when it is not wanted any more.

Comparing with the registry's photograph and forgetting is what happens without it; see ``faces``.
"""

from uuid import UUID

import structlog

from backend.database import audit
from backend.database.record import fetch, fetch_one, transaction
from backend.errors import NotFound
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.sealing import CannotOpen
from backend.people.identity.models import FaceTemplate as FaceTemplateRow
from backend.ports import FaceTemplate
from backend.resources import Resources

log = structlog.get_logger()


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


async def keep_template(resources: Resources, person_id: UUID, template: FaceTemplate, *, actor: str) -> None:
    """Put a template in the place of the one before it, whose secret is shredded."""
    ring, template_id = resources.keys.ring, new_id()
    await resources.ports.files.put(
        _key(template_id), ring.seal_bytes(template.secret, context=f"face_secret:{template_id}")
    )
    async with transaction() as tx:
        await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
        before = await tx.fetch("DELETE FROM face_template WHERE person_id = $1 RETURNING id", person_id)
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
    for row in before:
        await resources.ports.files.delete(_key(row["id"]))


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

    Withdrawing shreds at once; this finds what a crash between the two left behind.
    """
    rows = await fetch(
        "SELECT person_id FROM face_template template WHERE (SELECT count(DISTINCT kind) FROM consent"
        " WHERE consent.person_id = template.person_id AND withdrawn_at IS NULL"
        " AND kind IN ('FACE_TEMPLATE', 'FACE_VERIFICATION')) < 2 LIMIT $1",
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
