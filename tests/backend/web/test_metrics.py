"""Figures as Prometheus reads them."""

from backend.kit.tally import Tally
from backend.web.metrics import Metrics


async def test_what_was_tallied_is_a_counter_with_a_label() -> None:
    metrics, tally = Metrics(), Tally()
    metrics.counts_from("jinmin_refused_attempts", "Refused.", "kind", tally)
    tally.add("face_mismatch")
    tally.add("face_mismatch")
    tally.add("replayed")
    lines = (await metrics.text()).decode().splitlines()
    assert 'jinmin_refused_attempts_total{kind="face_mismatch"} 2.0' in lines
    assert 'jinmin_refused_attempts_total{kind="replayed"} 1.0' in lines
