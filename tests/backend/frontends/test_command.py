"""The command line, spoken to as an operator does."""

import argparse
from pathlib import Path

import orjson
import pytest

from backend.database.record import transaction
from backend.database.shared import Shared
from backend.errors import BadSettings, NotFound
from backend.frontends import queries
from backend.frontends.arguments import add_document_arguments, add_team_arguments
from backend.frontends.command import OPERATOR, run_documents, run_teams
from backend.frontends.models import DocumentState
from backend.kit.bearer import digest_of
from resolvers.execution.documents import examiner
from tests.resolvers import toy
from tests.support.rows import count

HELLO = "query Hello { hello }"
CASES = "query Cases($n: Int! = 2) { cases(first: $n) { edges { node { number } } } }"
EXAMINE = examiner(toy.toy_schema())


async def teams(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_team_arguments(parser)
    return await run_teams(parser.parse_args(words))


async def documents(shared: Shared, *words: object) -> int:
    parser = argparse.ArgumentParser()
    add_document_arguments(parser)
    return await run_documents(parser.parse_args([str(word) for word in words]), shared, EXAMINE)


async def state_of(text: str) -> DocumentState:
    found = await queries.document_with(OPERATOR, digest_of(text))
    assert found is not None
    return found.state


@pytest.fixture
async def team(database: str) -> str:
    await teams("add", "elder-mode", "--right", "REGISTER")
    return "elder-mode"


async def test_a_team_gets_a_key_and_loses_it(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    await teams("add", "elder-mode", "--right", "REGISTER", "--right", "SPEAK_FREELY")
    key = capsys.readouterr().out.split()[-1]
    assert len((await queries.authenticate_team(key, language="en", address="")).rights) == 2
    await teams("renew", "elder-mode")
    key = capsys.readouterr().out.split()[-1]
    assert (await queries.authenticate_team(key, language="en", address="")).name == "elder-mode"
    await teams("disable", "elder-mode")
    assert "no longer" in capsys.readouterr().out


async def test_documents_of_a_release_are_registered_from_files_folders_and_manifests(
    team: str, shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "Hello.graphql").write_text(HELLO)
    manifest = tmp_path / "documents.json"
    manifest.write_bytes(orjson.dumps({f"sha256:{digest_of(CASES)}": CASES}))
    assert await documents(shared, "register", team, tmp_path / "deep", manifest, "--app-version", "2.0") == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["Hello", "Cases"]
    (cases, hello) = await queries.documents(OPERATOR, state=None, before=None, limit=10)
    by_text = {cases.text: cases, hello.text: hello}
    assert by_text[CASES].cost == 1 + 50 * 3
    assert [(one.name, one.access) for one in by_text[CASES].touches] == [("Query.cases", "SIGNED_IN")]
    assert {cases.app_version, cases.state} == {"2.0", DocumentState.SUBMITTED}


async def test_nothing_is_registered_when_one_does_not_fit(
    team: str, shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (
        ("a", HELLO),
        ("b", "query B { nothing }"),
        ("c", "{ hello }"),
        ("d", "query D { __schema { description } }"),
    ):
        (tmp_path / f"{name}.graphql").write_text(text)
    assert await documents(shared, "register", team, tmp_path) == 1
    said = capsys.readouterr().out
    assert "Cannot query field" in said
    assert "Every operation has a name." in said
    assert "3 do not fit" in said
    assert await count("front_end_document") == 0


@pytest.mark.parametrize("manifest", [b"[]", b"{", b'{"a": 5}', b'{"a": "query A { hello }"}', b"\xff"])
async def test_a_manifest_that_is_none_is_refused(
    team: str, shared: Shared, tmp_path: Path, manifest: bytes
) -> None:
    (tmp_path / "m.json").write_bytes(manifest)
    with pytest.raises(BadSettings):
        await documents(shared, "register", team, tmp_path / "m.json")
    with pytest.raises(BadSettings):
        await documents(shared, "register", team, tmp_path / "missing.graphql")
    assert await count("front_end_document") == 0


async def test_a_document_goes_through_its_life_by_the_beginning_of_its_id(
    team: str, shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.graphql").write_text(HELLO)
    short = digest_of(HELLO)[:12]
    await documents(shared, "register", team, tmp_path)
    await documents(shared, "refuse", short, "--note", "later")
    assert await state_of(HELLO) is DocumentState.REFUSED
    await documents(shared, "register", team, tmp_path, "--accept")
    assert await state_of(HELLO) is DocumentState.ACCEPTED
    await documents(shared, "deprecate", short, "--note", "use another", "--sunset", "2027-01-31")
    assert await state_of(HELLO) is DocumentState.DEPRECATED
    capsys.readouterr()
    await documents(shared, "list", "--state", "DEPRECATED")
    assert capsys.readouterr().out.startswith(f"{digest_of(HELLO)[:16]}  DEPRECATED elder-mode")
    await documents(shared, "withdraw", short)
    assert await state_of(HELLO) is DocumentState.WITHDRAWN
    with pytest.raises(NotFound):
        await documents(shared, "accept", "0" * 12)


async def test_before_a_release_every_document_in_use_is_held_against_its_schema(
    team: str, shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.graphql").write_text(HELLO)
    await documents(shared, "register", team, tmp_path, "--accept")
    assert await documents(shared, "check") == 0
    old = "query Old { gone }"
    async with transaction() as tx:
        await tx.execute(
            "UPDATE front_end_document SET text = $1, digest = $2 WHERE digest = $3",
            old,
            digest_of(old),
            digest_of(HELLO),
        )
    assert await documents(shared, "check") == 1
    assert digest_of(old) in capsys.readouterr().out
