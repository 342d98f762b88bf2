"""One-time passwords, by the vectors of the RFC and at the edges of their time."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.kit import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    step = totp.step_of(moment)
    assert totp.code_at(SECRET, step) == code
    assert totp.matching_step(SECRET, code, moment, after=0) == step


def test_a_code_counts_one_step_around_its_time_and_once() -> None:
    moment = datetime(2026, 11, 25, 12, tzinfo=UTC)
    step = totp.step_of(moment)
    code = totp.code_at(SECRET, step)
    for seconds, counts in ((-60, False), (-30, True), (0, True), (59, True), (60, False)):
        found = totp.matching_step(SECRET, code, moment + timedelta(seconds=seconds), after=0)
        assert found == (step if counts else None)
    assert totp.matching_step(SECRET, code, moment, after=step) is None
    for wrong in ("", "1234567", "xxxxxx"):
        assert totp.matching_step(SECRET, wrong, moment, after=0) is None


def test_a_secret_is_shown_as_apps_read_it() -> None:
    assert len(totp.new_secret()) == 20
    assert totp.shown(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.uri(SECRET, account="wang", issuer="Jinmin") == (
        "otpauth://totp/Jinmin%3Awang?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Jinmin"
    )
