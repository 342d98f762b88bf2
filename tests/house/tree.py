"""The tree as git sees it: what is tracked, and what would be with the next ``git add``."""

import ast
import subprocess
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
SOURCES = ("backend", "resolvers", "integrations")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository, relative to its root."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is where it is
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = [Path(name) for name in told.split("\0") if name]
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def python_files(*folders: str) -> Iterable[Path]:
    """The Python files under ``folders``, without what the migration command writes."""
    for path in tracked():
        if path.suffix == ".py" and path.parts[0] in folders and "migrations" not in path.parts:
            yield path


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file of the repository."""
    source = (ROOT / path).read_text(encoding="utf-8")
    while True:
        try:
            return ast.parse(source)
        except SystemError as error:
            # CPython 3.11 counts the depth of parsing for all threads together, and a server in another thread that
            # formats a traceback at this moment parses too.
            if "recursion depth mismatch" not in str(error):
                raise


def text_of(path: Path | str) -> str:
    """The text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def module_name(path: Path) -> str:
    """``backend/kit/clock.py`` -> ``backend.kit.clock``; a package goes by its folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(*folders: str) -> Iterable[ModuleType]:
    """Every module under ``folders``, imported; command lines are not."""
    for path in python_files(*folders):
        if path.name != "__main__.py":
            yield import_module(module_name(path))


@cache
def pyproject() -> dict[str, Any]:
    """``pyproject.toml``."""
    return tomllib.loads(text_of("pyproject.toml"))


def packages() -> set[str]:
    """Every package that a wheel must hold."""
    folders = {module_name(path.parent / "__init__.py") for path in python_files(*SOURCES)}
    # The migration command's folder has no python_files(), and the documents come from graphql/.
    return folders | {"backend.database.migrations", "backend.documents"}


def recorded(name: str) -> str:
    """Where the codes that clients know are written down."""
    return f"tests/house/recorded/{name}.txt"
