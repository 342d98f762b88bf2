"""Figures as Prometheus reads them."""

from structlog.testing import capture_logs

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


async def test_a_figure_that_cannot_be_read_takes_no_other_along() -> None:
    metrics, state = Metrics(), {"well": True}

    async def one() -> float:
        if not state["well"]:
            raise OSError("away")
        return 7

    async def some() -> dict[str, float]:
        return {"a": await one(), "b": 2}

    async def steady() -> float:
        return 3

    metrics.gauge_from("jinmin_one", "One.", one)
    metrics.gauges_from("jinmin_some", "Some.", "which", some)
    metrics.gauge_from("jinmin_steady", "Steady.", steady)
    before = (await metrics.text()).decode().splitlines()
    assert {"jinmin_one 7.0", 'jinmin_some{which="a"} 7.0', 'jinmin_some{which="b"} 2.0'} <= set(before)

    state["well"] = False
    with capture_logs() as logs:
        after = (await metrics.text()).decode().splitlines()
    assert {"jinmin_one NaN", "jinmin_steady 3.0"} <= set(after)
    assert [line for line in after if line.startswith("jinmin_some{")] == []
    assert [(log["event"], log["figure"], log["exception"]) for log in logs] == [
        ("figure_not_read", "jinmin_one", "OSError"),
        ("figure_not_read", "jinmin_some", "OSError"),
    ]
