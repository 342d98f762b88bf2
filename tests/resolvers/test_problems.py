from typing import Any

import httpx2
import structlog

from backend.errors import Invalid, Text, TooMany
from resolvers.problems import public_exception, to_problem


async def ask(client: httpx2.AsyncClient, query: str, **headers: str) -> Any:
    answer = await client.post("/graphql", json={"query": query}, headers=headers)
    return answer.json()


async def test_a_bug_is_masked_and_logged_under_its_reference(client: httpx2.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await ask(
            client, "{ cases(first: 1) { edges { node { number broken } } } }", authorization="Bearer citizen"
        )
    (error,) = answer["errors"]
    assert answer["data"] == {"cases": {"edges": [{"node": {"number": "case-0", "broken": None}}]}}
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["path"] == ["cases", "edges", 0, "node", "broken"]
    (entry,) = logs
    assert entry["event"] == "graphql_bug"
    assert entry["reference"] == error["extensions"]["reference"]
    assert entry["reference"] in error["message"]
    assert entry["raised"] == ["builtins.RuntimeError"]
    assert entry["frames"][-1].endswith(" _broken")
    # The text of the exception quotes a field of the case: neither the client nor the log may have it.
    assert "secret" not in str(answer) + str(logs)
    assert "note 0" not in str(answer) + str(logs)


async def test_a_refused_query_is_a_top_level_error_with_its_code(client: httpx2.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await ask(client, "{ case(id: 7) { id } }", authorization="Bearer citizen")
    assert answer == {
        "data": {"case": None},
        "errors": [
            {
                "message": "没有找到。",
                "locations": [{"line": 1, "column": 3}],
                "path": ["case"],
                "extensions": {"code": "NOT_FOUND"},
            }
        ],
    }
    assert logs == []


def test_retry_after_is_rounded_up_to_whole_seconds() -> None:
    busy = TooMany(Text("请稍后。", "Later."), retry_after=0.2)
    assert to_problem(busy, "en").retry_after == 1
    assert public_exception(busy, "en").extensions == {"code": "TOO_MANY_REQUESTS", "retryAfter": 1}


def test_causes_of_a_bug_are_logged_by_class_only() -> None:
    def fail() -> None:
        try:
            int("33010619491001001X")
        except ValueError as error:
            raise RuntimeError from error

    try:
        fail()
    except RuntimeError as error:
        with structlog.testing.capture_logs() as logs:
            public_exception(error, "en")
    assert logs[0]["raised"] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert "3301" not in str(logs)


def test_a_refusal_outside_of_fields_keeps_its_sentence() -> None:
    error = public_exception(Invalid(Text("有误。", "Invalid.")), "zh-CN")
    assert (error.message, error.extensions) == ("有误。", {"code": "INVALID_INPUT"})
