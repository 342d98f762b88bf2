"""What is past its time is really gone, and nothing else is: the clock is moved, the rows and files are looked at."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from backend.casework.machine import Casework
from backend.casework.materials.unclaimed import drop_unclaimed
from backend.casework.retention import ARCHIVED_DAYS, POINTING, take_drafts
from backend.casework.retention import RETENTIONS as OF_CASEWORK
from backend.database.record import Transaction, fetch
from backend.errors import NotFound
from backend.holdings import HOLDINGS, RETENTIONS
from backend.kit import clock
from backend.people.identity.consents import withdraw_consent
from backend.people.identity.models import ConsentKind
from backend.people.privacy.own_data import close_accounts
from backend.people.privacy.retention import Old, Take, apply_retentions
from backend.resources import Resources
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import new_human, new_key
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world, new_human(outside_world, born=date(1940, 1, 1)))


async def sweep(work: Casework, after: timedelta, *, batch: int = 500) -> int:
    """What goes when so much time has passed."""
    with clock.shifted(after):
        return await apply_retentions(work.resources, RETENTIONS, batch=batch)


async def ledger() -> dict[str, int]:
    """Rows that went, by rule, as the trail tells."""
    rows = await fetch(
        "SELECT substr(subject, 11) AS rule, sum((detail->>'rows')::int) AS gone FROM audit_entry"
        " WHERE kind = 'retention_applied' GROUP BY subject"
    )
    return {row["rule"]: row["gone"] for row in rows}


async def test_today_nothing_goes(work: Casework, citizen: Citizen) -> None:
    await cases.completed(citizen, work)
    await cases.filled(citizen, work)
    assert await sweep(work, timedelta()) == 0
    assert await ledger() == {}


async def test_a_draft_that_nobody_handed_in_goes_after_half_a_year_with_its_papers(
    work: Casework, citizen: Citizen
) -> None:
    await cases.submitted(citizen, work)
    draft = await cases.filled(citizen, work)
    (paper,) = await fetch("SELECT file_key FROM material WHERE application_id = $1", draft)
    await sweep(work, timedelta(days=179))
    assert (await count("application"), "drafts" in await ledger()) == (2, False)
    await sweep(work, timedelta(days=181))
    assert (await count("application"), await count("material"), (await ledger())["drafts"]) == (1, 1, 1)
    with clock.shifted(timedelta(days=181)):
        assert await drop_unclaimed(work) == 1
    with pytest.raises(NotFound):
        await work.resources.ports.files.get(paper["file_key"])
    assert (await told(f"person:{citizen.person_id}"))[-1] == "draft_dropped"


async def test_sessions_and_proofs_go_when_they_have_ended_for_half_a_year_and_living_ones_stay(
    work: Casework, citizen: Citizen
) -> None:
    await sweep(work, timedelta(days=400))  # the session of this citizen ended 370 days ago by then
    assert await count("session") == 1  # a real name hangs on it
    assert [row["level"] for row in await fetch("SELECT level FROM assurance_record")] == [2]
    await fetch("DELETE FROM assurance_record WHERE expires_at IS NULL RETURNING id")
    assert await sweep(work, timedelta(days=100)) == 0
    await sweep(work, timedelta(days=400))
    assert await count("session") == 0


async def test_withdrawn_consents_are_kept_as_proof_for_three_years(work: Casework, citizen: Citizen) -> None:
    await withdraw_consent(
        citizen, work.resources, kind=ConsentKind.FACE_VERIFICATION, idempotency_key=new_key()
    )
    await sweep(work, timedelta(days=3 * 365 - 1))
    assert await count("consent") == 1
    await sweep(work, timedelta(days=3 * 365 + 1))
    assert await count("consent") == 0


async def test_the_file_of_a_case_goes_after_thirty_years_and_then_nobody_can_say_whose_it_was(
    work: Casework, citizen: Citizen
) -> None:
    case = await cases.completed(citizen, work)
    await close_accounts(citizen, work.resources, HOLDINGS)
    await sweep(work, timedelta(days=ARCHIVED_DAYS - 1))
    row = await cases.row_of(case)
    assert (row["emptied_at"], row["result_sealed"] is None, await count("identity_document")) == (
        None,
        False,
        1,
    )
    await sweep(work, timedelta(days=ARCHIVED_DAYS + 1))
    row = await cases.row_of(case)
    opened = work.resources.keys.ring.open(row["answers_sealed"], context=f"application.answers:{case}")
    assert (opened, row["result_sealed"], row["state"], row["emptied_at"] is not None) == (
        b"{}",
        None,
        "COMPLETED",
        True,
    )
    assert [await count(table) for table in ("material", "identity_document", "consent", "person")] == [
        0,
        0,
        0,
        1,
    ]
    assert (await told(f"person:{citizen.person_id}"))[-1] == "identity_erased"


async def test_files_of_marriages_and_adoptions_are_kept_for_ever(work: Casework, citizen: Citizen) -> None:
    case = await cases.completed(citizen, work)
    for domain in ("marriage", "children"):
        await fetch("UPDATE application SET domain = $1 RETURNING id", domain)
        await sweep(work, timedelta(days=100 * 365))
        assert (await cases.row_of(case))["emptied_at"] is None


async def test_a_run_that_was_killed_and_two_at_once_take_each_row_once(
    work: Casework, citizen: Citizen
) -> None:
    for _ in range(5):
        await cases.draft(citizen, work)
    killed = replace(OF_CASEWORK[0], take=_killed_after(2))
    with clock.shifted(timedelta(days=200)):
        with pytest.raises(asyncio.CancelledError):
            await apply_retentions(work.resources, (killed,), batch=1)
        assert await count("application") == 3
        await asyncio.gather(*(apply_retentions(work.resources, OF_CASEWORK[:1], batch=1) for _ in range(2)))
    assert (await count("application"), (await ledger())["drafts"]) == (0, 5)
    assert (await told(f"person:{citizen.person_id}")).count("draft_dropped") == 5


def _killed_after(rounds: int) -> Take:
    left = rounds

    async def take(tx: Transaction, resources: Resources, old: Old) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            raise asyncio.CancelledError
        return await take_drafts(tx, resources, old)

    return take


async def test_every_column_that_points_to_a_person_is_asked_before_one_goes(database: str) -> None:
    rows = await fetch(
        "SELECT source.relname AS table_name, attribute.attname AS column_name FROM pg_constraint held"
        " JOIN pg_class source ON source.oid = held.conrelid JOIN pg_class target ON target.oid = held.confrelid"
        " JOIN pg_attribute attribute ON attribute.attrelid = held.conrelid AND attribute.attnum = held.conkey[1]"
        " WHERE held.contype = 'f' AND target.relname = 'person'"
    )
    assert {(row["table_name"], row["column_name"]) for row in rows} == set(POINTING), (
        "whoever adds a column that points to a person names it in backend/casework/retention.py"
    )


def test_every_rule_says_what_it_rests_on_and_is_named_once() -> None:
    assert len({rule.name for rule in RETENTIONS}) == len(RETENTIONS)
    for rule in RETENTIONS:
        assert rule.days > 0
        assert all(part.zh and part.en for part in (rule.what, rule.since, rule.basis))
