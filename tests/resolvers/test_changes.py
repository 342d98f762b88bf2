"""The changelog of the schema: what was added, announced and removed, and what nobody announced."""

from backend.places import ROOT
from resolvers.changes import changes
from resolvers.schema import printed

OLD = """
type Query { a: Int b: Int @deprecated(reason: "use a") c(x: Int): String }
enum Light { RED GREEN }
"""
NEW = """
type Query { a: Int @deprecated(reason: "use d") c(x: Int): Int d: Light }
enum Light { RED GREEN YELLOW }
"""


def test_what_changed_is_told_apart() -> None:
    found = changes(OLD, NEW)
    assert found.added == ["Light.YELLOW", "Query.d"]
    assert found.deprecated == ["Query.a"]
    assert found.removed == ["Field Query.b was removed."]
    assert found.breaking == ["Field Query.c changed type from String to Int."]
    assert found.dangerous == ["Enum value Light.YELLOW was added."]
    assert found.as_markdown().startswith("### Added\n\n- Light.YELLOW\n- Query.d\n\n### Deprecated")


def test_the_schema_differs_from_itself_in_nothing() -> None:
    found = changes((ROOT / "schema.graphql").read_text(encoding="utf-8"), printed())
    assert found.as_markdown() == ""
