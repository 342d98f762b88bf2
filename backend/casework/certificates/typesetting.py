"""Pages set by typst with the font that ships with the house. What people wrote goes in as data, never as markup.

The same input makes the same bytes. A page takes some tenths of a second: not on the event loop.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Literal

import orjson
import typst

from backend.kit import clock

FONT = "Droid Sans Fallback"
PIXELS_PER_INCH = 144.0


def set_page(
    package: str,
    template: str,
    told: Mapping[str, object],
    *,
    form: Literal["pdf", "png", "svg"] = "pdf",
    day: date | None = None,
) -> bytes:
    """A template of a package, filled with ``told`` and the name of the font; a PDF says that it was made on ``day``."""
    midnight = None if day is None else datetime(day.year, day.month, day.day, tzinfo=clock.ZONE)
    path = files(package).joinpath("templates", template)
    made = typst.Compiler(str(path), font_paths=_fonts()).compile(
        format=form,
        ppi=PIXELS_PER_INCH,
        sys_inputs={"data": orjson.dumps({**told, "font": FONT}).decode()},
        timestamp=None if midnight is None else int(midnight.astimezone(UTC).timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("the template makes one file")
    return made


@cache
def _fonts() -> typst.Fonts:
    """The shipped font, read once; the system's fonts would make the same input look different elsewhere."""
    fonts = files("backend.casework.certificates").joinpath("fonts")
    return typst.Fonts(include_system_fonts=False, font_paths=[str(fonts)])
