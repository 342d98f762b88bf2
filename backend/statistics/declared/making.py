"""Short ways to say what an indicator of one kind is."""

from collections.abc import Sequence

from backend.casework.definitions import Domain, Standing
from backend.errors import Text
from backend.statistics.indicators import (
    GRANTED,
    IN_FORCE,
    Amount,
    Cadence,
    Indicator,
    Kind,
    Measure,
    Source,
    Split,
)

PERSONS = Text("人", "people")
HOUSEHOLDS = Text("户", "households")
TIMES = Text("人次", "times")
CASES = Text("件", "cases")
COUPLES = Text("对", "couples")
BODIES = Text("具", "bodies")
BEDS = Text("张", "beds")
PLACES = Text("个", "places")
HOURS = Text("小时", "hours")
YUAN_A_MONTH = Text("元/月", "yuan a month")
TEN_THOUSAND_YUAN = Text("万元", "10,000 yuan")
PERCENT = Text("%", "%")
ALL_SPLITS = (Split.SEX, Split.AGE, Split.AREA)
URBAN, RURAL = "U", "R"


def in_force(
    code: str,
    name: Text,
    items: Sequence[str],
    domain: Domain,
    definition: Text,
    *,
    unit: Text = PERSONS,
    amount: Amount = Amount.STOCK,
    marks: Sequence[str] = (),
    area: str | None = None,
    splits: tuple[Split, ...] = ALL_SPLITS,
    public: bool = False,
) -> Indicator:
    """A stock: benefits that were granted and not ended by the end of the period."""
    return Indicator(
        code=code,
        name=name,
        unit=unit,
        domain=domain,
        kind=Kind.STOCK,
        measure=Measure(amount, IN_FORCE, tuple(items), marks=frozenset(marks) or None, area=area),
        splits=tuple(split for split in splits if split is not Split.AREA or area is None),
        definition=definition,
        public=public,
    )


def granted(
    code: str,
    name: Text,
    items: Sequence[str],
    domain: Domain,
    definition: Text,
    *,
    unit: Text = PERSONS,
    amount: Amount = Amount.CASES,
    marks: Sequence[str] = (),
    splits: tuple[Split, ...] = ALL_SPLITS,
    source: Source = Source.CASES,
    cadence: Cadence = Cadence.MONTH,
    public: bool = False,
) -> Indicator:
    """A flow: cases that were approved in the period."""
    return Indicator(
        code=code,
        name=name,
        unit=unit,
        domain=domain,
        kind=Kind.FLOW,
        source=source,
        measure=Measure(amount, GRANTED, tuple(items), marks=frozenset(marks) or None),
        splits=splits,
        cadence=cadence,
        definition=definition,
        public=public,
    )


def standard(
    code: str, name: Text, item: str, domain: Domain, definition: Text, *, area: str | None = None
) -> Indicator:
    """平均标准: the monthly standards of all in force by how many they are; published in yuan, kept in fen."""
    return Indicator(
        code=code,
        name=name,
        unit=YUAN_A_MONTH,
        domain=domain,
        kind=Kind.AVERAGE,
        measure=Measure(Amount.STANDARD, IN_FORCE, (item,), area=area),
        over=Measure(Amount.STOCK, IN_FORCE, (item,), area=area),
        decimals=2,
        definition=definition,
        public=True,
    )


def typed(
    code: str,
    name: Text,
    unit: Text,
    domain: Domain | None,
    definition: Text,
    *,
    kind: Kind = Kind.STOCK,
    cadence: Cadence = Cadence.QUARTER,
    decimals: int = 0,
    standing: Standing = Standing.UNVERIFIED,
    public: bool = False,
    source: Source = Source.TYPED,
) -> Indicator:
    """What no case tells: typed by the organ, and counted among what was typed."""
    return Indicator(
        code=code,
        name=name,
        unit=unit,
        domain=domain,
        kind=kind,
        source=source,
        cadence=cadence,
        decimals=decimals,
        definition=definition,
        code_standing=standing,
        public=public,
    )
