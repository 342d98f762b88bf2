"""The result document: an A4 PDF in the form of an official notice, with a QR code to check it by.

The same input makes the same bytes. Everything a person wrote reaches the template as data, so that
nothing in it is taken for markup.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files

import orjson
import segno
import typst

from backend.errors import Text
from backend.kit import clock

_FOLDER = files("backend.casework.certificates")
FONT = "Droid Sans Fallback"


@dataclass(frozen=True, slots=True)
class VerifiedResult:
    """What anybody may know who holds a document's code."""

    item_name: Text
    organ_name: str
    case_number: str
    applicant_masked: str
    approved: bool
    issued_on: date
    revoked: bool


@dataclass(frozen=True, slots=True)
class ResultDocument:
    """Everything that is printed."""

    title: str
    case_number: str
    item_name: str
    applicant_masked: str
    organ_name: str
    approved: bool
    reason: str | None
    result_number: str | None
    monthly_fen: int | None
    paid_from: str | None
    """``YYYY-MM``."""
    basis: tuple[str, ...]
    issued_on: date
    code: str
    verify_url: str


def render_result(document: ResultDocument) -> bytes:
    """The PDF. Takes some tenths of a second: a job, not a request."""
    told = {
        **asdict(document),
        "monthly": None if document.monthly_fen is None else yuan(document.monthly_fen),
        "paid_from": None if document.paid_from is None else _month(document.paid_from),
        "issued_on": f"{document.issued_on.year}年{document.issued_on.month}月{document.issued_on.day}日",
        "code": " ".join(document.code[place : place + 4] for place in range(0, len(document.code), 4)),
        "qr": segno.make(document.verify_url, error="m").svg_inline(scale=4, border=0),
        "font": FONT,
    }
    day = datetime(
        document.issued_on.year, document.issued_on.month, document.issued_on.day, tzinfo=clock.ZONE
    )
    pdf = _compiler().compile(
        format="pdf",
        sys_inputs={"document": orjson.dumps(told).decode()},
        timestamp=int(day.astimezone(UTC).timestamp()),
    )
    if not isinstance(pdf, bytes):
        raise TypeError("the template makes one PDF")
    return pdf


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: 10000 → ``100.00``."""
    return f"{fen // 100}.{fen % 100:02d}"


def _month(text: str) -> str:
    year, _, month = text.partition("-")
    return f"{year}年{int(month)}月"


@cache
def _fonts() -> typst.Fonts:
    """The shipped font, read once; the system's fonts would make the same input look different elsewhere."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(_FOLDER.joinpath("fonts"))])


def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_FOLDER.joinpath("templates", "result_notice.typ")), font_paths=_fonts())
