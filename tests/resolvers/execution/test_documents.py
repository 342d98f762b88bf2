import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from graphql import get_introspection_query

from backend.errors import BadSettings
from backend.frontends.queries import Registered
from backend.viewer import Anonymous
from resolvers.execution.documents import Documents, document_id, index_operations, read_operations
from resolvers.execution.gate import Asked
from resolvers.execution.limits import Limits
from resolvers.execution.port import DocumentRefused, RequestRefused
from tests.resolvers import toy

GREET = "query Greet { hello }"
SCHEMA = toy.toy_schema()


@pytest.fixture
def documents() -> Documents:
    return Documents(SCHEMA, {document_id(GREET): GREET}, development=True)


def code_of(documents: Documents, text: str) -> object:
    with pytest.raises(DocumentRefused) as refusal:
        documents.free(text)
    return (refusal.value.errors[0].extensions or {})["code"]


def test_a_document_is_prepared_once(documents: Documents) -> None:
    assert documents.free("{ hello }") is documents.free("{ hello }")
    assert documents.free("{ hello }") is not documents.free("{ hello  }")


def test_a_refused_document_is_not_examined_again(documents: Documents) -> None:
    refusals = []
    for _ in range(2):
        with pytest.raises(DocumentRefused) as refusal:
            documents.free("{ hell }")
        refusals.append(refusal.value.errors[0])
    assert refusals[0] is refusals[1]


def test_twenty_one_doubling_fragments_cost_next_to_nothing(documents: Documents) -> None:
    bomb = "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(21))
    bomb += "fragment F21 on Query{hello} {...F0}"
    documents.free("{ hello }")
    begun = time.process_time()
    assert code_of(documents, bomb) == "DOCUMENT_TOO_COMPLEX"
    assert time.process_time() - begun < 0.05


@pytest.mark.parametrize(
    "text",
    [
        "{ " + "hello " * 10_000 + "}",
        "{ " + "a: hello " * 700 + "}",
        "{ " + "hello " * 61 + "}",
        "{ " + " ".join(f"a{n}: hello" for n in range(41)) + "}",
        "{ hello " + "@include(if: true) " * 41 + "}",
        "{ cases { edges { node { " + "related { " * 20 + "id" + " }" * 24,
        "{" * 600,
        "{ case(id: " + "[" * 900 + "]" * 900 + ") { id } }",
        "{ cases(first: 50) { edges { node { related { related { related { id } } } } } } }",
        "query($n: Int!) { cases(first: $n) { edges { node { related { related { related { id } } } } } } }",
        "".join(f"fragment F{n} on Query {{ hello }} " for n in range(41)) + "{ hello }",
        " ".join(f"query Q{n} {{ hello }}" for n in range(21)),
        "".join(f"fragment F{n} on Case {{ related {{ ...F{n + 1} }} }} " for n in range(20))
        + "fragment F20 on Case { id } { cases { edges { node { ...F0 } } } }",
    ],
    ids=lambda text: text[:40],
)
def test_a_document_beyond_a_limit_is_refused(documents: Documents, text: str) -> None:
    begun = time.process_time()
    assert code_of(documents, text) in {"DOCUMENT_TOO_COMPLEX", "DOCUMENT_INVALID"}
    assert time.process_time() - begun < 0.25


@pytest.mark.parametrize(
    "text",
    [
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...Nowhere }",
        "{ ...A } fragment A on Nothing { id }",
        "{ nothing { deeper { still } } }",
        "fragment A on Query { hello }",
        "type Query { a: Int }",
        "{ hello",
        "",
        '{ hello(name: "\\u0000") }',
        '{ hello(name: "\\u{0}") }',
        "{ hello } { hello }",
        "subscription { counted(to: 1) { id } again: counted(to: 2) { id } }",
        "{ cases(first: -5) { edges { node { nothing } } } }",
    ],
)
def test_a_document_that_does_not_fit_is_refused(documents: Documents, text: str) -> None:
    assert code_of(documents, text) == "DOCUMENT_INVALID"


def test_a_refusal_makes_no_suggestions(documents: Documents) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        documents.free("{ hell(nam: 1) }")
    assert "mean" not in refusal.value.errors[0].message


def test_limits_leave_room_for_introspection_in_development(documents: Documents) -> None:
    documents.free(get_introspection_query(input_value_deprecation=True, descriptions=True))


def test_the_schema_is_not_shown_in_production() -> None:
    closed = Documents(SCHEMA, {}, development=False)
    assert code_of(closed, "{ __schema { types { name } } }") == "DOCUMENT_INVALID"
    assert code_of(closed, '{ __type(name: "Case") { name } }') == "DOCUMENT_INVALID"
    closed.free("{ __typename hello }")


def test_limits_can_be_set() -> None:
    narrow = Documents(SCHEMA, {}, development=True, limits=Limits(depth=1))
    narrow.free("{ hello }")
    assert code_of(narrow, "{ cases { edges { cursor } } }") == "DOCUMENT_TOO_COMPLEX"


@pytest.mark.parametrize("prefix", ["", "sha256:"])
async def test_a_trusted_document_is_found_by_its_id(documents: Documents, prefix: str) -> None:
    asked = Asked(query=None, document_id=prefix + document_id(GREET), operation_name="Greet", variables={})
    operation = await documents.operation(asked, Anonymous())
    assert (operation.name, operation.document.text) == ("Greet", GREET)


async def test_what_changes_while_it_is_looked_up_is_looked_up_again() -> None:
    class Changing:
        """A registry whose document is withdrawn while it is being read."""

        def __init__(self) -> None:
            self.withdrawn = False
            self.forget: Callable[[str], None] | None = None

        async def find(self, digest: str) -> Registered | None:
            found = None if self.withdrawn else Registered(GREET, None, None, None)
            if self.forget is not None and not self.withdrawn:
                self.withdrawn = True
                self.forget(digest)
            return found

        def used(self, digest: str) -> None:
            pass

        def on_change(self, forget: Callable[[str], None]) -> None:
            self.forget = forget

    documents = Documents(SCHEMA, {}, development=False, registry=Changing())
    asked = Asked(query=None, document_id=document_id(GREET), operation_name=None, variables={})
    assert (await documents.operation(asked, Anonymous())).document.text == GREET
    with pytest.raises(RequestRefused):
        await documents.operation(asked, Anonymous())


def test_an_operation_is_chosen_by_its_name(documents: Documents) -> None:
    two = documents.free("query A { hello } query B { hello }")
    assert two.operation("B").name == "B"
    for name in (None, "C", ""):
        with pytest.raises(RequestRefused):
            two.operation(name)


def test_a_trusted_document_that_does_not_fit_stops_the_start() -> None:
    with pytest.raises(BadSettings, match="does not fit the schema"):
        Documents(SCHEMA, {document_id("{ hell }"): "{ hell }"}, development=False)


def test_operations_are_read_from_their_files(tmp_path: Path) -> None:
    folder = tmp_path / "operations" / "greetings"
    folder.mkdir(parents=True)
    (folder / "Greet.graphql").write_text(GREET)
    index = index_operations(tmp_path)
    assert index == {document_id(GREET): "operations/greetings/Greet.graphql"}
    (tmp_path / "operations.json").write_bytes(orjson.dumps(index))
    assert read_operations(tmp_path) == {document_id(GREET): GREET}
    (folder / "Greet.graphql").write_text(GREET + "\n")
    with pytest.raises(BadSettings, match="not current"):
        read_operations(tmp_path)


@pytest.mark.parametrize("content", [None, b"[]", b"{", b'{"a": 5}', b'{"a": "missing.graphql"}'])
def test_an_index_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "operations.json").write_bytes(content)
    with pytest.raises(BadSettings, match="cannot be read"):
        read_operations(tmp_path)
