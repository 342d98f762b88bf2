"""The bytes cache: who is answered from memory, with what, and until when."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Mapping
from typing import Any

import httpx2
import orjson
import pytest
import structlog

from backend.viewer import Anonymous, Viewer
from resolvers.context import Context
from resolvers.execution.cached import CachedExecutor
from resolvers.execution.documents import Documents, document_id
from resolvers.execution.fast import Compilation
from resolvers.execution.port import Operation
from tests.resolvers import toy
from tests.resolvers.conftest import toy_app

MOTTO = "query Motto($times: Int! = 1) { motto(times: $times) }"
OWN = "query Own { hello }"
HIDDEN = "query Hidden { exhibit { number note } }"
BEHIND_NODE = "query Behind { exhibit { ... on Node { id } ...N } } fragment N on Case { note }"
SHOWN = "query Shown { exhibit { id number } }"
TEXTS = {document_id(text): text for text in (MOTTO, OWN, HIDDEN, BEHIND_NODE, SHOWN)}
CITIZEN = toy.TOKENS["Bearer citizen"]("en", "10.0.0.1")


class Counting:
    """An executor that answers what it was asked, when the door is open, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[Viewer] = []
        self.questions: list[tuple[str, dict[str, object]]] = []
        self.door = asyncio.Event()
        self.door.set()
        self.more = b""

    async def __call__(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> bytes:
        self.questions.append((operation.name, dict(variables)))
        self.asked.append(context.viewer)
        number = len(self.asked)
        await self.door.wait()
        return b'{"data":%d%b}' % (number, self.more)


class Cache:
    """A cache in front of a counting executor; its version is set by tests."""

    def __init__(self, **given: Any) -> None:
        self.below, self.version, self.outcomes = Counting(), "one", list[str]()
        self.documents = Documents(toy.toy_schema(), TEXTS, development=False)
        self.executor = CachedExecutor(
            self.below, self.documents.shared_for, self._version, counted=self.outcomes.append, **given
        )

    async def _version(self) -> Hashable:
        if not self.version:
            raise ConnectionError
        return self.version

    def operation(self, text: str = MOTTO) -> Operation:
        return self.documents.trusted(document_id(text)).operation(None)

    async def ask(
        self, text: str = MOTTO, viewer: Viewer | None = None, language: str = "en", **variables: object
    ) -> int:
        context = toy.context_of(viewer or Anonymous(language, "10.0.0.9"))
        context.language = language
        answer: int = orjson.loads(await self.executor(self.operation(text), variables, context))["data"]
        return answer


async def test_the_same_question_is_answered_once() -> None:
    cache = Cache()
    assert [await cache.ask(times=2) for _ in range(3)] == [1, 1, 1]
    assert cache.below.questions == [("Motto", {"times": 2})]
    assert cache.outcomes == ["cached", "cached"]


async def test_other_variables_another_language_and_another_document_are_other_questions() -> None:
    cache = Cache()
    answers = [
        await cache.ask(),
        await cache.ask(times=1),
        await cache.ask(times=2),
        await cache.ask(language="zh-CN"),
        await cache.ask(SHOWN),
    ]
    assert answers == [1, 2, 3, 4, 5]


async def test_what_the_operation_does_not_declare_makes_no_difference() -> None:
    cache = Cache()
    assert [await cache.ask(times=2, noise=n) for n in range(3)] == [1, 1, 1]


async def test_another_version_has_other_answers_and_forgets_the_old_ones() -> None:
    cache = Cache()
    assert await cache.ask() == 1
    cache.version = "two"
    assert [await cache.ask(), await cache.ask()] == [2, 2]
    cache.version = "one"
    assert await cache.ask() == 3


async def test_an_answer_made_of_an_older_version_is_not_kept() -> None:
    cache = Cache()
    cache.below.door.clear()
    first = asyncio.create_task(cache.ask())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    cache.version = "two"
    second = asyncio.create_task(cache.ask())
    await asyncio.sleep(0.01)
    cache.below.door.set()
    assert (await first, await second) == (1, 2)
    cache.version = "one"
    assert await cache.ask() == 3


async def test_an_answer_is_kept_no_longer_than_its_field_says() -> None:
    now = [1000.0]
    cache = Cache(now=lambda: now[0])
    assert await cache.ask() == 1
    now[0] += 59
    assert await cache.ask() == 1
    now[0] += 2
    assert await cache.ask() == 2


@pytest.mark.parametrize("text", [OWN, HIDDEN, BEHIND_NODE])
async def test_what_depends_on_the_viewer_is_nobody_elses(text: str) -> None:
    cache = Cache()
    assert [await cache.ask(text, viewer=CITIZEN), await cache.ask(text)] == [1, 2]
    assert cache.below.asked == [CITIZEN, Anonymous("en", "10.0.0.9")]
    assert cache.documents.shared_for(cache.operation(text)) is None


async def test_what_is_everybodys_is_made_for_a_visitor_whoever_asks() -> None:
    cache = Cache()
    await cache.ask(viewer=CITIZEN)
    assert cache.below.asked == [Anonymous("en", "10.0.0.1")]


async def test_of_many_who_ask_at_once_one_has_it_made() -> None:
    cache = Cache()
    cache.below.door.clear()
    asking = [asyncio.create_task(cache.ask()) for _ in range(20)]
    await asyncio.sleep(0.01)
    cache.below.door.set()
    assert await asyncio.gather(*asking) == [1] * 20
    assert len(cache.below.asked) == 1


async def test_who_goes_away_takes_the_answer_from_nobody_else() -> None:
    cache = Cache()
    cache.below.door.clear()
    first, second = (asyncio.create_task(cache.ask()) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0)
    cache.below.door.set()
    assert await second == 1
    assert first.cancelled()
    assert await cache.ask() == 1


async def test_an_answer_with_errors_is_not_kept() -> None:
    cache = Cache()
    cache.below.more = b',"errors":[{}]'
    assert [await cache.ask(), await cache.ask()] == [1, 2]


async def test_the_least_asked_for_goes_when_there_is_no_room() -> None:
    cache = Cache(most_bytes=1000)
    assert [await cache.ask(times=n) for n in (1, 2, 3)] == [1, 2, 3]
    assert await cache.ask(times=1) == 1
    assert await cache.ask(times=4) == 4
    assert [await cache.ask(times=n) for n in (1, 3, 4, 2)] == [1, 3, 4, 5]


async def test_long_variables_and_files_are_asked_for_anew() -> None:
    cache = Cache()
    assert [await cache.ask(times="x" * 3000) for _ in range(2)] == [1, 2]
    assert [await cache.ask(times=object()) for _ in range(2)] == [3, 4]


async def test_without_a_version_nothing_is_kept_and_everything_answered() -> None:
    cache = Cache()
    await cache.ask()
    cache.version = ""
    with structlog.testing.capture_logs() as logs:
        assert [await cache.ask(), await cache.ask()] == [2, 3]
    assert {(line["event"], line["exception"]) for line in logs} == {
        ("cache_without_version", "ConnectionError")
    }


@pytest.fixture
async def http() -> AsyncIterator[tuple[httpx2.AsyncClient, list[str]]]:
    async def version() -> Hashable:
        return 1

    outcomes: list[str] = []
    app = toy_app(
        development=False,
        documents=TEXTS,
        version=version,
        compilation=Compilation(counted=outcomes.append),
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://toy") as opened:
        yield opened, outcomes


async def test_post_and_get_share_their_answers(http: tuple[httpx2.AsyncClient, list[str]]) -> None:
    client, outcomes = http
    asked = document_id(MOTTO)
    posted = await client.post("/graphql", json={"documentId": asked, "variables": {"times": 2}})
    params = {"documentId": asked, "variables": '{ "times": 2 }'}
    got = await client.get("/graphql", params=params, headers={"authorization": "Bearer citizen"})
    assert got.content == posted.content == '{"data":{"motto":"为人民服务为人民服务"}}'.encode()
    held = await client.get("/graphql", params=params, headers={"if-none-match": got.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    assert outcomes == ["compiled", "cached", "cached"]
