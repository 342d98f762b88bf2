"""The platform's status page: what it holds and how it behaves, without personal data."""

from collections.abc import Sequence
from html import escape
from typing import Any

from integrations.sandbox.zhejiang.scenario import Scenario

_WORDS = {"21": "受理", "22": "不受理", "40": "出证", "46": "办结", "41": "退回"}
_PAGE = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>浙江省平台（沙箱）</title>
<style>body{{font:16px/1.5 sans-serif;margin:2rem;max-width:70rem}}
td,th{{text-align:left;padding:.3rem 1rem .3rem 0;border-bottom:1px solid #ccc}}</style>
<h1>浙江省民政一体化平台（沙箱）</h1>
<p>A made-up platform for trying Jinmin out. 当前情景 scenario: <b>{mode}</b>，间隔 delay: {delay} s</p>
<table><tr><th>办件编号</th><th>省内编号</th><th>投递次数 lodged</th><th>材料</th><th>回调 callbacks</th></tr>
{rows}</table></html>
"""
_ROW = "<tr><td>{case}</td><td>{external}</td><td>{lodged}</td><td>{materials}</td><td>{said}</td></tr>"


def status_page(scenario: Scenario, cases: Sequence[dict[str, Any]]) -> str:
    """The page as HTML."""
    rows = "\n".join(
        _ROW.format(
            case=escape(case["caseNo"]),
            external=escape(case["externalCaseNo"]),
            lodged=case["lodged"],
            materials=len(case["materials"]),
            said=escape("，".join(_said(callback) for callback in case["callbacks"])),
        )
        for case in cases
    )
    return _PAGE.format(mode=scenario.mode.value, delay=scenario.delay_seconds, rows=rows)


def _said(callback: dict[str, Any]) -> str:
    word = _WORDS[callback["linkCode"] + callback["resultCode"]]
    return word if callback["sentAt"] else f"{word}（待发送 waiting, {callback['tries']}）"
