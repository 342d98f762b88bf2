"""The platform's status page: what it holds and how it behaves, without personal data."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from integrations.sandbox.province.scenario import Mode, Scenario

_WORDS = {"21": "受理", "22": "不受理", "40": "出证", "46": "办结", "41": "退回"}
_PAGE = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>{name}平台（沙箱）</title>
<style>body{{font:16px/1.5 sans-serif;margin:2rem;max-width:70rem}}
td,th{{text-align:left;padding:.3rem 1rem .3rem 0;border-bottom:1px solid #ccc}}</style>
<h1>{name}民政一体化平台（沙箱）</h1>
<p>A made-up platform for trying Jinmin out. 当前情景 scenario: <b>{mode}</b>，间隔 delay: {delay} s</p>
<p>办件 cases: {cases}，待回调 callbacks waiting: {waiting}，回流记录 records: {records}</p>
<p>可选情景 scenarios: <code>{modes}</code>，<code>POST admin/scenario</code>；<code>POST admin/reset</code> 清空。</p>
<table><tr><th>办件编号</th><th>省内编号</th><th>投递次数 lodged</th><th>材料</th><th>回调 callbacks</th></tr>
{rows}</table></html>
"""
_ROW = "<tr><td>{case}</td><td>{external}</td><td>{lodged}</td><td>{materials}</td><td>{said}</td></tr>"


def status_page(
    name: str, scenario: Scenario, cases: Sequence[dict[str, Any]], totals: Mapping[str, int]
) -> str:
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
    return _PAGE.format(
        name=escape(name),
        mode=scenario.mode.value,
        delay=scenario.delay_seconds,
        rows=rows,
        modes=" ".join(Mode),
        **totals,
    )


def _said(callback: dict[str, Any]) -> str:
    word = _WORDS[callback["linkCode"] + callback["resultCode"]]
    return word if callback["sentAt"] else f"{word}（待发送 waiting, {callback['tries']}）"
