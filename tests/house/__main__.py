"""``python -m tests.house``: bring the lists that the rules compare up to date (part of ``make fix``)."""

from enum import StrEnum

from backend.errors import ProblemCode
from resolvers.problems import ProtocolCode
from tests.house.tree import ROOT, packages, recorded, text_of


def main() -> None:
    """Name every package, and record new codes; a code that is gone stays recorded and is a failing test."""
    project = text_of("pyproject.toml")
    before, begin, rest = project.partition("packages = [\n")
    _, end, after = rest.partition("]\n")
    listed = "".join(f'  "{name}",\n' for name in sorted(packages()))
    (ROOT / "pyproject.toml").write_text(before + begin + listed + end + after, encoding="utf-8")
    for name, codes in (("problem_codes", ProblemCode), ("protocol_codes", ProtocolCode)):
        _record(name, codes)


def _record(name: str, codes: type[StrEnum]) -> None:
    known = sorted({*text_of(recorded(name)).split(), *codes})
    (ROOT / recorded(name)).write_text("".join(f"{code}\n" for code in known), encoding="utf-8")


if __name__ == "__main__":
    main()
