"""Two items for tests of the catalogue's machine, and the organs that decide on them."""

from backend.casework.definitions import (
    Basis,
    Domain,
    Level,
    LifeEvent,
    Limit,
    Limits,
    LimitUnit,
    Parameter,
    ServiceItem,
    Standing,
    Step,
    StepKind,
    Unit,
)
from backend.errors import Text
from backend.kit.item_codes import credit_code
from tests.support.items import an_item

SOURCE = Basis(Text("试验办法", "Rules for tests"), "1", Standing.PRACTICE)
LOCAL = Basis(Text("各地办法", "Local rules"), "", Standing.UNVERIFIED)

COUNTY_ORGAN = credit_code("11330521MB1234567")
OTHER_ORGAN = credit_code("11330521MB7777777")
PROVINCE_ORGAN = credit_code("11330000MB1234567")
CITY_ORGAN = credit_code("11330500MB1234567")

INTAKE = Step("intake", StepKind.INTAKE, Level.TOWNSHIP, Text("受理", "Intake"), days=3)


def _parameter(
    name: str, default: int | str, unit: Unit, low: int | None = None, high: int | None = None
) -> Parameter:
    return Parameter(name, Text(name, name), default, unit, low, high, LOCAL)


def _decision(delegable_to: Level | None) -> Step:
    name = Text("审批", "Decision")
    return Step("decision", StepKind.DECISION, Level.COUNTY, name, days=10, delegable_to=delegable_to)


def elderly_item(code: str, name: Text, delegable_to: Level | None = None) -> ServiceItem:
    """An item with three figures that regions may set and a promise of 15 out of 20 working days."""
    return an_item(
        base_code=code,
        name=name,
        domain=Domain.ELDERLY_CARE,
        life_events=(LifeEvent.RETIREMENT,),
        basis=(SOURCE,),
        parameters=(
            _parameter("minimum_age", 60, Unit.YEARS, 50, 100),
            _parameter("monthly_fen", 10_000, Unit.FEN, 0, 1_000_000),
            _parameter("list_code", "A", Unit.CODE),
        ),
        steps=(INTAKE, _decision(delegable_to)),
        limits=Limits(Limit(20, LimitUnit.WORKING_DAYS, SOURCE), promised_days=15),
    )


MEALS = elderly_item("000520901001", Text("助餐服务预约", "Meals for older people"), Level.TOWNSHIP)
BATHS = elderly_item("000520901002", Text("助浴服务预约", "Help with bathing"))
