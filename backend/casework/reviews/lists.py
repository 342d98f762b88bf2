"""Sharing the work: claim, release, reassign, one task or many at once."""

from collections.abc import Sequence
from uuid import UUID

from backend.casework.applications.events import STALE
from backend.casework.machine import Casework
from backend.casework.reviews.desk import NO_SUCH_TASK, OTHER_ROLE, OVER, TAKEN, is_of, stand_aside
from backend.casework.reviews.route import ROLES
from backend.casework.reviews.steps import Key
from backend.database import audit
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.viewer import Officer, OfficerRole

MOST_AT_ONCE = 50
TOO_MANY = Text("一次最多领取{most}件。", "At most {most} at once.")
NOT_A_COLLEAGUE = Text(
    "只能转交给本单位能办理此环节的在岗人员。",
    "Only a colleague of the same organ whose role does this step.",
)
NOT_YOURS = Text(
    "只有领取人或审批负责人可以转交或退回。", "Only who has the task, or who approves, may pass it on."
)

_TASK = (
    "SELECT t.id, t.application_id, t.place, t.organ_id, t.role, t.kind, t.state, t.version, t.assignee_id,"
    " a.person_id, a.item_code, a.answers_sealed FROM review_task t"
    " JOIN application a ON a.id = t.application_id WHERE t.id = $1"
)


async def claim(officer: Officer, work: Casework, *, task_ids: Sequence[UUID], key: str) -> Sequence[UUID]:
    """Take tasks in hand; those that are theirs afterwards. One that a colleague was faster with is left out.

    Only taking is done for many at once: each finding and each decision is made case by case, as the law wants.
    Of a single task the reason is told: ``NotFound``, ``Forbidden``, ``Conflict(TASK_TAKEN)``.
    """
    if not 0 < len(task_ids) <= MOST_AT_ONCE:
        raise Invalid(TOO_MANY.filled(most=MOST_AT_ONCE)).about("input", "taskIds")
    wanted = sorted(set(task_ids))
    async with transaction() as tx:
        if await Key(officer, "claimTasks", key, *wanted).known(tx, wanted[0]):
            rows = await tx.fetch(
                "SELECT id FROM review_task WHERE id = ANY($1::uuid[]) AND assignee_id = $2 ORDER BY id",
                wanted,
                officer.officer_id,
            )
            return [row["id"] for row in rows]
        taken: list[UUID] = []
        for task_id in wanted:
            try:
                await _claim_one(tx, work, officer, task_id)
            except (NotFound, Forbidden, Conflict):
                if len(wanted) == 1:
                    raise
            else:
                taken.append(task_id)
    return taken


async def _claim_one(tx: Transaction, work: Casework, officer: Officer, task_id: UUID) -> None:
    row = await _seen(tx, officer, task_id)
    if OfficerRole(row["role"]) not in officer.roles:
        raise Forbidden(OTHER_ROLE)
    await stand_aside(tx, work, officer, row)
    if row["assignee_id"] == officer.officer_id:
        return
    claimed = await tx.fetch_one(
        # Who is at it right now was faster, and is not waited for: many are claimed at once.
        "UPDATE review_task SET assignee_id = $2, version = version + 1 WHERE id = (SELECT id FROM review_task"
        " WHERE id = $1 AND state = 'OPEN' AND assignee_id IS NULL FOR UPDATE SKIP LOCKED) RETURNING id",
        task_id,
        officer.officer_id,
    )
    if claimed is None:
        raise Conflict(TAKEN, code=ProblemCode.TASK_TAKEN)
    await _note(tx, officer, row, "task_claimed")


async def pass_on(
    officer: Officer, *, task_id: UUID, version: int, to_officer: UUID | None, key: str
) -> None:
    """Give a task to a colleague, or back to the list (``to_officer`` None).

    Who has it may, and who approves at the organ. Raises ``Conflict(STALE_VERSION)`` where it has changed.
    """
    async with transaction() as tx:
        if await Key(officer, "reassignTask", key, task_id, version, to_officer).known(tx, task_id):
            return
        row = await _seen(tx, officer, task_id)
        if officer.officer_id != row["assignee_id"] and OfficerRole.APPROVAL not in officer.roles:
            raise Forbidden(NOT_YOURS)
        if to_officer is not None:
            colleague = await tx.fetch_one(
                "SELECT id FROM officer WHERE id = $1 AND organ_id = $2 AND disabled_at IS NULL AND roles ? $3",
                to_officer,
                officer.organ_id,
                row["role"],
            )
            if colleague is None:
                raise Invalid(NOT_A_COLLEAGUE).about("input", "toOfficerId")
        moved = await tx.fetch_one(
            "UPDATE review_task SET assignee_id = $3, version = version + 1"
            " WHERE id = $1 AND version = $2 AND state = 'OPEN' RETURNING id",
            task_id,
            version,
            to_officer,
        )
        if moved is None:
            raise Conflict(STALE, code=ProblemCode.STALE_VERSION).about("input", "version")
        await _note(tx, officer, row, "task_passed_on", to=str(to_officer) if to_officer else None)


async def _seen(tx: Transaction, officer: Officer, task_id: UUID) -> Row:
    row = await tx.fetch_one(_TASK, task_id)
    if row is None or not is_of(officer, row):
        raise NotFound(NO_SUCH_TASK)
    if row["state"] != "OPEN":
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    return row


async def _note(tx: Transaction, officer: Officer, row: Row, kind: str, **detail: object) -> None:
    await audit.append(
        tx,
        subject=f"application:{row['application_id']}",
        kind=kind,
        actor=f"officer:{officer.officer_id}",
        detail={"task": str(row["id"]), **detail},
    )


def roles_of(officer: Officer) -> list[str]:
    """The roles of this officer that do steps of cases."""
    doing = {*ROLES.values(), OfficerRole.REVIEW}
    return sorted(role.value for role in officer.roles & doing)
