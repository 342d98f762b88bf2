"""Carrying webhooks to addresses that somebody else chose, without being turned against our own network.

The name is resolved once, every address it has must be public, and the connection goes to the address that was looked
at: a name that resolves otherwise a moment later changes nothing. No redirects, no proxy, one deadline for all of it,
and of the answer no more than its status counts.
"""

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx2
import structlog

from backend.provider_ports import HookOutcome, HookProblem
from integrations.transport import trusted_authorities

log = structlog.get_logger()

PATIENCE = 10.0
"""Seconds for one attempt: name, connection, answer."""
LARGEST_ANSWER = 64 * 1024
AT_ONCE = 20
HANDED_OUT = IPv6Network("2000::/3")
"""All that there is of public IPv6. Outside of it lie translators into IPv4, to any address at all, and old kinds of
private addresses that the standard library takes for public ones."""


class _Unfit(Exception):
    def __init__(self, problem: HookProblem) -> None:
        self.problem = problem
        super().__init__(problem)


class HttpWebhookCarrier:
    """Over HTTPS to public addresses; use it as an async context manager."""

    def __init__(self, *, private: bool = False, patience: float = PATIENCE) -> None:
        """``private``: also plain HTTP and addresses of this machine, for development and tests."""
        self._private = private
        self._patience = patience
        self._client = httpx2.AsyncClient(
            timeout=patience,
            follow_redirects=False,
            trust_env=False,
            verify=trusted_authorities(),
            limits=httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=0),
            headers={"accept-encoding": "identity", "user-agent": "jinmin-webhooks"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def check(self, url: str) -> HookProblem | None:
        """Whether nothing may be sent there at all.

        A name that there is not is answered as one that is not public: nobody learns which names there are inside.
        """
        try:
            host, port = self._named(url)
        except _Unfit as unfit:
            return unfit.problem
        try:
            async with asyncio.timeout(self._patience):
                addresses = await _resolved(host, port)
        except TimeoutError:
            addresses = ()
        return None if addresses and self._allowed(addresses) else HookProblem.PRIVATE_ADDRESS

    async def carry(self, url: str, body: bytes, headers: Mapping[str, str]) -> HookOutcome:
        """One attempt; whatever the receiver does comes back as an outcome."""
        started = time.perf_counter()
        problem, status = await self._attempt(url, body, headers)
        milliseconds = round((time.perf_counter() - started) * 1000)
        log.info("webhook_attempt", problem=problem, status=status, milliseconds=milliseconds)
        return HookOutcome(problem, status, milliseconds)

    async def _attempt(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[HookProblem | None, int | None]:
        try:
            # The client's own limits are per read: a receiver that drips would never reach them.
            async with asyncio.timeout(self._patience):
                status = await self._send(url, await self._address(url), body, headers)
        except _Unfit as unfit:
            return unfit.problem, None
        except (TimeoutError, httpx2.TimeoutException):
            return HookProblem.TIMED_OUT, None
        except (httpx2.RemoteProtocolError, httpx2.DecodingError):
            return HookProblem.GARBLED, None
        except (httpx2.TransportError, OSError):
            return HookProblem.UNREACHABLE, None
        return _meaning(status), status

    async def _send(self, url: str, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        parts = urlsplit(url)
        host = parts.hostname or ""
        shown = f"[{address}]" if ":" in address else address
        pinned = parts._replace(netloc=f"{shown}:{parts.port or _default_port(parts.scheme)}").geturl()
        request = self._client.build_request(
            "POST",
            pinned,
            content=body,
            headers={**headers, "host": parts.netloc},
            extensions={
                "sni_hostname": host
            },  # whose certificate is wanted, though the connection goes to an address
        )
        response = await self._client.send(request, stream=True)
        try:
            read = 0
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > LARGEST_ANSWER:
                    raise _Unfit(HookProblem.GARBLED)
        finally:
            await response.aclose()
        return response.status_code

    async def _address(self, url: str) -> str:
        """The address to connect to. Raises ``_Unfit``."""
        addresses = await _resolved(*self._named(url))
        if not addresses:
            raise _Unfit(HookProblem.BAD_ADDRESS)
        if not self._allowed(addresses):
            raise _Unfit(HookProblem.PRIVATE_ADDRESS)
        return addresses[0]

    def _named(self, url: str) -> tuple[str, int]:
        """The host and port that an address names. Raises ``_Unfit``."""
        try:
            parts = urlsplit(url)
            port = parts.port or _default_port(parts.scheme)
        except ValueError:
            raise _Unfit(HookProblem.BAD_ADDRESS) from None
        schemes = ("https", "http") if self._private else ("https",)
        if parts.scheme not in schemes or not parts.hostname or parts.username is not None:
            raise _Unfit(HookProblem.BAD_ADDRESS)
        return parts.hostname, port

    def _allowed(self, addresses: Sequence[str]) -> bool:
        return self._private or all(map(_is_public, addresses))


async def _resolved(host: str, port: int) -> Sequence[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_public(address: str) -> bool:
    """Neither loopback, private, link-local (cloud metadata), shared, multicast, reserved, nor one of these in IPv6."""
    told = ip_address(address.partition("%")[0])
    if isinstance(told, IPv6Address):
        inner = told.ipv4_mapped or told.sixtofour
        if inner is None and (told not in HANDED_OUT or told.teredo is not None):
            return False
        told = inner or told
    return told.is_global and not told.is_multicast


def _default_port(scheme: str) -> int:
    return 80 if scheme == "http" else 443


def _meaning(status: int) -> HookProblem | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return HookProblem.REDIRECTED
    return HookProblem.GONE if status == 410 else HookProblem.REFUSED
