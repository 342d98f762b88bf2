"""The sandbox servers for tests: real sockets on free ports, each in a thread with a loop of its own."""

import asyncio
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Condition, Event, Thread
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.keys import SandboxKeys
from integrations.sandbox import web
from integrations.sandbox.outside import outside
from integrations.sandbox.province.app import zhejiang

PATIENCE = 10.0
"""Seconds a test waits for something that happens elsewhere."""


@cache
def plain_client() -> httpx2.Client:
    """For the servers' switches, on loopback: no certificates to read, no proxy to ask."""
    return httpx2.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)


@contextmanager
def served(running: AbstractAsyncContextManager[Starlette]) -> Iterator[str]:
    """Run an application in a thread on a free loopback port; its base URL."""
    listening = socket.create_server((web.LOOPBACK[0], 0))
    # asyncio sets this only on sockets of its own making; without it every answer with a body waits 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ready, failures, servers = Event(), list[BaseException](), list[Any]()

    async def serve() -> None:
        async with running as app:
            server = web.server(app, port=0)
            server.config.timeout_graceful_shutdown = 0
            servers.append(server)
            ready.set()
            await server.serve(sockets=[listening])

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)
        finally:
            ready.set()

    thread = Thread(target=run, daemon=True)
    thread.start()
    ready.wait(PATIENCE)
    try:
        if not failures:
            yield f"http://{web.LOOPBACK[0]}:{listening.getsockname()[1]}"
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(PATIENCE)
        listening.close()
    if failures:
        raise failures[0]


@asynccontextmanager
async def just(app: Starlette) -> AsyncIterator[Starlette]:
    """An application that needs nothing around it, for ``served``."""
    yield app


@dataclass(frozen=True, slots=True)
class ZhejiangSandbox:
    """The running platform and its switches."""

    url: str

    def scenario(
        self, mode: str = "normal", *, delay: float = 0.0, slow: float = 10.0, seed: int = 1
    ) -> None:
        """Let it behave like this from now on (see ``sandbox/province/scenario.py``)."""
        told = {"mode": mode, "delaySeconds": delay, "slowSeconds": slow, "seed": seed}
        plain_client().post(f"{self.url}/admin/scenario", json=told).raise_for_status()

    def reset(self) -> None:
        """Empty, as on the first day."""
        plain_client().post(f"{self.url}/admin/reset").raise_for_status()

    def held(self, case_number: str) -> dict[str, Any]:
        """``{effects, lodged, cases: […]}`` of one case."""
        answer = (
            plain_client().get(f"{self.url}/admin/cases", params={"caseNo": case_number}).raise_for_status()
        )
        told: dict[str, Any] = answer.json()
        return told


@dataclass(frozen=True, slots=True)
class OutsideSandbox:
    """The running WeChat and population registry, and their switches."""

    url: str

    @property
    def wechat_url(self) -> str:
        """For ``JINMIN_WECHAT_URL``."""
        return f"{self.url}/wechat"

    @property
    def registry_url(self) -> str:
        """For ``JINMIN_REGISTRY_URL``."""
        return f"{self.url}/registry"

    @property
    def settings(self) -> dict[str, str]:
        """Every address of this server, for ``Settings``."""
        return {
            "wechat_url": self.wechat_url,
            "alipay_url": f"{self.url}/alipay/gateway.do",
            "sms_url": f"{self.url}/sms",
            "network_identity_url": f"{self.url}/network-identity",
            "video_url": f"{self.url}/video",
            "registry_url": self.registry_url,
            "licences_url": f"{self.url}/licences",
            "means_check_url": f"{self.url}/means-check",
            "sharing_url": f"{self.url}/sharing",
            "statistics_url": f"{self.url}/statistics",
        }

    def login_code(self, open_id: str | None = None, *, platform: str = "wechat") -> str:
        """A fresh login code, of a new made-up account unless one is named."""
        asked = {} if open_id is None else {"openId": open_id}
        code: str = (
            plain_client()
            .post(f"{self.url}/admin/{platform}/login", json=asked)
            .raise_for_status()
            .json()["code"]
        )
        return code

    def look(self, platform: str, token: str, *, passed: bool = True) -> None:
        """Let somebody look into the phone on which the platform's face check ``token`` was opened."""
        told = {"token": token, "passed": passed}
        plain_client().post(f"{self.url}/admin/{platform}/face", json=told).raise_for_status()

    def credential(self, order: str, holder: Mapping[str, str], *, release: bool = False) -> dict[str, str]:
        """What the national app makes for this order: ``idCardAuthData`` and ``certPwdData``."""
        told = {"bizSeq": order, "release": release, **holder}
        answer = plain_client().post(f"{self.url}/admin/network-identity/credential", json=told)
        made: dict[str, str] = answer.raise_for_status().json()
        return made

    def join(self, token: str) -> Any:
        """Come into a video room with an entrance: ``{room, participant, inside}``."""
        answer = plain_client().post(f"{self.url}/admin/video/join", json={"token": token})
        return answer.raise_for_status().json()

    def rooms(self) -> list[str]:
        """The video rooms that are open."""
        found: list[str] = (
            plain_client().post(f"{self.url}/admin/video/rooms").raise_for_status().json()["rooms"]
        )
        return found

    def texted(self, phone: str) -> list[list[str]]:
        """The text messages on a phone, newest first: code and minutes."""
        answer = plain_client().post(f"{self.url}/admin/sms/messages", json={"phone": phone})
        messages: list[list[str]] = answer.raise_for_status().json()["messages"]
        return messages

    def load_person(self, *, name: str, resident_id: str, division: str, portrait: str | None = None) -> None:
        """Let the registry know somebody; ``portrait`` is base64."""
        told = {
            "name": name,
            "residentId": resident_id,
            "householdDivision": division,
            "portrait": portrait,
        }
        plain_client().post(f"{self.url}/admin/registry/people", json=told).raise_for_status()

    def load_document(self, **told: object) -> None:
        """Let the registry know somebody by any document, in the words of its protocol."""
        plain_client().post(f"{self.url}/admin/registry/people", json=told).raise_for_status()

    def forget_document(self, **told: object) -> None:
        """Let the registry not know it."""
        plain_client().request("DELETE", f"{self.url}/admin/registry/people", json=told).raise_for_status()

    def issue_licence(self, *, kind: str, name: str, number: str, content: bytes, **more: str) -> None:
        """Let the e-licence store have a licence of somebody; a PNG."""
        told = {
            "kind": kind,
            "name": name,
            "number": number,
            "licenceNumber": f"L-{number[-4:]}",
            "mediaType": "image/png",
            "content": b64encode(content).decode(),
            **more,
        }
        plain_client().post(f"{self.url}/admin/licences/issue", json=told).raise_for_status()

    def licence_uses(self, number: str) -> list[list[str]]:
        """Who asked for this person's licences: kind and purpose, in order."""
        answer = plain_client().get(f"{self.url}/admin/licences/uses", params={"number": number})
        uses: list[list[str]] = answer.raise_for_status().json()["uses"]
        return uses

    def subscribe(self, platform: str, open_id: str, template: str, *, accepted: bool = True) -> None:
        """Answer, on that phone, the question whether messages of this template are wanted."""
        told = {"openId": open_id, "template": template, "accepted": accepted}
        plain_client().post(f"{self.url}/admin/{platform}/subscribe", json=told).raise_for_status()

    def shown(self, platform: str, open_id: str) -> list[dict[str, str]]:
        """The mini-program's messages on that phone, the newest first."""
        asked = {"openId": open_id}
        answer = plain_client().post(f"{self.url}/admin/{platform}/messages", json=asked).raise_for_status()
        messages: list[dict[str, str]] = answer.json()["messages"]
        return messages

    def messages(self, mode: str = "normal", *, slow: float = 10.0) -> None:
        """Let WeChat's subscribed messages behave like this from now on."""
        told = {"mode": mode, "slowSeconds": slow}
        plain_client().post(f"{self.url}/admin/wechat/message-scenario", json=told).raise_for_status()

    def statistics(self, mode: str = "normal") -> None:
        """How the statistics system behaves from now on."""
        told = {"mode": mode}
        plain_client().post(f"{self.url}/admin/statistics/scenario", json=told).raise_for_status()

    def means(self, finding: str = "BELOW", mode: str = "normal", *, slow: float = 10.0) -> None:
        """What the centre for household means finds, and how it behaves, from now on."""
        told = {"finding": finding, "mode": mode, "slowSeconds": slow}
        plain_client().post(f"{self.url}/admin/means-check/scenario", json=told).raise_for_status()

    def means_asked(self, check_id: object) -> dict[str, Any]:
        """``{times, question}``: what the centre was asked."""
        asked = {"checkId": str(check_id)}
        told: dict[str, Any] = (
            plain_client().post(f"{self.url}/admin/means-check/held", json=asked).raise_for_status().json()
        )
        return told

    def means_call_back(self, check_id: object, *, times: int = 1, url: str | None = None) -> list[int]:
        """Let the centre tell its answer by itself; the statuses it was answered with."""
        told = {"checkId": str(check_id), "times": times, "url": url}
        statuses: list[int] = (
            plain_client()
            .post(f"{self.url}/admin/means-check/call-back", json=told)
            .raise_for_status()
            .json()["statuses"]
        )
        return statuses

    def scenario(self, system: str, mode: str = "normal", *, slow: float = 10.0) -> None:
        """Let ``wechat``, ``alipay``, ``sms`` or ``registry`` behave like this from now on (see ``sandbox/faults.py``)."""
        told = {"mode": mode, "slowSeconds": slow}
        plain_client().post(f"{self.url}/admin/{system}/scenario", json=told).raise_for_status()


@contextmanager
def zhejiang_sandbox(keys: SandboxKeys, *, database_url: str, callback_url: str) -> Iterator[ZhejiangSandbox]:
    """The Zhejiang platform; the database is created where missing. Decisions come without delay."""
    with served(zhejiang(keys, database_url=database_url, callback_url=callback_url)) as url:
        sandbox = ZhejiangSandbox(url)
        sandbox.scenario()
        yield sandbox


@contextmanager
def outside_sandbox(keys: SandboxKeys, *, database_url: str) -> Iterator[OutsideSandbox]:
    """WeChat and the population registry; the database is created where missing."""
    with served(outside(keys, database_url=database_url)) as url:
        yield OutsideSandbox(url)


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Listener:
    """A server that writes down what it is sent and answers 204, unless it was told otherwise."""

    statuses: dict[str, list[int]] = field(default_factory=dict)
    """What to answer first to requests whose body holds the key."""
    heard: list[Heard] = field(default_factory=list)
    _news: Condition = field(default_factory=Condition)

    async def take(self, request: Request) -> Response:
        """Any request."""
        body = await request.body()
        with self._news:
            self.heard.append(Heard(request.method, request.url.path, dict(request.headers), body))
            planned = next((found for text, found in self.statuses.items() if text.encode() in body), [])
            status = planned.pop(0) if planned else 204
            self._news.notify_all()
        return Response(status_code=status)

    def about(self, text: str, count: int) -> list[Heard]:
        """The first ``count`` requests whose body holds ``text``; waits for them."""
        until = time.monotonic() + PATIENCE
        with self._news:
            while len(found := [one for one in self.heard if text.encode() in one.body]) < count:
                if not self._news.wait(until - time.monotonic()):
                    raise TimeoutError(f"heard {len(found)} of {count}")
        return found[:count]


@contextmanager
def listening() -> Iterator[tuple[Listener, str]]:
    """A listener and its base URL."""
    listener = Listener()
    app = Starlette(routes=[Route("/{path:path}", listener.take, methods=["GET", "POST"])])
    with served(just(app)) as url:
        yield listener, url
