"""Where things lie, what they are called, and what no file may say."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SOURCES, packages, pyproject, python_files, text_of, tracked

TOP_LEVEL = {
    "README.md",
    "LICENSE",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "Makefile",
    "pyproject.toml",
    "requirements.txt",
    "schema.graphql",
    ".gitignore",
    ".ci",
    "backend",
    "benchmarks",
    "clients",
    "docs",
    "graphql",
    "integrations",
    "resolvers",
    "tests",
}

LONGEST = 450
"""Lines of a Python file. The rule says about 400; a little more is allowed, so that nobody cuts one to fit."""

DECLARATIONS = ("backend", "domains")
LONGEST_DECLARATIONS = 600
"""Items are declared in Chinese and English, field by field: as much data as code."""


def test_the_top_level_is_fixed() -> None:
    assert {path.parts[0] for path in tracked()} == TOP_LEVEL


def test_there_is_no_python_under_graphql() -> None:
    held = [path for path in tracked() if path.parts[0] == "graphql"]
    assert {path.suffix for path in held} == {".graphql", ".json"}


def test_no_folder_of_tests_is_named_like_graphql_core() -> None:
    assert [path for path in tracked() if path.parts[0] == "tests" and "graphql" in path.parts[:-1]] == []


def test_every_folder_with_python_is_a_package() -> None:
    folders = {path.parent for path in tracked() if path.suffix == ".py"}
    assert [folder for folder in sorted(folders) if not (ROOT / folder / "__init__.py").is_file()] == []


def test_packages_are_listed_by_name() -> None:
    listed = pyproject()["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(packages()), "run `make fix`"


def test_every_part_of_the_backend_has_its_layer() -> None:
    (layers,) = [
        contract["layers"]
        for contract in pyproject()["tool"]["importlinter"]["contracts"]
        if contract["id"] == "layers"
    ]
    placed = set(re.findall(r"backend\.(\w+)", " ".join(layers)))
    held = {path.parts[1].removesuffix(".py") for path in python_files("backend")} - {"__init__"}
    assert held - placed == set()
    assert {"resolvers", "integrations"} <= set(re.findall(r"\w+", " ".join(layers)))


def test_python_files_have_one_subject_and_the_length_that_goes_with_it() -> None:
    too_long = {}
    for path in python_files(*SOURCES, "tests", "benchmarks", "clients"):
        lines = text_of(path).count("\n")
        if lines > (LONGEST_DECLARATIONS if path.parts[:2] == DECLARATIONS else LONGEST):
            too_long[path.as_posix()] = lines
    assert too_long == {}


# Written in two halves, so that this file does not hold what it looks for.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "npm" + "mirror.com",
    "deb." + "debian.org",
    "archive." + "ubuntu.com",
    "mirrors." + "aliyun.com",
    "tuna." + "tsinghua.edu.cn",
    "mirrors." + "ustc.edu.cn",
    "conda." + "anaconda.org",
    "docker" + ".io",
    "ghcr" + ".io",
    "proxy." + "golang.org",
    "crates" + ".io",
]

HOST = re.compile("|".join(re.escape(host) for host in REGISTRIES), re.IGNORECASE)
HOME = re.compile(r"(?<![\w.$}*-])/(?:root|home|Users|work)/\w")


def _lines_that(say: re.Pattern[str]) -> Iterable[str]:
    for path in tracked():
        held = (ROOT / path).read_bytes()
        if b"\0" in held:
            continue  # a picture or a font
        for number, line in enumerate(held.decode().splitlines(), start=1):
            if say.search(line):
                yield f"{path}:{number}: {line.strip()[:120]}"


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert list(_lines_that(HOST)) == []


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    assert list(_lines_that(HOME)) == []


def test_the_lock_holds_versions_and_hashes_only() -> None:
    entry = re.compile(
        r"[a-z0-9][a-z0-9._-]*(?:\[[a-z0-9,._-]+\])?==\S+(?: ; [^\\]+)? \\"
        r"|    --hash=sha256:[0-9a-f]{64}(?: \\)?"
        r"|    # via.*|    #   .*"
    )
    assert [line for line in text_of("requirements.txt").splitlines() if not entry.fullmatch(line)] == []


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize(
    "page", [path for path in tracked() if path.suffix == ".md"], ids=lambda path: path.as_posix()
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    dead = []
    for target in LINK.findall(text_of(page)):
        if "://" in target or target.startswith("mailto:"):
            continue
        place, _, anchor = target.partition("#")
        told = ROOT / page.parent / place if place else ROOT / page
        if not told.exists() or (anchor and anchor not in _anchors(told)):
            dead.append(target)
    assert dead == []


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
