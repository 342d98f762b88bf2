import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.database.shared import Shared
from backend.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, ProblemCode
from backend.frontends import actions, queries, serving
from backend.frontends.actions import Draft
from backend.frontends.models import DocumentState
from backend.frontends.queries import DocumentView
from backend.frontends.serving import FrontEndDocuments
from backend.kit import clock
from backend.kit.ids import new_id
from backend.viewer import Anonymous, Citizen, Machine, Officer, OfficerRole, Team, TeamRight
from tests.support.rows import count, told
from tests.support.waiting import eventually

OPERATOR = Machine("operator")
HELLO = Draft("query Hello { hello }", ("Hello",), {"Query.hello": "PUBLIC"}, 1)
OTHER = Draft("query Other { hello }", ("Other",), {"Query.hello": "PUBLIC"}, 1)


def officer(*roles: OfficerRole) -> Officer:
    return Officer(new_id(), new_id(), new_id(), "330000", frozenset(roles))


REVIEWER = officer(OfficerRole.OPERATIONS)


async def new_team(name: str = "elder-mode", *rights: TeamRight) -> Team:
    await actions.add_team(name, rights or (TeamRight.REGISTER,), actor=OPERATOR)
    return await actions.team_named(name)


async def registered(team: Team, draft: Draft = HELLO) -> UUID:
    (document_id,) = await actions.register(team, [draft], app_version="1.0")
    return document_id


async def accepted(shared: Shared, team: Team, draft: Draft = HELLO) -> UUID:
    document_id = await registered(team, draft)
    await actions.review(REVIEWER, shared, document_id, accept=True)
    return document_id


async def seen(document_id: UUID) -> DocumentView:
    found = await queries.document(OPERATOR, document_id)
    assert found is not None
    return found


# --- teams -----------------------------------------------------------------------------------------


async def test_a_key_is_shown_once_and_only_its_digest_is_kept(database: str) -> None:
    team_id, key = await actions.add_team("elder-mode", [TeamRight.SPEAK_FREELY], actor=OPERATOR)
    team = await queries.authenticate_team(key, language="en", address="192.0.2.1")
    assert team == Team(team_id, "elder-mode", frozenset({TeamRight.SPEAK_FREELY}), "en", "192.0.2.1")
    assert key.startswith("jmt_")
    assert len(key) == 47
    stored = await fetch("SELECT * FROM front_end_team")
    assert key not in str([dict(row) for row in stored])
    assert await told(f"team:{team_id}") == ["team_added"]


async def test_a_renewed_key_makes_the_old_one_worthless(database: str) -> None:
    _, old = await actions.add_team("elder-mode", [], actor=OPERATOR)
    new = await actions.renew_key("elder-mode", actor=OPERATOR)
    assert (await queries.authenticate_team(new, language="en", address="")).name == "elder-mode"
    await actions.disable_team("elder-mode", actor=OPERATOR)
    for key in (old, new, "jmt_made-up", ""):
        with pytest.raises(NotSignedIn):
            await queries.authenticate_team(key, language="en", address="")


@pytest.mark.parametrize("name", ["", "a", "A-Team", "two words", "ä-team", "x" * 61, "---"])
async def test_a_name_that_is_none_is_refused(database: str, name: str) -> None:
    with pytest.raises(Invalid):
        await actions.add_team(name, [], actor=OPERATOR)


async def test_a_name_is_given_once(database: str) -> None:
    await new_team("elder-mode")
    with pytest.raises(Conflict) as refusal:
        await actions.add_team("elder-mode", [], actor=OPERATOR)
    assert refusal.value.code is ProblemCode.ALREADY_DONE
    for act in (actions.renew_key, actions.disable_team):
        with pytest.raises(NotFound):
            await act("nobody", actor=OPERATOR)


# --- registering and review ------------------------------------------------------------------------


async def test_a_document_is_usable_only_once_it_was_accepted(shared: Shared, database: str) -> None:
    document_id = await registered(await new_team())
    assert (await seen(document_id)).state is DocumentState.SUBMITTED
    assert await queries.registered(HELLO.digest) is None
    await actions.review(REVIEWER, shared, document_id, accept=True, note="good")
    found = await queries.registered(HELLO.digest)
    assert found is not None
    assert (found.text, found.deprecated_at, found.sunset_on) == (HELLO.text, None, None)
    told_of = await seen(document_id)
    assert (told_of.state, told_of.note, told_of.team) == (DocumentState.ACCEPTED, "good", "elder-mode")
    assert await told(f"document:{document_id}") == ["document_accepted"]


async def test_a_refusal_gives_its_reason_and_the_document_may_be_handed_in_again(
    shared: Shared, database: str
) -> None:
    team = await new_team()
    document_id = await registered(team)
    with pytest.raises(Invalid):
        await actions.review(REVIEWER, shared, document_id, accept=False, note="  ")
    await actions.review(REVIEWER, shared, document_id, accept=False, note="asks for too much")
    assert (await seen(document_id)).state is DocumentState.REFUSED
    assert await registered(team) == document_id
    assert (await seen(document_id)).state is DocumentState.SUBMITTED


async def test_registering_again_changes_nothing(shared: Shared, database: str) -> None:
    team = await new_team()
    document_id = await accepted(shared, team)
    assert await actions.register(team, [HELLO, OTHER], app_version="1.1") == [
        document_id if draft is HELLO else await registered(team, OTHER)
        for draft in sorted((HELLO, OTHER), key=lambda one: one.digest)
    ]
    assert (await seen(document_id)).state is DocumentState.ACCEPTED
    assert await count("front_end_document") == 2


async def test_the_same_documents_registered_by_many_at_once_are_there_once(database: str) -> None:
    team = await new_team()
    await asyncio.gather(*(actions.register(team, [HELLO, OTHER]) for _ in range(8)))
    assert await count("front_end_document") == 2


async def test_a_document_of_another_team_is_theirs(shared: Shared, database: str) -> None:
    one, two = await new_team("one-team"), await new_team("two-team")
    document_id = await accepted(shared, one)
    with pytest.raises(Conflict):
        await actions.register(two, [OTHER, HELLO])
    assert await count("front_end_document") == 1
    with pytest.raises(NotFound):
        await actions.deprecate(two, shared, document_id, reason="mine", sunset_on=None)


async def test_without_the_right_nothing_is_registered(database: str) -> None:
    team = await new_team("free-speaker", TeamRight.SPEAK_FREELY)
    bare = Team(team.team_id, team.name, frozenset({TeamRight.SPEAK_FREELY}))
    with pytest.raises(Forbidden):
        await actions.register(bare, [HELLO])
    assert await count("front_end_document") == 0


async def test_only_operations_may_review_and_withdraw(shared: Shared, database: str) -> None:
    document_id = await registered(await new_team())
    intake = officer(OfficerRole.INTAKE, OfficerRole.APPROVAL)
    with pytest.raises(Forbidden):
        await actions.review(intake, shared, document_id, accept=True)
    with pytest.raises(Forbidden):
        await actions.withdraw(intake, shared, document_id)
    with pytest.raises(Forbidden):
        await actions.deprecate(intake, shared, document_id, reason="x", sunset_on=None)
    assert (await seen(document_id)).state is DocumentState.SUBMITTED


async def test_what_is_not_waiting_cannot_be_reviewed(shared: Shared, database: str) -> None:
    document_id = await accepted(shared, await new_team())
    with pytest.raises(Conflict):
        await actions.review(REVIEWER, shared, document_id, accept=False, note="too late")
    with pytest.raises(NotFound):
        await actions.review(REVIEWER, shared, new_id(), accept=True)
    with pytest.raises(Invalid):
        await actions.deprecate(REVIEWER, shared, document_id, reason="x" * 501, sunset_on=None)


# --- retiring --------------------------------------------------------------------------------------


async def test_a_deprecated_document_is_still_answered_and_says_until_when(
    shared: Shared, database: str
) -> None:
    team = await new_team()
    document_id = await accepted(shared, team)
    await actions.deprecate(team, shared, document_id, reason="use Hi", sunset_on=date(2027, 6, 30))
    first = await queries.registered(HELLO.digest)
    assert first is not None
    assert first.sunset_on == date(2027, 6, 30)
    await actions.deprecate(team, shared, document_id, reason="use Hi", sunset_on=date(2027, 12, 31))
    again = await queries.registered(HELLO.digest)
    assert again is not None
    assert (again.deprecated_at, again.sunset_on) == (first.deprecated_at, date(2027, 12, 31))
    assert (await seen(document_id)).note == "use Hi"


async def test_a_document_that_apps_still_send_is_not_withdrawn(shared: Shared, database: str) -> None:
    document_id = await accepted(shared, await new_team())
    await actions.count_uses({HELLO.digest: 3})
    with pytest.raises(Conflict) as refusal:
        await actions.withdraw(REVIEWER, shared, document_id)
    assert "3 times" in refusal.value.message.en
    assert await queries.registered(HELLO.digest) is not None
    await actions.withdraw(REVIEWER, shared, document_id, even_if_used=True)
    assert await queries.registered(HELLO.digest) is None
    assert await told(f"document:{document_id}") == ["document_accepted", "document_withdrawn"]


async def test_use_of_long_ago_does_not_hold_a_document(shared: Shared, database: str) -> None:
    document_id = await accepted(shared, await new_team())
    with clock.shifted(-queries.USE_WINDOW - timedelta(days=1)):
        await actions.count_uses({HELLO.digest: 3})
    assert (await seen(document_id)).uses == 0
    await actions.withdraw(REVIEWER, shared, document_id)
    assert await queries.registered(HELLO.digest) is None


async def test_uses_add_up_per_day_over_processes(shared: Shared, database: str) -> None:
    document_id = await accepted(shared, await new_team())
    await asyncio.gather(*(actions.count_uses({HELLO.digest: 2, OTHER.digest: 1}) for _ in range(10)))
    await actions.count_uses({})
    found = await seen(document_id)
    assert (found.uses, found.last_used_on) == (20, clock.today())
    assert await count("front_end_document_use") == 2


# --- the house's own -------------------------------------------------------------------------------


async def test_the_houses_documents_outlive_their_release(shared: Shared, database: str) -> None:
    assert await queries.unknown_among([HELLO.digest, OTHER.digest]) == {HELLO.digest, OTHER.digest}
    for _ in range(2):
        await actions.keep_house_documents([HELLO])
    assert await queries.unknown_among([HELLO.digest, OTHER.digest]) == {OTHER.digest}
    found = await queries.registered(HELLO.digest)
    assert found is not None
    assert (found.text, found.team_id) == (HELLO.text, None)
    assert await queries.usable_texts() == [(HELLO.digest, HELLO.text)]


# --- who sees what ---------------------------------------------------------------------------------


@pytest.fixture
async def two_documents(shared: Shared, database: str) -> tuple[Team, Team]:
    one, two = await new_team("one-team"), await new_team("two-team")
    await registered(one, HELLO)
    await registered(two, OTHER)
    return one, two


async def listed(viewer: object, state: DocumentState | None = None) -> list[str]:
    rows = await queries.documents(viewer, state=state, before=None, limit=10)  # type: ignore[arg-type]
    return [row.digest for row in rows]


async def test_a_team_sees_its_own_documents_and_operations_sees_all(
    two_documents: tuple[Team, Team],
) -> None:
    one, two = two_documents
    assert await listed(one) == [HELLO.digest]
    assert await listed(two) == [OTHER.digest]
    assert await listed(REVIEWER) == [OTHER.digest, HELLO.digest]
    assert await listed(REVIEWER, DocumentState.ACCEPTED) == []
    (theirs,) = await queries.documents(two, state=None, before=None, limit=1)
    assert await queries.document(two, theirs.id) == theirs
    assert await queries.document(one, theirs.id) is None
    assert await queries.documents_of(one, [theirs.id]) == []


@pytest.mark.parametrize(
    "viewer",
    [Anonymous(), Citizen(new_id(), new_id(), new_id()), officer(OfficerRole.INTAKE)],
    ids=["visitor", "citizen", "intake"],
)
async def test_nobody_else_sees_any(viewer: object, two_documents: tuple[Team, Team]) -> None:
    assert await listed(viewer) == []
    (row, _) = await queries.documents(REVIEWER, state=None, before=None, limit=10)
    assert await queries.document(viewer, row.id) is None  # type: ignore[arg-type]


async def test_a_list_goes_on_before_its_last_entry(two_documents: tuple[Team, Team]) -> None:
    (first,) = await queries.documents(REVIEWER, state=None, before=None, limit=1)
    (second,) = await queries.documents(REVIEWER, state=None, before=first.id, limit=10)
    assert [first.digest, second.digest] == [OTHER.digest, HELLO.digest]


# --- serving ---------------------------------------------------------------------------------------


async def test_a_process_hears_of_changes_and_reports_use(
    shared: Shared, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "TOLD_EVERY", 0.05)
    team = await new_team()
    documents, heard = FrontEndDocuments(), asyncio.Queue[str]()
    documents.on_change(heard.put_nowait)
    document_id = await registered(team)
    async with documents.following(shared):
        # Whatever was announced before it listened is asked for anew.
        assert await asyncio.wait_for(heard.get(), 5) == ""
        documents.used(HELLO.digest)

        async def counted() -> bool:
            return (await seen(document_id)).uses == 1

        await eventually(counted)
        await actions.review(REVIEWER, shared, document_id, accept=True)
        assert await asyncio.wait_for(heard.get(), 5) == HELLO.digest
        documents.used(HELLO.digest)
    assert (await seen(document_id)).uses == 2
