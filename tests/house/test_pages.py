"""The pages say what is so: settings, metrics, decisions and the rules that hold them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.__main__ import _parser
from backend.settings import PREFIX, Settings
from tests.house.tree import ROOT, parsed, pyproject, python_files, text_of, tracked

OPERATIONS = "docs/operations.md"
DECISIONS = [path for path in tracked() if path.parts[:2] == ("docs", "decisions")]
RULES = re.compile(r"^- `([^`]+)`", re.MULTILINE)
TOOLS = {"mypy", "make check", "make test"}


def rows_of(page: str, first: str) -> Iterator[list[str]]:
    """The cells of each row of the table whose first column is headed ``first``."""
    lines = iter(text_of(page).splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            break
    next(lines)  # the line under the heads
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def test_every_setting_is_explained_with_its_default() -> None:
    told = {name: default for name, default, _ in rows_of(OPERATIONS, "setting")}
    assert told == {
        f"{PREFIX}{name.upper()}": "" if field.default is None else str(field.default)
        for name, field in Settings.model_fields.items()
    }


def test_every_command_is_explained() -> None:
    told = {name for cells in rows_of(OPERATIONS, "command") for name in re.findall(r"[a-z]+", cells[0])}
    (commands,) = (action.choices for action in _parser()._actions if action.dest == "command")  # noqa: SLF001 - argparse has no other way to its subcommands
    assert commands is not None
    assert told | {"run", "serve", "work"} == set(commands)


def test_every_metric_is_explained() -> None:
    told = {cells[0] for cells in rows_of(OPERATIONS, "metric")}
    named = {
        node.args[0].value
        for path in python_files("backend", "integrations", "resolvers")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).startswith("jinmin_")
    }
    assert told == named


def test_every_alarm_names_something_that_is_said() -> None:
    source = "\n".join(text_of(path) for path in python_files("backend", "integrations", "resolvers"))
    told = {name for cells in rows_of(OPERATIONS, "when") for name in re.findall(r"\w+_\w+", cells[0])}
    assert told
    assert {name for name in told if name not in source} == set()


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_one_page_with_reason_and_rule(page: Path) -> None:
    text = text_of(page)
    number = int(page.name[:2])
    assert text.startswith(f"# {number}. "), page
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) in (
        ["Because", "Held by"],
        ["Because", "Limits", "Held by"],
    )
    assert text.count("\n") <= 60, "one page"
    rules = RULES.findall(text.partition("## Held by")[2])
    assert rules, "name the rule that holds it"
    assert [rule for rule in rules if not _exists(rule)] == []


def _exists(rule: str) -> bool:
    """Whether a rule that a decision cites is really there."""
    if rule.startswith("lint-imports: "):
        contracts = pyproject()["tool"]["importlinter"]["contracts"]
        return rule.removeprefix("lint-imports: ") in {contract["id"] for contract in contracts}
    if rule.startswith("ruff "):
        ignored = pyproject()["tool"]["ruff"]["lint"]["ignore"]
        return not any(rule.removeprefix("ruff ").startswith(code) for code in ignored)
    if rule in TOOLS:
        return True
    file, _, test = rule.partition("::")
    if not (ROOT / file).is_file():
        return False
    defined = {node.name for node in ast.walk(parsed(Path(file))) if isinstance(node, FUNCTIONS)}
    return not test or test in defined


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_decisions_are_numbered_once() -> None:
    numbers = [int(page.name[:2]) for page in DECISIONS]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_every_rule_of_the_house_is_cited_by_a_decision() -> None:
    cited = "\n".join(text_of(page) for page in DECISIONS)
    contracts = {contract["id"] for contract in pyproject()["tool"]["importlinter"]["contracts"]}
    rules = {f"`lint-imports: {name}`" for name in contracts} | {
        f"`{path.as_posix()}::{node.name}`"
        for path in python_files("tests")
        if path.parts[1] == "house"
        for node in parsed(path).body
        if isinstance(node, FUNCTIONS) and node.name.startswith("test_")
    }
    assert {rule for rule in rules if rule not in cited} == set()
