"""What in the catalogue still needs a lawyer's or an official's eye: the list behind ``catalogue audit``."""

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum

from backend.casework.catalogue.conformity import deviations
from backend.casework.catalogue.current import CodeBook
from backend.casework.catalogue.reports import MOST_TOLD
from backend.casework.catalogue.transfer import Selection, editions
from backend.casework.definitions import Basis, ServiceItem, Standing
from backend.casework.machine import Casework

ASSIGNED_HERE = "assigned-here"


class FindingKind(StrEnum):
    """What is found."""

    ASSIGNED_CODE = "ASSIGNED_CODE"
    """No official list gave the base code."""
    UNVERIFIED_BASIS = "UNVERIFIED_BASIS"
    """The item's legal basis was not read in its text."""
    UNVERIFIED_FIGURE = "UNVERIFIED_FIGURE"
    """A figure's national default has no source that was read."""
    UNVERIFIED_RULE = "UNVERIFIED_RULE"
    UNVERIFIED_LIMIT = "UNVERIFIED_LIMIT"
    NOT_CONFORMING = "NOT_CONFORMING"
    """An edition that was accepted once and departs from today's standard; what departs does not count."""
    NOT_OFFERED = "NOT_OFFERED"
    """No division names an organ for the item."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that needs an eye."""

    kind: FindingKind
    item_code: str
    item_name: str
    subject: str
    """The figure, rule, basis, code or division it is about."""
    detail: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All findings about the standards; of editions the first, with the number of all."""

    findings: tuple[Finding, ...]
    editions: int
    not_conforming: int


async def audited(work: Casework, selection: Selection | None = None) -> AuditReport:
    """Look through the standards and through the selected editions, which are streamed."""
    chosen = selection or Selection()
    codes = await work.catalogue.codes()
    items = [item for key, item in work.standards.by_code.items() if not chosen.items or key in chosen.items]
    findings = [finding for item in items for finding in _of_item(item, codes)]
    count, departing, offered = 0, 0, set[str]()
    async with aclosing(editions(chosen)) as drafts:
        async for draft in drafts:
            item = work.standards.by_code.get(draft.item_code)
            if item is None:
                continue
            count += 1
            if draft.organ_credit_code:
                offered.add(draft.item_code)
            wrong = deviations(item, draft)
            departing += bool(wrong)
            if wrong and departing <= MOST_TOLD:
                told = "; ".join(f"{one.field}: {one.message.en}" for one in wrong)
                findings.append(_finding(FindingKind.NOT_CONFORMING, item, draft.division, told))
    findings += [
        _finding(FindingKind.NOT_OFFERED, item, "", "no division names an organ")
        for item in items
        if item.base_code not in offered
    ]
    return AuditReport(tuple(findings), count, departing)


def _of_item(item: ServiceItem, codes: CodeBook) -> Iterator[Finding]:
    given = codes.of(item)
    if given.source == ASSIGNED_HERE:
        yield _finding(FindingKind.ASSIGNED_CODE, item, given.code, "no official list gave it")
    for basis in item.basis:
        if basis.standing is Standing.UNVERIFIED:
            yield _finding(FindingKind.UNVERIFIED_BASIS, item, _titled(basis), "")
    for parameter in item.parameters:
        if parameter.basis.standing is Standing.UNVERIFIED:
            told = f"default {parameter.default} {parameter.unit}, from {_titled(parameter.basis)}"
            yield _finding(FindingKind.UNVERIFIED_FIGURE, item, parameter.name, told)
    for rule in item.rules:
        if rule.basis.standing is Standing.UNVERIFIED:
            yield _finding(FindingKind.UNVERIFIED_RULE, item, rule.code, _titled(rule.basis))
    statutory = item.limits.statutory
    if statutory.basis.standing is Standing.UNVERIFIED:
        told = f"{statutory.days} {statutory.unit.value}, from {_titled(statutory.basis)}"
        yield _finding(FindingKind.UNVERIFIED_LIMIT, item, "statutory", told)


def _titled(basis: Basis) -> str:
    return f"{basis.title.zh} {basis.article}".strip()


def _finding(kind: FindingKind, item: ServiceItem, subject: str, detail: str) -> Finding:
    return Finding(kind, item.base_code, item.name.zh, subject, detail)
