"""Every expected refusal of the house, as one short tree.

::

    Refusal
    ├── NotSignedIn          no valid token            → top-level error UNAUTHENTICATED
    ├── Forbidden            signed in, but lacks the role or the level
    │   └── StepUpNeeded     a higher or fresher assurance is asked for
    ├── NotFound             not there, or not yours: the same answer
    ├── Invalid              input of the wrong shape or content; names its fields
    ├── Conflict             the state of things does not allow it now
    ├── TooMany              a limit was reached; says when to come back
    └── Unavailable          an outside system does not answer; nothing was done

A refusal is a value of the API: mutations return it as ``Problem``, queries raise it as a
top-level error with ``extensions.code``. Everything that is not a ``Refusal`` is a bug and is
masked with a reference id.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from backend.viewer import AssuranceLevel


class ProblemCode(StrEnum):
    """What went wrong, for programs. Codes are only ever added."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    STEP_UP_NEEDED = "STEP_UP_NEEDED"
    CONSENT_NEEDED = "CONSENT_NEEDED"
    OUTSIDE_MANDATE = "OUTSIDE_MANDATE"
    NOT_LICENSED = "NOT_LICENSED"
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN_ITEM = "UNKNOWN_ITEM"
    UNKNOWN_DIVISION = "UNKNOWN_DIVISION"
    WRONG_DIVISION = "WRONG_DIVISION"
    INVALID_INPUT = "INVALID_INPUT"
    INVALID_RESIDENT_ID = "INVALID_RESIDENT_ID"
    INVALID_DOCUMENT = "INVALID_DOCUMENT"
    DOCUMENT_EXPIRED = "DOCUMENT_EXPIRED"
    IDENTITY_MISMATCH = "IDENTITY_MISMATCH"
    IDENTITY_UNKNOWN = "IDENTITY_UNKNOWN"
    CODE_REFUSED = "CODE_REFUSED"
    INVALID_ANSWERS = "INVALID_ANSWERS"
    MATERIAL_MISSING = "MATERIAL_MISSING"
    PARTY_MISSING = "PARTY_MISSING"
    FILE_REFUSED = "FILE_REFUSED"
    LICENCE_NOT_FOUND = "LICENCE_NOT_FOUND"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    CHALLENGE_EXPIRED = "CHALLENGE_EXPIRED"
    CHALLENGE_FAILED = "CHALLENGE_FAILED"
    FACE_MISMATCH = "FACE_MISMATCH"
    FACE_UNUSABLE = "FACE_UNUSABLE"
    FACE_LOCKED = "FACE_LOCKED"
    PROOF_REFUSED = "PROOF_REFUSED"
    SLOT_TAKEN = "SLOT_TAKEN"
    NOTHING_WAITING = "NOTHING_WAITING"
    ALREADY_DONE = "ALREADY_DONE"
    STALE_VERSION = "STALE_VERSION"
    ILLEGAL_STATE = "ILLEGAL_STATE"
    TASK_TAKEN = "TASK_TAKEN"
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    SECOND_FACTOR_NEEDED = "SECOND_FACTOR_NEEDED"
    PHONE_REFUSED = "PHONE_REFUSED"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 - the name of a refusal
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    PERIOD_NOT_CLOSED = "PERIOD_NOT_CLOSED"
    INDICATOR_NOT_IN_FORCE = "INDICATOR_NOT_IN_FORCE"
    CHECKS_OPEN = "CHECKS_OPEN"
    TURNED_OFF = "TURNED_OFF"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
    BUSY = "BUSY"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for people, in Chinese and English; ``{name}`` parts are filled by the raiser."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """The sentence in ``language`` (a BCP 47 tag); Chinese unless English is asked for."""
        return self.en if language.lower().startswith("en") else self.zh

    def filled(self, **parts: object) -> "Text":
        """The same sentence with its ``{parts}`` filled in, in both languages."""
        return Text(self.zh.format(**parts), self.en.format(**parts))


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that is wrong: where (``("input", "answers", "phone")``) and why."""

    path: tuple[str | int, ...]
    message: Text


class Refusal(Exception):
    """An expected no: a code for programs, a sentence for people, and the fields it is about."""

    default_code = ProblemCode.ILLEGAL_STATE

    def __init__(
        self,
        message: Text,
        *,
        code: ProblemCode | None = None,
        fields: tuple[FieldProblem, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        self.code = code or self.default_code
        self.message = message
        self.fields = fields
        self.retry_after = retry_after
        """Seconds after which asking again makes sense, where that is known."""
        super().__init__(f"{self.code}: {message.en}")

    def about(self, *path: str | int) -> Self:
        """Itself, naming the one field it is about."""
        self.fields = (FieldProblem(path, self.message),)
        return self


class NotSignedIn(Refusal):
    """No access token, or one that is expired, revoked or not ours."""

    default_code = ProblemCode.UNAUTHENTICATED


class Forbidden(Refusal):
    """Signed in, but this viewer may not do this."""

    default_code = ProblemCode.FORBIDDEN


class StepUpNeeded(Forbidden):
    """The viewer must first prove more, or more freshly, who they are: to this level, within this time."""

    default_code = ProblemCode.STEP_UP_NEEDED

    def __init__(
        self,
        message: Text,
        *,
        level: AssuranceLevel = AssuranceLevel.REAL_NAME,
        within: timedelta | None = None,
    ) -> None:
        self.level = level
        self.within = within
        super().__init__(message)


class NotFound(Refusal):
    """Not there, or not visible to this viewer; the answer is the same on purpose."""

    default_code = ProblemCode.NOT_FOUND


class Invalid(Refusal):
    """Input of the wrong shape or content."""

    default_code = ProblemCode.INVALID_INPUT


class Conflict(Refusal):
    """Well-formed and allowed in general, but not in the present state."""

    default_code = ProblemCode.ILLEGAL_STATE


class TooMany(Refusal):
    """A limit of requests or attempts was reached."""

    default_code = ProblemCode.TOO_MANY_REQUESTS


class Unavailable(Refusal):
    """A system outside did not answer in time; nothing was changed here."""

    default_code = ProblemCode.UPSTREAM_UNAVAILABLE
    reached = True
    """Whether it may have heard us, and done what it was asked: false only where that is certain."""


class BadSettings(Exception):
    """The installation is set up wrongly; the text says what and how to mend it. Never a request's fault."""
