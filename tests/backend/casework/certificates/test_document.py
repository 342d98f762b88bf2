"""The result document as it is printed: the same bytes each time, every sign of it there, and a QR code that leads back."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from hashlib import sha256

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from backend.casework.certificates.document import ResultDocument, render_result, yuan

GRANTED = ResultDocument(
    title="高龄津贴审核结果通知书",
    case_number="11330521MB1234567G4000511001000202611250001",
    item_name="高龄津贴发放",
    applicant_masked="沈**",
    organ_name="德清县民政局",
    approved=True,
    reason=None,
    result_number="浙民决字7号",
    monthly_fen=10_000,
    paid_from="2026-12",
    basis=("《中华人民共和国老年人权益保障法》第33条", "《各地高龄津贴实施办法》"),
    issued_on=date(2026, 11, 25),
    code="7KXAMDRBRXZP66K9JX6G5HG9",
    verify_url="http://jinmin.test/verify/7KXAMDRBRXZP66K9JX6G5HG9",
)
DENIED = replace(
    GRANTED, approved=False, reason="申请人未满80周岁。", result_number=None, monthly_fen=None, paid_from=None
)


ELSEWHERE = """
from hashlib import sha256
from backend.casework.certificates.document import render_result
from tests.backend.casework.certificates.test_document import GRANTED
print(sha256(render_result(GRANTED)).hexdigest())
"""


def pages(pdf: bytes) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.render(scale=2).to_pil().convert("L") for page in document]


def text(pdf: bytes) -> str:
    """Everything that is printed, without the spaces that a layout puts between."""
    document = pypdfium2.PdfDocument(pdf)
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def test_the_same_input_makes_the_same_bytes_also_in_another_process() -> None:
    first = render_result(GRANTED)
    render_result(DENIED)
    assert render_result(replace(GRANTED)) == first
    elsewhere = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", ELSEWHERE],
        env={"TZ": "America/New_York", "LANG": "C", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    assert elsewhere == sha256(first).hexdigest()
    assert render_result(replace(GRANTED, issued_on=date(2026, 11, 26))) != first


def test_everything_of_a_grant_is_printed() -> None:
    printed = text(render_result(GRANTED))
    for told in (
        "德清县民政局",
        "高龄津贴审核结果通知书",
        "申办流水号：11330521MB1234567G4000511001000202611250001",
        "沈**：",
        "“高龄津贴发放”",
        "办理结果准予",
        "结果文号浙民决字7号",
        "发放标准每月人民币100.00元",
        "起发年月2026年12月",
        "《中华人民共和国老年人权益保障法》第33条；《各地高龄津贴实施办法》",
        "2026年11月25日",
        "六十日内依法申请行政复议",
        "http://jinmin.test/verify/7KXAMDRBRXZP66K9JX6G5HG9",
        "验证码7KXAMDRBRXZP66K9JX6G5HG9",
    ):
        assert told in printed
    assert "理由" not in printed
    assert len(pages(render_result(GRANTED))) == 1


def test_a_denial_tells_its_reason_and_no_money() -> None:
    printed = text(render_result(DENIED))
    assert "办理结果不予" in printed
    assert "理由申请人未满80周岁。" in printed
    assert [word for word in ("结果文号", "发放标准", "起发年月", "准予") if word in printed] == []


def test_chinese_signs_have_shapes_of_their_own() -> None:
    """A missing glyph is drawn as the same empty box for every sign: then these pages would look alike."""
    (one,) = pages(render_result(replace(GRANTED, title="津贴")))
    (other,) = pages(render_result(replace(GRANTED, title="残疾")))
    difference = ImageChops.difference(one, other)
    box = difference.getbbox()
    assert box is not None
    left, top, right, bottom = box
    height = one.height
    # Two signs of 21 points in the middle of the head of the page, and nothing else.
    assert right - left < 120
    assert top > 0.1 * height
    assert bottom < 0.3 * height
    ink = sum(one.crop(box).histogram()[:128])
    assert 0.05 < ink / ((right - left) * (bottom - top)) < 0.6


def test_every_sign_of_a_name_is_in_the_font_or_told_apart() -> None:
    names = ("德清县民政局", "杭州市钱塘区民政局", "呼和浩特市新城区民政局", "喀什地区疏勒县民政局")
    for name in names:
        assert text(render_result(replace(GRANTED, organ_name=name))).count(name) == 3


def test_the_qr_code_leads_to_the_page_that_verifies_it() -> None:
    (page,) = pages(render_result(GRANTED))
    (found,) = zxingcpp.read_barcodes(page)
    assert (found.text, found.format) == (GRANTED.verify_url, zxingcpp.BarcodeFormat.QRCode)


def test_what_people_wrote_is_never_taken_for_markup() -> None:
    hostile = '#panic("x") #image("/etc/passwd") $x^2$ *bold* _it_ ] } \\ " <label> @ref // comment'
    printed = text(render_result(replace(DENIED, reason=hostile, organ_name=hostile)))
    assert printed.count("".join(hostile.split())) == 4


def test_a_long_reason_runs_on_and_keeps_the_qr_code() -> None:
    pdf = render_result(replace(DENIED, reason="经核查，申请人不符合享受条件。" * 130))
    assert text(pdf).count("享") == 130
    assert len(pages(pdf)) == 3
    assert [found.text for page in pages(pdf) for found in zxingcpp.read_barcodes(page)] == [
        DENIED.verify_url
    ]


@pytest.mark.parametrize(
    ("fen", "told"), [(0, "0.00"), (5, "0.05"), (10_000, "100.00"), (123_456_789, "1234567.89")]
)
def test_fen_are_told_as_yuan(fen: int, told: str) -> None:
    assert yuan(fen) == told


@given(st.integers(0, 10**12))
def test_no_fen_is_lost(fen: int) -> None:
    whole, _, rest = yuan(fen).partition(".")
    assert (len(rest), int(whole) * 100 + int(rest)) == (2, fen)
