"""What is built from the tree runs without the tree."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from shutil import copyfile
from zipfile import ZipFile

import pytest

from resolvers.execution.documents import index_operations
from tests.house.tree import ROOT, SOURCES, tracked

OUTSIDE_OF_THE_TREE = """
from backend.places import DOCUMENTS
from backend.kit import regions
from resolvers.execution.documents import Documents, read_operations
from resolvers.schema import schema

trusted = read_operations(DOCUMENTS)
Documents(schema, trusted, development=False)
print(len(trusted), regions.get("330521") is not None, end="")
"""


pytestmark = pytest.mark.xdist_group("wheel")
"""Built once, where several processes share the tests."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree, built = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("built")
    for path in tracked():
        if path.parts[0] in {*SOURCES, "graphql"} or len(path.parts) == 1:
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            copyfile(ROOT / path, tree / path)
    build = ("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir")
    subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", *build, str(built), str(tree)], check=True, capture_output=True, text=True
    )
    (made,) = built.iterdir()
    return made


def _in_a_wheel(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        if path.parts[0] == "graphql":
            yield Path("backend", "documents", *path.parts[1:]).as_posix()
        elif path.parts[0] in SOURCES:
            yield path.as_posix()


def test_a_wheel_holds_every_file_of_the_source(wheel: Path) -> None:
    with ZipFile(wheel) as held:
        names = {name for name in held.namelist() if ".dist-info/" not in name}
    assert names == set(_in_a_wheel(tracked()))


def test_a_wheel_finds_what_it_carries(wheel: Path, tmp_path: Path) -> None:
    with ZipFile(wheel) as held:
        held.extractall(tmp_path)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", OUTSIDE_OF_THE_TREE],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout == f"{len(index_operations(ROOT / 'graphql'))} True", done.stderr
