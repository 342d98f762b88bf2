"""Documents as pages: an A4 PDF in the form of an official notice, with a QR code to check it by.

The same input makes the same bytes. Everything a person wrote reaches the template as data, so that
nothing in it is taken for markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import segno

from backend.casework.certificates.typesetting import set_page
from backend.casework.certificates.wording import NAMES, REMEDY, Receipt
from backend.kit.days import chinese_day


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
    expires_on: date | None = None
    issue: int = 1

    def rows(self) -> tuple[tuple[str, str], ...]:
        """The facts, label and value."""
        optional = (
            ("结果文号", self.result_number),
            ("发放标准", None if self.monthly_fen is None else f"每月人民币 {yuan(self.monthly_fen)} 元"),
            ("起发年月", None if self.paid_from is None else _month(self.paid_from)),
            ("有效期至", None if self.expires_on is None else chinese_day(self.expires_on)),
            ("理由", self.reason),
        )
        return (
            ("办理结果", "准予" if self.approved else "不予"),
            *((label, value) for label, value in optional if value is not None),
            ("依据", "；".join(self.basis)),
        )


def render_result(document: ResultDocument) -> bytes:
    """The PDF of a result. Takes some tenths of a second: a job, not a request."""
    opening = f"您申请的“{document.item_name}”事项，我单位已依法审核完毕，现将结果通知如下："
    return _render(
        document,
        title=document.title + (f"（补发第{document.issue - 1}次）" if document.issue > 1 else ""),
        opening=opening,
        rows=document.rows(),
        closing=REMEDY,
        good=document.approved,
    )


def render_receipt(document: Receipt) -> bytes:
    """The PDF of a notice on the way to a result."""
    return _render(
        document,
        title=NAMES[document.kind].zh,
        opening=document.opening(),
        rows=document.rows(),
        closing=document.closing(),
        good=None,
    )


def _render(
    document: ResultDocument | Receipt,
    *,
    title: str,
    opening: str,
    rows: Sequence[tuple[str, str]],
    closing: str,
    good: bool | None,
) -> bytes:
    told = {
        "title": title,
        "case_number": document.case_number,
        "applicant_masked": document.applicant_masked,
        "organ_name": document.organ_name,
        "opening": opening,
        "rows": rows,
        "good": good,
        "closing": closing,
        "verify_url": document.verify_url,
        "issued_on": chinese_day(document.issued_on),
        "code": " ".join(document.code[place : place + 4] for place in range(0, len(document.code), 4)),
        "qr": segno.make(document.verify_url, error="m").svg_inline(scale=4, border=0),
    }
    return set_page("backend.casework.certificates", "notice.typ", told, day=document.issued_on)


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: 10000 → ``100.00``."""
    return f"{fen // 100}.{fen % 100:02d}"


def _month(text: str) -> str:
    year, _, month = text.partition("-")
    return f"{year}年{int(month)}月"
