"""What an indicator (指标) is: a frozen declaration of what is counted, in which unit, how often and since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.casework.definitions import Domain, Standing, UnsoundDefinition
from backend.casework.lifecycle import CaseEventKind
from backend.errors import Text


class Kind(StrEnum):
    """Stock and flow are kept apart: one is what there is at the end, the other what happened meanwhile."""

    FLOW = "FLOW"
    """时期数: what happened in the period; periods add up."""
    STOCK = "STOCK"
    """时点数: what there is at the end of the period; periods do not add up."""
    AVERAGE = "AVERAGE"
    """平均数: an amount in fen by what it is of."""
    RATIO = "RATIO"
    """比率: a part by its whole, in percent."""


class Source(StrEnum):
    """Where a value comes from."""

    CASES = "CASES"
    """Folded from the facts of cases; nobody types it."""
    CASES_AND_TYPED = "CASES_AND_TYPED"
    """From cases, and typed what was done without this platform: typed parts are told apart."""
    REGISTER = "REGISTER"
    """From the register of divisions."""
    TYPED = "TYPED"
    """Typed by the organ: what no case tells."""


class Cadence(StrEnum):
    """How often it is reported at least."""

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


class Split(StrEnum):
    """By what a total is broken down beside the division."""

    SEX = "SEX"
    AGE = "AGE"
    AREA = "AREA"
    DOMAIN = "DOMAIN"


class Amount(StrEnum):
    """Which column of a fact is summed."""

    CASES = "cases"
    PEOPLE = "people"
    STOCK = "stock"
    STOCK_PEOPLE = "stock_people"
    STANDARD = "standard_fen"
    """What those in force are paid by the standard, monthly, in fen."""


AGES = ("0-17", "18-59", "60-64", "65-79", "80-89", "90-99", "100+", "unknown")
"""Age bands in full years on the day of the event; the last is for who has no known date of birth."""
AGE_BOUNDS = (18, 60, 65, 80, 90, 100)
AREAS = ("U", "R", "-")
"""城镇, 农村, not known: by the kind of township (街道, or 镇 and 乡) that the case was applied for in."""

K = CaseEventKind
RECEIVED = (K.SUBMITTED,)
ACCEPTED = (K.ACCEPTED, K.DEEMED_ACCEPTED)
GRANTED = (K.APPROVED,)
IN_FORCE = (K.APPROVED, K.BENEFIT_ENDED)
"""What changes how many benefits there are."""
FINISHED = (K.RESULT_ISSUED, K.NOT_ACCEPTED, K.RETURNED, K.WITHDRAWN, K.FORWARDED, K.TERMINATED)
COUNTED = frozenset((*RECEIVED, *ACCEPTED, *GRANTED, K.REFUSED, *FINISHED, K.EVALUATED, K.BENEFIT_ENDED))
"""The events that leave a fact."""

ON_TIME, LATE = "ON_TIME", "LATE"
ONLINE, WINDOW, CROSS = "ONLINE", "WINDOW", "_CROSS"
"""Marks of a receipt; ``_CROSS`` follows where the applicant's household is in another province."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Which facts are summed, and what of them."""

    amount: Amount
    events: tuple[CaseEventKind, ...]
    items: tuple[str, ...] = ()
    """Base codes; none means every item."""
    domain: Domain | None = None
    """Only items of this domain, where no items are named."""
    marks: frozenset[str] | None = None
    area: str | None = None

    @property
    def is_stock(self) -> bool:
        """Whether it sums everything up to the end of a period instead of what was in it."""
        return self.amount in {Amount.STOCK, Amount.STOCK_PEOPLE, Amount.STANDARD}

    def counts(self, kind: str, item_code: str, domains: Mapping[str, str]) -> bool:
        """Whether events of this kind and item are in it; ``domains`` gives the domain of each item."""
        if kind not in self.events:
            return False
        if self.items:
            return item_code in self.items
        return self.domain is None or domains.get(item_code) == self.domain.value

    def takes(self, mark: str, area: str) -> bool:
        """Whether those of this mark and area are."""
        return (self.marks is None or mark in self.marks) and (self.area is None or area == self.area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One line of a statistical form."""

    code: str
    """12 characters of the official form, or ours: ``JM`` and the domain, where none was seen."""
    name: Text
    unit: Text
    domain: Domain | None = None
    kind: Kind
    source: Source = Source.CASES
    measure: Measure | None = None
    over: Measure | None = None
    """What an average or a ratio is of."""
    cadence: Cadence = Cadence.MONTH
    splits: tuple[Split, ...] = ()
    decimals: int = 0
    valid_from: date = date(2024, 1, 1)
    valid_until: date | None = None
    """Codes change between versions of the form: the last day of this one."""
    definition: Text
    code_standing: Standing = Standing.UNVERIFIED
    public: bool = False
    """Whether it is in the bulletin; never together with all parts of a sum that it is."""

    def __post_init__(self) -> None:
        """Refuse a declaration that contradicts itself."""
        wrong = list(self._problems())
        if wrong:
            raise UnsoundDefinition(f"{self.code}: {'; '.join(wrong)}")

    def _problems(self) -> Sequence[str]:
        computed = self.source in {Source.CASES, Source.CASES_AND_TYPED}
        checks = (
            (computed == (self.measure is None), "a computed indicator, and no other, has a measure"),
            (
                (self.kind in {Kind.AVERAGE, Kind.RATIO}) != (self.over is not None),
                "an average or a ratio is of something, a count is not",
            ),
            (
                self.kind is Kind.STOCK
                and self.measure is not None
                and self.measure.amount not in {Amount.STOCK, Amount.STOCK_PEOPLE},
                "a stock sums steps of a stock",
            ),
            (self.over is not None and bool(self.splits), "only counts are split"),
            (
                self.valid_until is not None and self.valid_until < self.valid_from,
                "valid until before it begins",
            ),
            (not 4 <= len(self.code) <= 20, "a code has 4 to 20 characters"),
        )
        return [problem for broken, problem in checks if broken]

    @property
    def typed(self) -> bool:
        """Whether a value may be typed."""
        return self.source in {Source.TYPED, Source.CASES_AND_TYPED}

    @property
    def additive(self) -> bool:
        """Whether divisions add up to their parent by the value alone."""
        return self.over is None

    def valid_in(self, first: date, last: date) -> bool:
        """Whether it is in force on every day of a period."""
        return self.valid_from <= first and (self.valid_until is None or last <= self.valid_until)
