"""Plays a LiveKit server as far as its callers see it: rooms by the Twirp interface, and joining with a token."""

from collections.abc import Mapping
from typing import Any

import jwt
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from integrations.sandbox.faults import Fault, Faults


class Video:
    """Rooms and who is inside, in memory: nobody looks for a call after a restart."""

    def __init__(self, keys: SandboxKeys) -> None:
        self._keys = keys.video
        self._rooms: dict[str, set[str]] = {}
        self._most: dict[str, int] = {}
        self._faults = Faults()

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/video``, the participants and the switches under ``/admin/video``."""
        return [
            Route("/video/twirp/livekit.RoomService/{method}", self.serve, methods=["POST"]),
            Route("/admin/video/join", self.join, methods=["POST"]),
            Route("/admin/video/rooms", self.rooms, methods=["POST"]),
            Route("/admin/video/scenario", self._faults.set_scenario, methods=["POST"]),
        ]

    async def serve(self, request: Request) -> Response:
        """``CreateRoom`` and ``DeleteRoom``."""
        if self._faults.scenario.mode in {Fault.BUSY, Fault.TOO_FREQUENT}:
            return _error("resource_exhausted", 429)
        if (faulty := await self._faults.play()) is not None:
            return faulty
        claims = self._claims(request.headers.get("authorization", "").removeprefix("Bearer "))
        if claims is None or not claims.get("video", {}).get("roomCreate"):
            return _error("unauthenticated", 401)
        return self._do(request.path_params["method"], orjson.loads(await request.body()))

    def _do(self, method: str, asked: Mapping[str, Any]) -> Response:
        if method == "CreateRoom":
            self._rooms.setdefault(asked["name"], set())
            self._most[asked["name"]] = asked.get("max_participants", 0)
            return JSONResponse({"name": asked["name"], "sid": f"RM_{asked['name']}"})
        if method == "DeleteRoom" and self._rooms.pop(asked["room"], None) is not None:
            return JSONResponse({})
        return _error("not_found" if method == "DeleteRoom" else "bad_route", 404)

    async def join(self, request: Request) -> Response:
        """``POST {token} -> {room, participant, inside}``: what a client would do over its socket."""
        claims = self._claims(orjson.loads(await request.body())["token"])
        grants = {} if claims is None else claims.get("video", {})
        room = self._rooms.get(grants.get("room", ""))
        if claims is None or not grants.get("roomJoin"):
            return _error("unauthenticated", 401)
        if room is None:
            return _error("not_found", 404)
        if len(room | {claims["sub"]}) > self._most[grants["room"]]:
            return _error("resource_exhausted", 429)
        room.add(claims["sub"])
        return JSONResponse({"room": grants["room"], "participant": claims["sub"], "inside": sorted(room)})

    async def rooms(self, _request: Request) -> Response:
        """The rooms that are open."""
        return JSONResponse({"rooms": sorted(self._rooms)})

    def _claims(self, token: str) -> Mapping[str, Any] | None:
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._keys.api_secret,
                algorithms=["HS256"],
                issuer=self._keys.api_key,
                options={"require": ["exp", "nbf", "iss"]},
            )
        except jwt.PyJWTError:
            return None
        return claims


def _error(code: str, status: int) -> Response:
    return JSONResponse({"code": code, "msg": code}, status_code=status)
