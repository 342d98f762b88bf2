"""An officer's process that is killed around a decision: one outcome, its notice, its document, all in the audit chain."""

import asyncio
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvloop

from backend.casework.applications.queries import Decision
from backend.casework.certificates.actions import issue_certificate
from backend.casework.machine import Casework
from backend.casework.notices.actions import tell_the_citizen
from backend.casework.notices.sending import send_notices
from backend.casework.reviews import steps
from backend.database.audit_check import verify
from backend.database.config import connected
from backend.database.record import fetch
from backend.database.shared import shared_state
from backend.keys import read_keys
from backend.resources import Resources
from backend.settings import Settings
from backend.viewer import Citizen, Officer, OfficerRole
from integrations import connect
from tests.support.cases import machine, queued, row_of, timeline
from tests.support.mortal import Moment, begun
from tests.support.people import bound, new_key
from tests.support.reviews import LOCAL, SHORT, handed_in, house, officer, open_tasks
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox
from tests.support.waiting import PATIENCE

YES = Decision(True, None, "1号", None, None)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What another process needs to open the house of the test."""

    settings: Settings
    database_url: str
    redis_url: str


@pytest.fixture
def elsewhere(
    installation: Settings, outside_world: OutsideSandbox, database: str, redis_url: str
) -> Elsewhere:
    return Elsewhere(installation.model_copy(update=outside_world.settings), database, redis_url)


def _decide(there: Elsewhere, moment: Moment, who: Officer, task: dict[str, Any]) -> None:
    """The house of the test in a process of its own: an officer decides, and it dies."""

    async def decided() -> None:
        keys = read_keys(there.settings)
        async with (
            connected(there.database_url),
            shared_state(there.redis_url) as shared,
            connect(there.settings, keys) as ports,
        ):
            resources = Resources(
                ports=ports,
                keys=keys,
                shared=shared,
                public_url="http://jinmin.test",
                active_face_challenge=False,
                second_factor=False,
            )
            mortal = machine(resources, tell_the_citizen(shared), moment.react, declared=(LOCAL, SHORT))
            await steps.decide(who, mortal, **task, decision=YES)

    uvloop.run(decided())


@pytest.fixture
async def work(resources: Resources) -> Casework:
    made = await house(resources)
    return replace(made, reactors=(*made.reactors, tell_the_citizen(resources.shared)))


async def notices_of(case: UUID) -> int:
    """How often the citizen was told of the decision."""
    (row,) = await fetch(
        "SELECT count(*) AS told FROM notice n JOIN case_event e ON e.application_id = n.application_id"
        " AND e.sequence = n.sequence WHERE n.application_id = $1 AND e.kind = 'APPROVED'",
        case,
    )
    told_of: int = row["told"]
    return told_of


@pytest.mark.xdist_group("deaths")
@pytest.mark.parametrize("committed", [False, True], ids=["before-its-commit", "after-its-commit"])
async def test_a_process_killed_between_decision_and_notice_leaves_one_outcome(
    work: Casework,
    outside_world: OutsideSandbox,
    elsewhere: Elsewhere,
    tmp_path: Path,
    *,
    committed: bool,
) -> None:
    head = await officer("head", *OfficerRole)
    citizen: Citizen = await bound(work.resources, outside_world)
    case = await handed_in(citizen, work)
    intake = (await open_tasks(case))["intake"]
    await steps.accept(head, work, task_id=intake["id"], version=intake["version"], key=new_key())
    waiting = (await open_tasks(case))["decision"]
    task = {"task_id": waiting["id"], "version": waiting["version"], "key": new_key()}
    before = await queued()

    process = begun(
        "decide",
        tmp_path / "log",
        _decide,
        elsewhere,
        Moment(event="APPROVED", committed=committed),
        head,
        task,
    )
    await asyncio.to_thread(process.join, PATIENCE)
    assert process.exitcode == -signal.SIGKILL, (tmp_path / "log").read_text()
    process.close()

    trail = f"application:{case}"
    if committed:
        assert (await row_of(case))["state"] == "APPROVED"
        assert await notices_of(case) == 1
        assert {kind for kind, about in await queued() if about == str(case)} >= {
            "send_notices",
            "issue_certificate",
        }
    else:
        assert (await row_of(case))["state"] == "ACCEPTED"
        assert (await open_tasks(case))["decision"]["version"] == waiting["version"]
        assert (await notices_of(case), await queued()) == (0, before)
        assert (await told(trail)).count("case_decided") == 0

    # Whoever clicked sends the same again, and workers take up what waits, twice: it comes to one of everything.
    for _ in range(2):
        assert await steps.decide(head, work, **task, decision=YES)
        await issue_certificate(work, case)
        await send_notices(work, case)
    kinds = await timeline(case)
    assert (kinds.count("APPROVED"), kinds.count("RESULT_ISSUED"), kinds[-1]) == (1, 1, "RESULT_ISSUED")
    assert await notices_of(case) == 1
    assert (await told(trail)).count("case_decided") == 1
    assert (await verify(work.resources.keys.blind_index)).findings == ()
    (sent,) = await fetch(
        "SELECT count(*) AS all, count(DISTINCT (d.notice_id, d.channel)) AS once FROM notice_delivery d"
        " JOIN notice n ON n.id = d.notice_id WHERE n.application_id = $1",
        case,
    )
    assert sent["all"] == sent["once"]
