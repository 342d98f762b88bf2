"""Logs as they are written: JSON lines without personal data. Each in a process of its own, as in life."""

import json
import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit import resident_id
from backend.logs import remove_personal


def written(code: str, level: str = "INFO") -> list[dict[str, Any]]:
    """What a process that runs ``code`` writes to stdout."""
    begin = f"import logging, structlog\nfrom backend.logs import configure_logging\nconfigure_logging('test', '{level}')\n"
    told = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", begin + "log = structlog.get_logger()\n" + code],
        capture_output=True,
        check=True,
        text=True,
    )
    assert told.stderr == ""
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_an_event_is_one_json_line_with_level_time_process_and_request() -> None:
    (line,) = written(
        "structlog.contextvars.bind_contextvars(request_id='abc')\nlog.info('case_received', case='1', n=2, zh='收件')"
    )
    stamp = line.pop("timestamp")
    assert stamp.endswith("Z")
    assert line == {
        "event": "case_received",
        "level": "info",
        "process": "test",
        "request_id": "abc",
        "case": "1",
        "n": 2,
        "zh": "收件",
    }


def test_libraries_write_the_same_lines() -> None:
    lines = written(
        "logging.getLogger('pgqueuer').warning('taken %s', 'twice')\nlogging.getLogger('tortoise').info('SELECT 1')\n"
        "logging.getLogger('x').debug('not at this level')"
    )
    assert [(line["event"], line["level"], line["process"]) for line in lines] == [
        ("taken twice", "warning", "test")
    ]


def test_an_exception_tells_its_class_and_places_and_not_what_it_says() -> None:
    lines = written(
        "def fail():\n    raise ValueError('110105194912310025 沈阿福')\n"
        "try:\n    fail()\nexcept ValueError:\n"
        "    log.exception('failed')\n    logging.getLogger('lib').exception('failed too')"
    )
    for line in lines:
        kind, first, second = line["exception"]
        assert (kind, first.split()[-1], second.split()[-1]) == ("ValueError", "<module>", "fail")
    assert "沈阿福" not in json.dumps(lines, ensure_ascii=False)


def test_what_looks_personal_is_removed_at_any_depth() -> None:
    (line,) = written(
        "log.info('x 13800000000', a='id 110105194912310025.', b=['+8613800000000', {'c': 'Bearer abc.def'}],"
        " d=('eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln',), e=42)"
    )
    assert (line["event"], line["a"], line["b"], line["d"], line["e"]) == (
        "x [removed]",
        "id [removed].",
        ["[removed]", {"c": "[removed]"}],
        ["[removed]"],
        42,
    )


@pytest.mark.parametrize(
    "kept",
    [
        "11330521MB1234567G4000511001000202611250001",
        "0190f3c8-7b1e-7000-8000-000000000000",
        "2026-11-25T10:00:00.123456+08:00",
        "20261125",
        "1763950000000",
        "999999999999999999999",
    ],
)
def test_numbers_of_our_own_stay(kept: str) -> None:
    assert remove_personal(kept) == kept


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 11, 25)),
    st.integers(0, 999),
    st.sampled_from(["", "number ", "姓名：", "id="]),
    st.sampled_from(["", " ", "。", "x", ","]),
)
def test_no_resident_id_survives(born: Any, serial: int, before: str, after: str) -> None:
    number = resident_id.make("330521", born, serial)
    for written_as in (number, number.lower()):
        assert remove_personal(f"{before}{written_as}{after}") == f"{before}[removed]{after}"
