"""What a resolver may use: who asks, in which language, and the house's machine.

A ``Context`` lives for one operation, on a socket for one event. Children that do not come with
their parent's statement are fetched through it, in one batch for all parents of a wave::

    def _materials(root: strawberry.Parent[ApplicationView], info: Info) -> Awaitable[list[MaterialView]]:
        return info.context.load(materials_of, root.id)

    materials: list[Material] = field(access=PARENT, description="Its materials.", resolver=_materials)

where ``materials_of(viewer, ids)`` answers one list per id, in the order of the ids.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import strawberry

from backend.viewer import Viewer
from resolvers.loading import Loader

if TYPE_CHECKING:
    from backend.casework.machine import Casework
    from backend.resources import Resources

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LANGUAGES = ("zh-CN", "en")
"""Languages the house speaks; the first is the default."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request says about its sender, before anybody believed it."""

    authorization: str | None
    """The value of the ``Authorization`` header, or of ``authorization`` in ``connection_init``."""
    language: str
    address: str
    request_id: str


@dataclass(slots=True)
class Context:
    """Handed to every resolver as ``info.context``."""

    viewer: Viewer
    request_id: str
    language: str
    work: "Casework"
    """The machine with its catalogue, calendar and ``resources``."""
    key_reused: bool = False
    """The idempotency key of this mutation was used before, for another input."""
    refused: bool = False
    """A mutation of this operation answered with a ``Problem``."""
    _loaders: dict[Callable[..., Any], Loader[Any, Any]] = field(default_factory=dict, repr=False)

    @property
    def resources(self) -> "Resources":
        """The outside, the keys and the shared state, for actions that need no casework."""
        return self.work.resources

    def load(self, function: Callable[[Viewer, list[K]], Awaitable[Sequence[V]]], key: K) -> Awaitable[V]:
        """The value of ``function`` for ``key``, asked for together with its siblings and only once."""
        loader = self._loaders.get(function)
        if loader is None:
            loader = self._loaders[function] = Loader(partial(function, self.viewer))
        return loader.load(key)

    def close(self) -> None:
        """The operation is over: whatever its loaders are still asking for is given up."""
        for loader in self._loaders.values():
            loader.close()


Info = strawberry.Info[Context, None]

Authenticate = Callable[[str | None, str, str], Awaitable[Viewer]]
"""``(authorization, language, address) -> Viewer``; raises ``NotSignedIn`` for a token that is not good."""

MakeContext = Callable[[Caller], Awaitable[Context]]

MakeEventContext = Callable[[], Awaitable[Context]]
"""A fresh context for the same caller; raises ``NotSignedIn`` once the token is no longer good."""


def context_factory(authenticate: Authenticate, work: "Casework") -> MakeContext:
    """The factory that the composition root hands to ``graphql_routes``."""

    async def make_context(caller: Caller) -> Context:
        viewer = await authenticate(caller.authorization, caller.language, caller.address)
        return Context(viewer=viewer, request_id=caller.request_id, language=caller.language, work=work)

    return make_context


def preferred_language(accept_language: str | None) -> str:
    """The one of ``LANGUAGES`` that an ``Accept-Language`` header likes best (RFC 9110 §12.5.4)."""
    best, best_weight = LANGUAGES[0], 0.0
    for entry in (accept_language or "")[:256].split(","):
        tag, _, parameters = entry.partition(";")
        name, _, number = parameters.partition("=")
        try:
            weight = float(number) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().partition("-")[0]
        match = next((known for known in LANGUAGES if known.lower().partition("-")[0] == primary), None)
        if match is not None and weight > best_weight:
            best, best_weight = match, weight
    return best
