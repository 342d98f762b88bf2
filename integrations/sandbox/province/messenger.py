"""Says what is due: signed callbacks to Jinmin, again and again until they are heard."""

import asyncio
import contextlib
import itertools
import zlib
from urllib.parse import urlsplit

import orjson
import structlog

from backend.errors import Unavailable
from backend.kit import clock
from integrations.sandbox.province.scenario import Mode, Scenario
from integrations.sandbox.province.store import Callback, Store
from integrations.sandbox.province.wire import Wire
from integrations.transport import Transport

_PAUSE = 0.2
"""Seconds between two looks at what is due, when nothing wakes it."""

_STORMY = (Mode.NORMAL, Mode.NORMAL, Mode.DUPLICATE_CALLBACKS, Mode.REPLAY_CALLBACKS, Mode.LOSE_REPLY)
"""How things are said in a storm; ``LOSE_REPLY`` does not hear that it was heard."""

_log = structlog.get_logger()


class Messenger:
    """One per platform: what it has still to say lies in the database, so it may die at any moment."""

    def __init__(self, store: Store, wire: Wire, transport: Transport, callback_url: str) -> None:
        self._store = store
        self._wire = wire
        self._transport = transport
        self._url = callback_url
        self._target = urlsplit(callback_url).path
        self._news = asyncio.Event()
        self._said = itertools.count()

    def wake(self) -> None:
        """Something may be due sooner than it was a moment ago."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news.clear()
            if not await self._say_what_is_due():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _PAUSE)

    async def _say_what_is_due(self) -> bool:
        """Whether there was anything to say: the next in order may be due then, too."""
        scenario = await self._store.scenario()
        if scenario.mode is Mode.DOWN:
            return False
        due = await self._store.due(clock.now(), backwards=self._backwards(scenario))
        if due and await self._store.scenario() != scenario:
            return True  # what is due by a new scenario is not said in the manner of the old one
        for callback in due:
            await self._say(callback, self._manner(scenario))
        return bool(due)

    def _backwards(self, scenario: Scenario) -> bool:
        stormy = scenario.mode is Mode.STORM and next(self._said) % 3 == 0
        return stormy or scenario.mode is Mode.OUT_OF_ORDER

    def _manner(self, scenario: Scenario) -> Mode:
        """How the next thing is said: in a storm by chance."""
        if scenario.mode is not Mode.STORM:
            return scenario.mode
        return _STORMY[zlib.crc32(f"{scenario.seed}{next(self._said)}".encode()) % len(_STORMY)]

    async def _say(self, callback: Callback, mode: Mode) -> None:
        wrong = {"resultCode": "7"} if mode is Mode.WRONG_CODE else {}
        body = orjson.dumps({**callback.payload, **wrong})
        headers = self._sign(body, mode)
        heard = await self._post(headers, body)
        if mode is Mode.REPLAY_CALLBACKS:
            await self._post(headers, body)
        elif mode is Mode.DUPLICATE_CALLBACKS:
            await self._post(self._sign(body, mode), body)
        if heard and mode is not Mode.LOSE_REPLY:
            await self._store.sent(callback, clock.now())
        else:
            await self._store.not_heard(callback, clock.now())

    def _sign(self, body: bytes, mode: Mode) -> dict[str, str]:
        signed = self._wire.sign_request(method="POST", target=self._target, body=body, mode=mode)
        return {**signed, "Content-Type": "application/json"}

    async def _post(self, headers: dict[str, str], body: bytes) -> bool:
        try:
            answer = await self._transport.send("jinmin", "POST", self._url, headers=headers, content=body)
        except Unavailable:
            return False
        if not 200 <= answer.status < 300:
            _log.warning("sandbox_callback_refused", status=answer.status)
            return False
        return True
