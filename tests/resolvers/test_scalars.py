from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from resolvers.scalars import LARGEST_EXACT, LARGEST_JSON, SCALARS, Fen, Json, Upload


def read(kind: object, value: object) -> Any:
    parse = SCALARS[kind].parse_value
    assert parse is not None
    return parse(value)


def show(kind: object, value: object) -> Any:
    serialize = SCALARS[kind].serialize
    assert serialize is not None
    return serialize(value)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_moment_is_shown_in_beijing_time() -> None:
    shown = show(datetime, datetime(2026, 11, 30, 16, 30, tzinfo=UTC))
    assert orjson.dumps(shown) == b'"2026-12-01T00:30:00+08:00"'
    with pytest.raises(TypeError):
        show(datetime, datetime(2026, 11, 30))  # noqa: DTZ001 - a naive time is what is refused


def test_a_moment_is_read_with_its_zone() -> None:
    assert read(datetime, "2026-12-01T00:30:00+08:00") == datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
    assert read(datetime, "2026-11-30T16:30:00Z") == datetime(2026, 11, 30, 16, 30, tzinfo=UTC)


def test_a_day_is_read_and_shown() -> None:
    assert read(date, "2026-02-28") == date(2026, 2, 28)
    assert show(date, date(2026, 2, 28)) == "2026-02-28"


def test_money_goes_beyond_32_bits() -> None:
    assert read(Fen, 3_000_000_000) == show(Fen, 3_000_000_000) == 3_000_000_000


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (date, "2026-02-30"),
        (date, "20260228"),
        (date, 20260228),
        (date, "2026-W09-1"),
        (datetime, "2026-11-30T16:30:00"),
        (datetime, "yesterday"),
        (datetime, 5),
        (Fen, 1.5),
        (Fen, True),
        (Fen, "7"),
        (Fen, LARGEST_EXACT + 1),
        (Json, "x" * LARGEST_JSON),
        (Json, nested(300)),
        (Json, 2**70),
        (Upload, "a file"),
        (Upload, None),
    ],
)
def test_unfit_values_are_refused(kind: object, value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(kind, value)


def test_any_small_json_value_passes() -> None:
    answers = {"phone": "1", "list": [1, None, {"deep": True}]}
    assert read(Json, answers) is answers


def test_a_file_is_never_shown_and_does_not_print_itself() -> None:
    upload = Upload("photo of somebody.jpg", "image/jpeg", b"123")
    assert repr(upload) == "Upload(3 bytes)"
    with pytest.raises(TypeError):
        show(Upload, upload)
