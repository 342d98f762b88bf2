"""The one outbound HTTP client: bounded in time and size, careful about repeating, silent about content."""

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Self, TypeVar

import httpx2
import stamina
import structlog
from pydantic import BaseModel, ValidationError

from backend.errors import Text, Unavailable

ATTEMPTS = 3
"""Tries of a call that may be repeated; the first one included."""

_NOT_DONE = {503}
"""Statuses that say that nothing was done."""

Shape = TypeVar("Shape", bound=BaseModel)

_log = structlog.get_logger()


class _TryAgainError(Exception):
    """One attempt failed in a way that another may not. Holds a word, never an address or a body."""

    def __init__(self, why: str, retry_after: float | None = None, *, reached: bool = True) -> None:
        self.why = why
        self.retry_after = retry_after
        self.reached = reached
        super().__init__(why)


def no_answer(retry_after: float | None = None, *, reached: bool = True) -> Unavailable:
    """The refusal for a system outside that is silent, broken or speaks nonsense.

    ``reached``: whether it may have done what it was asked all the same.
    """
    refusal = Unavailable(
        Text(
            zh="外部系统暂时没有正常应答，请稍后再试。",
            en="A system outside does not answer properly at the moment; please try again later.",
        ),
        retry_after=retry_after,
    )
    refusal.reached = reached
    return refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status below 500, headers with lower-case names, the whole body."""

    system: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def read(self, shape: type[Shape]) -> Shape:
        """The JSON body as ``shape``. Raises ``Unavailable`` for anything else, without quoting it."""
        try:
            return shape.model_validate_json(self.body)
        except ValidationError as error:
            # Locations are names of our own shapes; values may be personal and stay out.
            wrong = [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)]
        _log.error("outbound_answer_malformed", system=self.system, status=self.status, fields=wrong)
        raise no_answer()


class Transport:
    """An ``httpx2`` client for all adapters of a process; use it as an async context manager."""

    def __init__(self, *, timeout: float = 8.0, largest_answer: int = 16_000_000) -> None:
        """``timeout``: seconds one attempt may take in all. ``largest_answer``: bytes."""
        # These loggers write whole addresses, and WeChat's protocol puts a secret into the query.
        for name in ("httpx2", "httpcore2"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._timeout = timeout
        self._largest_answer = largest_answer
        self._client = httpx2.AsyncClient(
            timeout=timeout,
            follow_redirects=False,
            verify=trusted_authorities(),
            trust_env=False,  # neither a proxy nor a .netrc of the machine may see these calls
            headers={"accept-encoding": "identity", "user-agent": "jinmin"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(
        self,
        system: str,
        method: str,
        url: str,
        *,
        repeatable: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - one attempt's limit, not the caller's
    ) -> Answer:
        """Call ``system`` (a short name for the log) and return its answer.

        ``repeatable`` says that doing the call twice does no harm; only then is it tried again.
        Raises ``Unavailable`` when there is no whole answer in time, when it is too large, and for
        a redirect or a status of 500 and above.
        """
        limit = timeout or self._timeout
        request = self._client.build_request(
            method,
            url,
            params=params,
            headers={**_request_id(), **(headers or {})},
            content=content,
            timeout=limit,
        )
        attempts = ATTEMPTS if repeatable else 1
        try:
            async for attempt in stamina.retry_context(
                on=_TryAgainError, attempts=attempts, timeout=None, wait_max=1.0, wait_jitter=0.2
            ):
                with attempt:
                    return await self._logged(system, request, limit, attempt.num)
        except _TryAgainError as error:
            raise no_answer(error.retry_after, reached=error.reached) from None
        raise AssertionError("a retry loop ends with an answer or an error")

    async def _logged(self, system: str, request: httpx2.Request, limit: float, number: int) -> Answer:
        """One attempt and its one log event."""
        started = time.perf_counter()
        outcome: int | str = "cancelled"
        try:
            answer = await self._attempt(system, request, limit)
            outcome = answer.status
        except _TryAgainError as error:
            outcome = error.why
            raise
        else:
            return answer
        finally:
            _log.info(
                "outbound_call",
                system=system,
                method=request.method,
                outcome=outcome,
                attempt=number,
                milliseconds=round((time.perf_counter() - started) * 1000),
            )

    async def _attempt(self, system: str, request: httpx2.Request, limit: float) -> Answer:
        body = bytearray()
        try:
            # The client's own limits are per read: a server that drips would never reach them.
            async with asyncio.timeout(limit):
                response = await self._client.send(request, stream=True)
                try:
                    # Raw: a compressed answer was not asked for, and unpacking could outgrow the limit.
                    async for chunk in response.aiter_raw():
                        body += chunk
                        if len(body) > self._largest_answer:
                            raise _TryAgainError("too_large")
                finally:
                    await response.aclose()
        except (TimeoutError, httpx2.TimeoutException):
            raise _TryAgainError("timeout") from None
        except httpx2.TransportError as error:
            reached = not isinstance(error, httpx2.ConnectError)
            raise _TryAgainError(type(error).__name__, reached=reached) from None
        if response.status_code >= 500 or response.is_redirect:
            raise _TryAgainError(
                f"status_{response.status_code}",
                _retry_after(response),
                reached=response.status_code not in _NOT_DONE,
            )
        return Answer(
            system=system, status=response.status_code, headers=dict(response.headers), body=bytes(body)
        )


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Reading the certificate authorities takes a quarter of a second: once per process."""
    return httpx2.create_ssl_context(trust_env=False)


def _request_id() -> dict[str, str]:
    """The header that lets one request be followed through every system it reaches."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return {"x-request-id": str(request_id)} if request_id else {}


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds from ``Retry-After``; its date form is not worth a clock here."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None
