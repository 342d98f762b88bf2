"""Video rooms on a LiveKit server: its Twirp interface, and join tokens that we sign ourselves."""

from datetime import timedelta

import jwt
import orjson
from pydantic import BaseModel

from backend.keys.files import VideoEntry
from backend.kit import clock
from backend.ports import VideoEntrance
from integrations.transport import Answer, Transport, no_answer

EMPTY_AFTER = 300
"""Seconds after which an empty room closes by itself."""
ENTRANCE_LIFETIME = timedelta(minutes=10)
"""To come in; whoever is inside stays."""
_CALL_LIFETIME = timedelta(minutes=1)


class _Room(BaseModel):
    name: str


class LiveKitRooms:
    """``VideoRoom`` of one API key."""

    def __init__(self, transport: Transport, *, base_url: str, keys: VideoEntry) -> None:
        self._transport = transport
        self._base_url = base_url
        self._keys = keys

    async def open(self, room: str) -> None:
        """Make a room; see ``backend.ports.VideoRoom``."""
        asked = {"name": room, "empty_timeout": EMPTY_AFTER, "max_participants": 2}
        answer = await self._call("CreateRoom", asked, {"roomCreate": True})
        if answer.status != 200 or answer.read(_Room).name != room:
            raise no_answer()

    def entrance(self, room: str, *, participant: str) -> VideoEntrance:
        """A join token; see ``backend.ports.VideoRoom``."""
        grants = {
            "room": room,
            "roomJoin": True,
            "canPublish": True,
            "canSubscribe": True,
            "roomRecord": False,
        }
        return VideoEntrance(
            url=self._base_url.replace("http", "ws", 1),
            token=self._token(grants, ENTRANCE_LIFETIME, participant=participant),
            expires_at=clock.now() + ENTRANCE_LIFETIME,
        )

    async def close(self, room: str) -> None:
        """End a room; see ``backend.ports.VideoRoom``."""
        answer = await self._call("DeleteRoom", {"room": room}, {"roomCreate": True})
        if answer.status not in {200, 404}:
            raise no_answer()

    async def _call(self, method: str, asked: dict[str, object], grants: dict[str, object]) -> Answer:
        return await self._transport.send(
            "video",
            "POST",
            f"{self._base_url}/twirp/livekit.RoomService/{method}",
            headers={
                "content-type": "application/json",
                "authorization": f"Bearer {self._token(grants, _CALL_LIFETIME)}",
            },
            content=orjson.dumps(asked),
            repeatable=True,  # a room is made and ended by its name
        )

    def _token(
        self, grants: dict[str, object], lifetime: timedelta, *, participant: str | None = None
    ) -> str:
        now = clock.now()
        claims = {"iss": self._keys.api_key, "nbf": now, "exp": now + lifetime, "video": grants}
        if participant is not None:
            claims["sub"] = participant
        return jwt.encode(claims, self._keys.api_secret, algorithm="HS256")
