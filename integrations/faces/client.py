"""The API's side of the face service."""

from collections.abc import Sequence

from backend.errors import ProblemCode, Text, TooMany, Unavailable
from backend.ports import FaceEnrolment, FaceMotion, FaceTemplate, FaceVerdict, RefusedAtGate
from integrations.faces.messages import (
    AgainstReference,
    AgainstTemplate,
    Frames,
    Question,
    Refusals,
    Template,
    Verdict,
)
from integrations.transport import Transport, no_answer

TIMEOUT = 30.0
"""Seconds for one question: twice the wait for a free worker and its work, should the first one be lost."""
WAIT = 5.0
"""Seconds until asking again makes sense, where the service does not say."""

BUSY = Text("人脸核验排队人数较多，请稍后再试。", "Face verification is busy; please try again shortly.")


class FaceServiceClient:
    """``backend.ports.FaceService`` over HTTP.

    A question is sent once: the service tries a second worker by itself, and the citizen is waiting.
    """

    def __init__(self, transport: Transport, *, base_url: str, key: str, timeout: float = TIMEOUT) -> None:
        self._transport = transport
        self._timeout = timeout
        self._url = base_url
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    async def verify(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceVerdict:
        """Compare with a photograph; see ``backend.ports.FaceService``."""
        question = AgainstReference(frames=list(frames), reference=reference, motions=list(motions))
        verdict = await self._ask(Question.VERIFY, question)
        return FaceVerdict(verdict.outcome, verdict.model)

    async def enrol(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceEnrolment:
        """Compare with a photograph and make a template; see ``backend.ports.FaceService``."""
        question = AgainstReference(frames=list(frames), reference=reference, motions=list(motions))
        verdict = await self._ask(Question.ENROL, question)
        made = verdict.template
        template = None if made is None else FaceTemplate(made.model, made.rotated, made.secret)
        return FaceEnrolment(verdict.outcome, verdict.model, template)

    async def compare(
        self, *, frames: Sequence[bytes], template: FaceTemplate, motions: Sequence[FaceMotion]
    ) -> FaceVerdict:
        """Compare with a template; see ``backend.ports.FaceService``."""
        sent = Template(model=template.model, rotated=template.rotated, secret=template.secret)
        question = AgainstTemplate(frames=list(frames), template=sent, motions=list(motions))
        verdict = await self._ask(Question.COMPARE, question)
        return FaceVerdict(verdict.outcome, verdict.model)

    async def ready(self) -> bool:
        """Is at least one worker warm?"""
        try:
            answer = await self._transport.send("faces", "GET", f"{self._url}/readyz", timeout=1.5)
        except Unavailable:
            return False
        return answer.status == 200

    async def refusals(self) -> RefusedAtGate:
        """What the instance that answers has refused; see ``backend.ports.FaceService``."""
        answer = await self._transport.send(
            "faces", "GET", f"{self._url}/v1/refusals", headers=self._headers, timeout=3.0
        )
        if answer.status != 200:
            raise no_answer()
        told = answer.read(Refusals)
        return RefusedAtGate(told.process, {kind.value: many for kind, many in told.sums.items()})

    async def _ask(self, what: Question, question: Frames) -> Verdict:
        answer = await self._transport.send(
            "faces",
            "POST",
            f"{self._url}/v1/{what}",
            headers=self._headers,
            content=question.model_dump_json().encode(),
            timeout=self._timeout,
        )
        if answer.status == 429:
            told = answer.headers.get("retry-after", "")
            wait = float(told) if told.isdecimal() else WAIT
            raise TooMany(BUSY, code=ProblemCode.BUSY, retry_after=wait)
        if answer.status != 200:
            raise no_answer()
        return answer.read(Verdict)
