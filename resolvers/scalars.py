"""The scalars of the schema beyond GraphQL's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any, NewType

import orjson
import strawberry
from strawberry.types.scalar import ScalarDefinition

from backend.errors import FieldProblem, Invalid, ProblemCode, Text

BEIJING = timezone(timedelta(hours=8))
"""The zone in which times are shown; legal time has no summer time (since 1992)."""

_NOT_AN_OBJECT = Text("答案须为对象。", "Answers must be an object.")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

LARGEST_JSON = 64 * 1024
LARGEST_EXACT = 2**53 - 1
"""The largest integer that JavaScript holds exactly."""

Fen = NewType("Fen", int)
"""Money in fen (分), a hundredth of a yuan."""

Json = NewType("Json", object)
"""A JSON value of at most 64 KiB, such as the answers to a form."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request, in memory; nothing has looked at it yet."""

    file_name: str
    media_type: str
    """As the client claims it."""
    content: bytes = b""

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, hex."""
        return sha256(self.content).hexdigest()

    def __repr__(self) -> str:
        """Size only: names and contents are people's."""
        return f"Upload({len(self.content)} bytes)"


def _read_date(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("Expected a date such as 2026-11-30.")
    return date.fromisoformat(value)


def _read_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("Expected a time such as 2026-11-30T09:00:00+08:00.")  # noqa: TRY004 - as below
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("A time needs its zone, such as +08:00.")
    return moment


def _show_time(moment: datetime) -> datetime:
    """In Beijing time; it is written when the answer becomes bytes, as ``isoformat`` would and much sooner."""
    if moment.tzinfo is None:
        raise TypeError("a time without zone")
    return moment.astimezone(BEIJING)


def _read_fen(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_EXACT:
        raise ValueError("Expected an amount in whole fen.")
    return value


def _read_json(value: object) -> object:
    try:
        size = len(orjson.dumps(value))
    except orjson.JSONEncodeError:
        raise ValueError("Expected a JSON value that is not nested too deeply.") from None
    if size > LARGEST_JSON:
        raise ValueError(f"A JSON value has at most {LARGEST_JSON} bytes.")
    return value


def _read_upload(value: object) -> Upload:
    if not isinstance(value, Upload):
        raise ValueError("A file comes with a multipart request, see the GraphQL multipart request spec.")  # noqa: TRY004 - graphql-core reports ValueError as bad input
    return value


def _never_shown(_value: Any) -> Any:
    raise TypeError("a file is never part of an answer")


SCALARS: Mapping[object, ScalarDefinition] = {
    date: strawberry.scalar(
        name="Date", description="A day, ISO 8601.", serialize=date.isoformat, parse_value=_read_date
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment, ISO 8601 with its zone; shown in Beijing time.",
        serialize=_show_time,
        parse_value=_read_time,
    ),
    Fen: strawberry.scalar(
        name="Fen",
        description="Money in whole fen (分); beyond 32 bit, within what a JavaScript number holds exactly.",
        serialize=_read_fen,
        parse_value=_read_fen,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="A JSON value of at most 64 KiB.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        parse_value=_read_json,
    ),
    Upload: strawberry.scalar(
        name="Upload",
        description="A file of a GraphQL multipart request.",
        serialize=_never_shown,
        parse_value=_read_upload,
    ),
}


def answers_in(given: object, *path: str) -> dict[str, object]:
    """Answers to a form, as the JSON of the argument at ``path`` holds them. Raises ``Invalid(INVALID_ANSWERS)``."""
    if not isinstance(given, dict):
        raise Invalid(
            _NOT_AN_OBJECT, code=ProblemCode.INVALID_ANSWERS, fields=(FieldProblem(path, _NOT_AN_OBJECT),)
        )
    return given
