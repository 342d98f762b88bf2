"""Cross-origin requests: Starlette's rules, which cost a request that comes from no page next to nothing."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import Message, Receive, Scope, Send

_VARIES = (b"vary", b"Origin")


class CrossOrigin(CORSMiddleware):
    """The same for whoever sends an ``Origin``; for others there is nothing to decide."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or any(name == b"origin" for name, _ in scope["headers"]):
            await super().__call__(scope, receive, send)
            return

        async def varied(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A cache must not give this answer to a page.
                message["headers"] = [*message.get("headers", ()), _VARIES]
            await send(message)

        await self.app(scope, receive, varied)
