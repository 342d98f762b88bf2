from typing import Any

import httpx2
import orjson
import pytest

from resolvers.execution.gate import LARGEST_JSON_BODY, LARGEST_MULTIPART_BODY
from tests.resolvers import toy

JSON = {"content-type": "application/json"}
PREFLIGHT = {"x-jinmin-preflight": "1"}
SEND = """mutation($file: Upload!) {
  sendFile(input: {file: $file, idempotencyKey: "key-0001"}) { ... on Sent { size mediaType } }
}"""
OPERATIONS = {"query": SEND, "variables": {"file": None}}


def only_errors(answer: httpx2.Response) -> list[Any]:
    body = answer.json()
    assert set(body) == {"errors"}
    errors: list[Any] = body["errors"]
    assert all(error["extensions"]["code"] for error in errors)
    return errors


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b'"{hello}"',
        b"true",
        b"[]",
        b'[{"query": "{ hello }"}]',
        b"{",
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 5}',
        b'{"query": ["{ hello }"]}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "extensions": 1}',
        b'{"query": "{ hello }", "operationName": 1}',
        b'{"query": "{ hello }", "operationName": "Other"}',
        b'{"query": "{ hello }", "variables": {"a": NaN}}',
        b'{"query": "{ hello }", "variables": {"a": Infinity}}',
        b'{"query": "{ hello }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ hello }", "variables": {"a": ["x\\u0000"]}}',
        b'{"query": "{ hello }", "variables": {"a\\u0000": 1}}',
        b'{"query": "{ hello }", "variables": {"a": 1' + b"0" * 400 + b".5e999}}",
        b'{"query": "\xff"}',
        b"\xfe\xff",
        b'{"documentId": 5}',
        b'{"documentId": "unknown"}',
        b'{"documentId": "' + b"0" * 64 + b'"}',
        b'{"extensions": {"persistedQuery": {"sha256Hash": 5}}}',
        b'{"extensions": {"persistedQuery": 1}}',
        b'{"query": "{ hello }", "variables": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
    ids=lambda body: body[:50].decode("latin-1"),
)
async def test_a_malformed_body_is_refused_with_an_error(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post("/graphql", content=body, headers=JSON)
    assert answer.status_code == 400
    assert len(only_errors(answer)) == 1


@pytest.mark.parametrize("value", [b"1" + b"0" * 30, b"1" + b"0" * 5000, b"-1e300", b"1.5"])
async def test_a_number_that_does_not_fit_is_refused(client: httpx2.AsyncClient, value: bytes) -> None:
    body = (
        b'{"query": "query($n: Int!) { cases(first: $n) { edges { cursor } } }", "variables": {"n": '
        + value
        + b"}}"
    )
    answer = await client.post("/graphql", content=body, headers=JSON)
    assert answer.status_code in {200, 400}
    assert only_errors(answer)[0]["extensions"]["code"] in {"BAD_VARIABLES", "BAD_REQUEST"}


async def test_a_deep_value_in_a_json_scalar_is_refused(client: httpx2.AsyncClient) -> None:
    query = 'mutation($a: JSON) { renameCase(input: {number: "n", answers: $a, idempotencyKey: "key-0001"}) { __typename } }'
    body = orjson.dumps({"query": query})[:-1] + b', "variables": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}"
    answer = await client.post("/graphql", content=body, headers=JSON)
    assert only_errors(answer)[0]["extensions"]["code"] == "BAD_VARIABLES"


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/graphql"]
)
async def test_another_media_type_is_415(client: httpx2.AsyncClient, content_type: str) -> None:
    answer = await client.post(
        "/graphql", content=b'{"query": "{ hello }"}', headers={"content-type": content_type}
    )
    assert answer.status_code == 415
    only_errors(answer)


async def test_a_body_that_says_it_is_too_large_is_refused(client: httpx2.AsyncClient) -> None:
    body = orjson.dumps({"query": "{ hello }", "variables": {"a": "x" * LARGEST_JSON_BODY}})
    answer = await client.post("/graphql", content=body, headers=JSON)
    assert answer.status_code == 413
    assert only_errors(answer)[0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_streamed_body_is_cut_off_at_the_cap(client: httpx2.AsyncClient) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 65536
            yield b"x" * 65536

    answer = await client.post("/graphql", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert sent <= LARGEST_JSON_BODY + 2 * 65536


# --- GET -------------------------------------------------------------------------------------------


async def test_a_query_may_be_asked_by_get(client: httpx2.AsyncClient) -> None:
    answer = await client.get(
        "/graphql",
        params={"query": "query($n: String!) { hello(name: $n) }", "variables": '{"n": "x"}'},
    )
    assert answer.json() == {"data": {"hello": "hello x zh-CN"}}


@pytest.mark.parametrize("variables", ["", "null!", "[]", "1", "{", "\xff"])
async def test_malformed_variables_in_the_address_are_refused(
    client: httpx2.AsyncClient, variables: str
) -> None:
    answer = await client.get("/graphql", params={"query": "{ hello }", "variables": variables})
    assert answer.status_code == 400
    only_errors(answer)


async def test_a_mutation_is_not_asked_by_get(client: httpx2.AsyncClient) -> None:
    query = 'mutation { renameCase(input: {number: "n", idempotencyKey: "key-0001"}) { __typename } }'
    answer = await client.get("/graphql", params={"query": query})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    only_errors(answer)


# --- multipart -------------------------------------------------------------------------------------


async def send(
    client: httpx2.AsyncClient,
    operations: object = OPERATIONS,
    places: object = None,
    *,
    content: bytes = b"picture",
    headers: dict[str, str] | None = None,
) -> httpx2.Response:
    if places is None:
        places = {"0": ["variables.file"]}
    return await client.post(
        "/graphql",
        data={"operations": orjson.dumps(operations).decode(), "map": orjson.dumps(places).decode()},
        files={"0": ("face.jpg", content, "image/jpeg")},
        headers=PREFLIGHT if headers is None else headers,
    )


@pytest.mark.parametrize("header", ["x-jinmin-preflight", "apollo-require-preflight", "graphql-preflight"])
async def test_a_file_arrives(client: httpx2.AsyncClient, header: str) -> None:
    answer = await send(client, headers={header: "true"})
    assert answer.json() == {"data": {"sendFile": {"size": 7, "mediaType": "image/jpeg"}}}


async def test_a_form_without_preflight_header_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await send(client, headers={})
    assert answer.status_code == 400
    assert "x-jinmin-preflight" in only_errors(answer)[0]["message"]


async def test_a_large_file_never_touches_the_disk(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing can be opened in a folder that is not there: a spooled file would fail the request.
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    toy.seen.clear()
    content = bytes(range(256)) * 4096 * 11
    answer = await send(client, content=content)
    assert answer.json() == {"data": {"sendFile": {"size": len(content), "mediaType": "image/jpeg"}}}
    assert toy.seen[0].content == content


async def test_a_form_that_is_too_large_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await send(client, content=b"x" * LARGEST_MULTIPART_BODY)
    assert answer.status_code == 413
    only_errors(answer)


async def test_a_body_of_very_many_values_is_not_even_read(client: httpx2.AsyncClient) -> None:
    many = b'{"query": "{ hello }", "variables": {"a": [%b1]}}'
    assert (await client.post("/graphql", content=many % (b"1," * 90_000), headers=JSON)).status_code == 200
    answer = await client.post("/graphql", content=many % (b"[]," * 50_000), headers=JSON)
    assert answer.status_code == 400
    assert only_errors(answer)[0]["message"] == "The body has too many values."


@pytest.mark.parametrize(
    ("operations", "places"),
    [
        (None, {}),
        (5, {}),
        ("text", {}),
        ([OPERATIONS], {"0": ["0.variables.file"]}),
        (OPERATIONS, []),
        (OPERATIONS, 5),
        (OPERATIONS, {"1": ["variables.file"]}),
        (OPERATIONS, {"operations": ["variables.file"]}),
        (OPERATIONS, {"0": "variables.file"}),
        (OPERATIONS, {"0": []}),
        (OPERATIONS, {"0": [5]}),
        (OPERATIONS, {"0": [None]}),
        (OPERATIONS, {"0": [["variables"]]}),
        (OPERATIONS, {"0": [""]}),
        (OPERATIONS, {"0": ["variables"]}),
        (OPERATIONS, {"0": ["query"]}),
        (OPERATIONS, {"0": ["variables."]}),
        (OPERATIONS, {"0": ["variables.other"]}),
        (OPERATIONS, {"0": ["variables.file.deeper"]}),
        (OPERATIONS, {"0": ["variables.file", "variables.file"]}),
        ({"query": SEND, "variables": {"file": [None]}}, {"0": ["variables.file.1"]}),
        ({"query": SEND, "variables": {"file": [None]}}, {"0": ["variables.file.-1"]}),
        ({"query": SEND, "variables": {"file": [None]}}, {"0": ["variables.file.x"]}),
        ({"query": SEND, "variables": {"file": [None]}}, {"0": ["variables.file.99999"]}),
        ({"query": SEND, "variables": {"file": "taken"}}, {"0": ["variables.file"]}),
        ({"query": SEND, "variables": "file"}, {"0": ["variables.file"]}),
        ({"query": SEND}, {"0": ["variables.file"]}),
    ],
    ids=str,
)
async def test_a_malformed_form_is_refused(
    client: httpx2.AsyncClient, operations: object, places: object
) -> None:
    answer = await send(client, operations, places)
    assert answer.status_code == 400
    only_errors(answer)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\xe9",
        "multipart/form-data; boundary=x; charset=nonsense",
        "multipart/form-data; boundary=x; charset=utf-16",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"--x\r\n\r\n\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\nnull\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{}',
        b'--x\r\nContent-Disposition: form-data; name="operations"; filename="f"\r\n\r\n{}\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n\xff\xfe\r\n--x--\r\n',
    ],
)
async def test_a_body_that_is_no_form_is_refused(
    client: httpx2.AsyncClient, content_type: str, body: bytes
) -> None:
    headers = {**PREFLIGHT, "content-type": content_type}
    answer = await client.post(
        "/graphql", content=body, headers=[(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
    )
    assert answer.status_code == 400
    only_errors(answer)


async def test_a_place_for_a_file_takes_nothing_else(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": SEND, "variables": {"file": "face.jpg"}})
    assert only_errors(answer)[0]["extensions"]["code"] == "BAD_VARIABLES"
