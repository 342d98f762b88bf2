"""What is asked for twice happens once."""

import asyncio
from uuid import UUID

import pytest

from backend.database.idempotency import KEY_REUSED, once
from backend.database.record import fetch, transaction
from backend.errors import Conflict, ProblemCode
from backend.kit.ids import new_id
from tests.support.rows import count


async def claim(
    *, actor: str = "person:1", operation: str = "submit", key: str = "key-0001", given: object = None
) -> tuple[UUID | None, UUID]:
    """What the first one did, if anybody was before us, and our own subject."""
    subject = new_id()
    async with transaction() as tx:
        known = await once(tx, actor=actor, operation=operation, key=key, given=given, subject=subject)
        await asyncio.sleep(0.01)
    return known, subject


async def test_the_first_is_told_to_go_ahead_and_every_repeat_what_came_of_it(database: str) -> None:
    first, subject = await claim(given={"b": 1, "a": [2]})
    assert first is None
    for _ in range(2):
        known, _ = await claim(given={"a": [2], "b": 1})
        assert known == subject
    assert await count("idempotency_record") == 1


async def test_of_many_at_once_one_goes_ahead_and_the_others_wait_for_it(database: str) -> None:
    claims = await asyncio.gather(*(claim() for _ in range(8)))
    (subject,) = [own for known, own in claims if known is None]
    assert {known for known, _ in claims if known is not None} == {subject}


@pytest.mark.parametrize("change", [{"given": {"a": 2}}, {"operation": "evaluate"}])
async def test_a_key_that_was_used_for_something_else_is_refused(
    database: str, change: dict[str, object]
) -> None:
    await claim(given={"a": 1})
    with pytest.raises(Conflict) as refusal:
        await claim(**{"given": {"a": 1}, **change})  # type: ignore[arg-type]  # spelled out above
    assert (refusal.value.code, refusal.value.message) == (ProblemCode.IDEMPOTENCY_KEY_REUSED, KEY_REUSED)


async def test_everybody_has_keys_of_their_own(database: str) -> None:
    assert (await claim())[0] is None
    assert (await claim(actor="person:2"))[0] is None
    assert (await claim(key="key-0002"))[0] is None


async def test_an_action_that_failed_may_be_tried_again_with_its_key(database: str) -> None:
    async def fail() -> None:
        async with transaction() as tx:
            await once(tx, actor="person:1", operation="submit", key="key-0001", given=None, subject=new_id())
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert (await claim())[0] is None


async def test_the_input_is_kept_as_a_digest_only(database: str) -> None:
    await claim(given=["a word of the input"])
    (row,) = await fetch("SELECT * FROM idempotency_record")
    assert "a word of the input" not in repr(dict(row))
    assert len(row["input_digest"]) == 64
