"""Bad callbacks change nothing, are counted, and are in the audit trail of whom they claim to be from."""

from uuid import UUID

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.exchange.inbound import apply_waiting
from integrations.sandbox.province.scenario import Mode
from tests.backend.exchange.conftest import Counted, number_of
from tests.support import cases
from tests.support.province import Platform, message
from tests.support.rows import count, told


async def test_every_bad_callback_is_in_the_audit_trail_of_the_province_it_claims_to_be_from(
    house: Casework, platform: Platform, case: UUID
) -> None:
    number = await number_of(case)
    sound = message(number, "2", "1")
    forged, stale = (
        platform.signed(sound, mode=Mode.BAD_SIGNATURE),
        platform.signed(sound, mode=Mode.STALE_STAMP),
    )
    unknown = message("9" * 43, "2", "1")
    impossible = message(number, "4", "0", sequence=1)
    nonce = platform.signed(impossible)
    answers = [
        await platform.send(sound, forged),
        await platform.send(sound, stale),
        await platform.send(unknown),
        await platform.send(impossible, nonce),
        await platform.send(impossible, nonce),
        await platform.send(b"{}"),
    ]
    await apply_waiting(house, case)

    assert [outcome for _, outcome in answers] == [
        *("FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "RECEIVED", "REPLAYED", "INVALID_INPUT")
    ]
    noted = await fetch(
        "SELECT kind, detail->>'outcome' AS outcome FROM audit_entry WHERE subject = 'province:33' ORDER BY sequence"
    )
    assert [tuple(row) for row in noted] == [
        ("callback_refused", outcome)
        for outcome in ("FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "REPLAYED", "INVALID_INPUT")
    ]
    assert (await told(f"application:{case}"))[-1:] == ["province_message_impossible"]
    assert (await cases.row_of(case))["state"] == "SUBMITTED"
    assert await count("exchange_hop") == 1, "only what was kept is evidence"


async def test_whoever_floods_us_with_forgeries_does_not_fill_the_audit_trail(
    platform: Platform, case: UUID, counted: Counted
) -> None:
    forged = message(await number_of(case), "2", "1")
    for _ in range(70):
        assert (await platform.send(forged, {"x-app-id": "nobody"}))[0] == 401
    assert len(counted) == 70
    assert len(await told("province:33")) == 60
