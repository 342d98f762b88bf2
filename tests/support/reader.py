"""Somebody who reads a page of ours and does what it prints, in order, against a running installation."""

import re
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import httpx2
import orjson
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.support.installation import ROOT, Installation

REQUEST = re.compile(r"```sh\n(curl .*?)```\n\n```json\n(.*?)```|```\n(→ .*?)```", re.DOTALL)
ADDRESS = re.compile(r"http://127\.0\.0\.1:(80\d\d)")
PRINTED_PORT = 8000


@dataclass(slots=True)
class Reader:
    """Runs examples; keeps what a page says to keep (``$NAME`` in an answer) for the examples after it."""

    installation: Installation
    http: httpx2.AsyncClient
    folder: Path
    """Where the files of ``curl -F 'name=@file'`` lie."""
    kept: dict[str, str] = field(default_factory=dict)

    async def follow(self, page: str) -> list[tuple[object, object]]:
        """Every example of ``page`` with what is printed and what really came, placeholders filled in."""
        found: list[tuple[object, object]] = []
        for command, answer, talk in REQUEST.findall((ROOT / page).read_text(encoding="utf-8")):
            if talk:
                found.extend([pair async for pair in self._talk(talk)])
            else:
                came = await self._run(command)
                found.append((self._filled(orjson.loads(answer), came), came))
        return found

    async def _run(self, command: str) -> Any:
        """What a shell would make of a ``curl`` command, sent by our own client."""
        words = iter(self._words(command))
        headers: dict[str, str] = {}
        url, body = "", ""
        fields: dict[str, str] = {}
        files: dict[str, tuple[str, bytes, str]] = {}
        for word in words:
            match word:
                case "-s":
                    pass
                case "-H":
                    name, _, value = next(words).partition(":")
                    headers[name] = value.strip()
                case "-d":
                    body = next(words)
                case "-F":
                    name, _, value = next(words).partition("=")
                    if value.startswith("@"):
                        held = self.folder / value[1:]
                        files[name] = (held.name, held.read_bytes(), "application/octet-stream")
                    else:
                        fields[name] = value
                case _:
                    url = ADDRESS.sub(self._here, word)
        if files:
            answer = await self.http.post(url, headers=headers, data=fields, files=files)
        else:
            answer = await self.http.post(url, headers=headers, content=body.encode())
        return orjson.loads(answer.content)

    def _words(self, command: str) -> Sequence[str]:
        """The words of a command after the shell has read its quotes and filled in what was kept."""
        told = subprocess.run(  # noqa: S603 - our own pages
            ["bash", "-euc", f'curl() {{ printf "%s\\0" "$@"; }}\n{command}'],  # noqa: S607 - whichever bash there is
            env=self.kept,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        return told.split("\0")[:-1]

    async def _talk(self, talk: str) -> AsyncIterator[tuple[object, object]]:
        """The messages of a socket: ours are sent, theirs are compared."""
        address = f"{self.installation.url.replace('http', 'ws', 1)}/graphql"
        async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            for line in talk.splitlines():
                told = Template(line[2:]).safe_substitute(self.kept)
                if line.startswith("→"):
                    await socket.send(told)
                else:
                    came = orjson.loads(await socket.recv())
                    yield self._filled(orjson.loads(told), came), came

    def _here(self, printed: re.Match[str]) -> str:
        return f"http://127.0.0.1:{self.installation.port + int(printed[1]) - PRINTED_PORT}"

    def _filled(self, printed: Any, came: Any) -> Any:
        """``printed`` with ``…`` and ``$NAME`` replaced by what came in their places."""
        if isinstance(printed, str):
            if printed.startswith("$") and isinstance(came, str):
                self.kept[printed[1:]] = came
            return came if printed == "…" or printed.startswith("$") else printed
        if isinstance(printed, dict) and isinstance(came, dict):
            return {name: self._filled(held, came.get(name)) for name, held in printed.items()}
        if isinstance(printed, list) and isinstance(came, list) and len(printed) == len(came):
            return [self._filled(one, other) for one, other in zip(printed, came, strict=True)]
        return printed
