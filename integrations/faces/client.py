"""The API's side of the face service."""

from base64 import b64encode
from collections.abc import Sequence

import orjson

from backend.errors import ProblemCode, Text, TooMany, Unavailable
from backend.ports import FaceMotion, FaceVerdict
from integrations.faces.messages import Verdict
from integrations.transport import Transport, no_answer

TIMEOUT = 25.0
"""Seconds for one verification: two tries of a worker and the wait before them."""

BUSY = Text("人脸核验排队人数较多，请稍后再试。", "Face verification is busy; please try again shortly.")


class FaceServiceClient:
    """``backend.ports.FaceService`` over HTTP."""

    def __init__(self, transport: Transport, *, base_url: str, key: str) -> None:
        self._transport = transport
        self._url = base_url
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    async def verify(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceVerdict:
        """Compare frames with a reference; see ``backend.ports.FaceService``."""
        question = {
            "frames": [b64encode(frame).decode() for frame in frames],
            "reference": b64encode(reference).decode(),
            "motions": list(motions),
        }
        answer = await self._transport.send(
            "faces",
            "POST",
            f"{self._url}/v1/verify",
            headers=self._headers,
            content=orjson.dumps(question),
            timeout=TIMEOUT,
        )
        if answer.status == 429:
            wait = float(answer.headers.get("retry-after", "5"))
            raise TooMany(BUSY, code=ProblemCode.BUSY, retry_after=wait)
        if answer.status != 200:
            raise no_answer()
        verdict = answer.read(Verdict)
        return FaceVerdict(verdict.outcome, verdict.model)

    async def ready(self) -> bool:
        """Is at least one worker warm?"""
        try:
            answer = await self._transport.send("faces", "GET", f"{self._url}/readyz", timeout=1.5)
        except Unavailable:
            return False
        return answer.status == 200
