"""A small GraphQL client as a mini-program would be one: JSON, multipart, and a socket."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
import orjson
from websockets.asyncio.client import connect

from backend.places import DOCUMENTS


@dataclass(frozen=True, slots=True)
class WrongField:
    """One field that a refusal names: its path from the argument down, and what is wrong."""

    path: tuple[str, ...]
    message: str


class Refused(Exception):
    """The API said no: its code for programs, its sentence and its fields for people."""

    def __init__(self, code: str, message: str, fields: Sequence[WrongField] = ()) -> None:
        self.code = code
        self.message = message
        self.fields = tuple(fields)
        # Where the only field is told in the same words as the whole, once is enough.
        details = [f"{'.'.join(wrong.path)}: {wrong.message}" for wrong in fields if wrong.message != message]
        super().__init__(f"{code}: {' '.join([message, *details])}")


@cache
def document(operation: str) -> str:
    """The text of one of the house's own operation documents."""
    [path] = DOCUMENTS.glob(f"operations/*/{operation}.graphql")
    return path.read_text(encoding="utf-8")


class Client:
    """Speaks to one server; keeps the access token once somebody has signed in."""

    def __init__(self, http: httpx2.AsyncClient, url: str, *, language: str = "zh-CN") -> None:
        self.http = http
        self._url = url
        self.language = language
        """``Accept-Language``: what refusals and names are said in."""
        self.token = ""

    async def ask(self, operation: str, **variables: object) -> Any:
        """Run one of the house's operations and return its only field. Raises ``Refused``."""
        answer = await self.http.post(
            f"{self._url}/graphql",
            json={"query": document(operation), "variables": variables},
            headers=self._headers(),
        )
        return _field(answer.json())

    async def do(self, operation: str, **given: object) -> Any:
        """Run a mutation with a fresh idempotency key."""
        return await self.ask(operation, input={**given, "idempotencyKey": secrets.token_hex(16)})

    async def send_files(
        self, operation: str, given: Mapping[str, object], places: Mapping[str, tuple[str, bytes]]
    ) -> Any:
        """A mutation with files, by the multipart request spec; ``places`` maps a path to name and bytes."""
        variables = {"input": {**given, "idempotencyKey": secrets.token_hex(16)}}
        told = {"query": document(operation), "variables": variables}
        answer = await self.http.post(
            f"{self._url}/graphql",
            data={
                "operations": orjson.dumps(told).decode(),
                "map": orjson.dumps({str(n): [path] for n, path in enumerate(places)}).decode(),
            },
            files={str(n): file for n, file in enumerate(places.values())},
            headers={**self._headers(), "X-Jinmin-Preflight": "1"},
        )
        return _field(answer.json())

    async def follow(self, operation: str, **variables: object) -> AsyncIterator[Any]:
        """Values of a subscription over graphql-transport-ws. Raises ``Refused``."""
        address = self._url.replace("http", "ws", 1) + "/graphql"
        headers = {"Accept-Language": self.language}
        async with connect(
            address,
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]  # a name is a string
            additional_headers=headers,
        ) as socket:
            await socket.send(
                orjson.dumps(
                    {"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}
                ).decode()
            )
            await socket.send(
                orjson.dumps(
                    {
                        "id": "1",
                        "type": "subscribe",
                        "payload": {"query": document(operation), "variables": variables},
                    }
                ).decode()
            )
            async for text in socket:
                message = orjson.loads(text)
                if message["type"] == "next":
                    yield _field(message["payload"])
                elif message["type"] == "error":
                    _field({"errors": message["payload"]})
                elif message["type"] == "complete":
                    return

    async def until(self, operation: str, done: str, **variables: object) -> list[str]:
        """Follow a case until its state is ``done``; the states in the order in which they were seen."""
        states: list[str] = []
        async with aclosing(self.follow(operation, **variables)) as values:  # type: ignore[type-var]
            async for value in values:
                if not states or states[-1] != value["state"]:
                    states.append(value["state"])
                if value["state"] == done:
                    break
        return states

    async def download(self, url: str, *, signed_in: bool) -> bytes:
        """The bytes behind a URL of this server. Raises ``Refused``."""
        answer = await self.http.get(url, headers=self._headers() if signed_in else {})
        if answer.status_code != 200:
            raise Refused(str(answer.status_code), url)
        return answer.content

    def _headers(self) -> dict[str, str]:
        signed_in = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Accept-Language": self.language, **signed_in}


def _field(answer: Mapping[str, Any]) -> Any:
    """The only field of an answer; a ``Problem`` or a top-level error is raised."""
    for error in answer.get("errors", ()):
        told = error.get("extensions", {})
        raise Refused(told.get("code", "ERROR"), error["message"], _wrong(told.get("fields", ())))
    [value] = answer["data"].values()
    if isinstance(value, dict) and value.get("__typename") == "Problem":
        raise Refused(value["code"], value["message"], _wrong(value["fields"]))
    return value


def _wrong(fields: Sequence[Mapping[str, Any]]) -> list[WrongField]:
    return [WrongField(tuple(field["path"]), field["message"]) for field in fields]
