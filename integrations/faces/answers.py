"""What the service is asked, and its answers: pictures and templates in, a verdict out."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from pydantic import ValidationError

from backend.ports import FaceOutcome
from integrations.faces import templates
from integrations.faces.challenge import (
    EMBEDDING,
    MODEL,
    Embedding,
    Seen,
    Unusable,
    judge,
    refuse_unseen,
    to_compare,
)
from integrations.faces.messages import (
    UNREADABLE,
    AgainstReference,
    AgainstTemplate,
    Frames,
    Question,
    Template,
    Verdict,
)


class Eye(Protocol):
    """What the engine does."""

    def see(self, content: bytes, before: Seen | None = None) -> Seen:
        """The one face in a picture. Raises ``Unusable``."""
        ...


def answer(eye: Eye, question: Question, body: bytes) -> bytes:
    """The JSON of a ``Verdict``, or ``UNREADABLE``. Raises ``MemoryError``, and whatever is a bug."""
    try:
        verdict = ANSWERS[question](eye, body)
    except ValidationError:
        return UNREADABLE
    return verdict.model_dump_json(exclude_none=True).encode()


def _verify(eye: Eye, body: bytes) -> Verdict:
    question = AgainstReference.model_validate_json(body)
    outcome, _ = _look(eye, question, partial(_pictured, eye, question), plain=1)
    return Verdict(outcome=outcome, model=MODEL)


def _enrol(eye: Eye, body: bytes) -> Verdict:
    question = AgainstReference.model_validate_json(body)
    outcome, seen = _look(eye, question, partial(_pictured, eye, question), plain=templates.FRAMES)
    if outcome is not FaceOutcome.MATCH:
        return Verdict(outcome=outcome, model=MODEL)
    if len(seen) < templates.FRAMES:
        return Verdict(outcome=FaceOutcome.MOTION_NOT_SEEN, model=MODEL)
    straightest = sorted(seen, key=lambda frame: abs(frame.yaw))[: templates.FRAMES]
    rotated, secret = templates.make([frame.describe() for frame in straightest])
    template = Template(model=EMBEDDING, rotated=rotated, secret=secret)
    return Verdict(outcome=outcome, model=MODEL, template=template)


def _compare(eye: Eye, body: bytes) -> Verdict:
    question = AgainstTemplate.model_validate_json(body)
    outcome, _ = _look(eye, question, partial(_enrolled, question.template), plain=1)
    return Verdict(outcome=outcome, model=MODEL)


def _pictured(eye: Eye, question: AgainstReference) -> Callable[[], Embedding]:
    try:
        return eye.see(question.reference).describe
    except Unusable:
        raise Unusable(FaceOutcome.REFERENCE_UNUSABLE) from None


def _enrolled(template: Template) -> Callable[[], Embedding]:
    found = templates.read(template.rotated, template.secret) if template.model == EMBEDDING else None
    if found is None:
        raise Unusable(FaceOutcome.TEMPLATE_OUTDATED)
    return lambda: found


def _look(
    eye: Eye, asked: Frames, known: Callable[[], Callable[[], Embedding]], *, plain: int
) -> tuple[FaceOutcome, Sequence[Seen]]:
    """The outcome, and the frames that were compared; each frame is looked at in the light of the one before.

    ``known`` finds the face to compare with, or raises ``Unusable``; what it gives describes that face.
    """
    if (refused := refuse_unseen(asked.frames, asked.motions, plain)) is not None:
        return refused, ()
    seen: list[Seen] = []
    try:
        describe = known()
        for frame in asked.frames:
            seen.append(eye.see(frame, seen[-1] if seen else None))
    except Unusable as unusable:
        return unusable.outcome, ()
    return judge(seen, describe, asked.motions), to_compare(seen, asked.motions)


ANSWERS: Mapping[Question, Callable[[Eye, bytes], Verdict]] = {
    Question.VERIFY: _verify,
    Question.ENROL: _enrol,
    Question.COMPARE: _compare,
}
