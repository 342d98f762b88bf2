"""Time is asked for in one place, so that tests and legal time can rely on it."""

import ast

from tests.house.tree import SOURCES, parsed, python_files

CLOCK = "backend/kit/clock.py"
ASKING = {"now", "utcnow", "today"}
ASKED = {"datetime", "date"}


def test_only_the_clock_asks_what_time_it_is() -> None:
    asked = []
    for path in python_files(*SOURCES, "benchmarks", "clients"):
        for node in ast.walk(parsed(path)):
            match node:
                case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=attr):
                    if attr in ASKING and name in ASKED and path.as_posix() != CLOCK:
                        asked.append(f"{path}:{node.lineno}")
    assert asked == []
