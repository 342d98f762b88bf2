"""A small catalogue for tests: items that say just what a test of the machine needs."""

from typing import Any

from backend.casework.definitions import (
    Basis,
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    LegalEffect,
    Level,
    LifeEvent,
    Limit,
    Limits,
    LimitUnit,
    OnlineDepth,
    Parameter,
    Result,
    ResultKind,
    ServiceItem,
    Standing,
    Step,
    StepKind,
    TaskType,
    Unit,
)
from backend.errors import Text
from backend.kit.item_codes import credit_code
from backend.viewer import AssuranceLevel

SOURCE = Basis(Text("试验办法", "Rules for tests"), "1", Standing.PRACTICE)
LOCAL = Basis(Text("各地办法", "Local rules"), "", Standing.UNVERIFIED)

COUNTY_ORGAN = credit_code("11330521MB1234567")
OTHER_ORGAN = credit_code("11330521MB7777777")
PROVINCE_ORGAN = credit_code("11330000MB1234567")
CITY_ORGAN = credit_code("11330500MB1234567")


def parameter(
    name: str, default: int | str, unit: Unit, low: int | None = None, high: int | None = None
) -> Parameter:
    return Parameter(name, Text(name, name), default, unit, low, high, LOCAL)


def made_item(code: str, name: str, english: str = "", **changed: Any) -> ServiceItem:
    """An item that the law has nothing against."""
    said: dict[str, Any] = {
        "base_code": code,
        "name": Text(name, english or name),
        "domain": Domain.ELDERLY_CARE,
        "life_events": (LifeEvent.RETIREMENT,),
        "task_type": TaskType.PUBLIC_SERVICE,
        "effect": LegalEffect.SERVICE,
        "basis": (SOURCE,),
        "assurance": AssuranceLevel.REAL_NAME,
        "form": Form((Field("wish", Text("需求", "What is needed"), FieldKind.TEXT),)),
        "parameters": (
            parameter("minimum_age", 60, Unit.YEARS, 50, 100),
            parameter("monthly_fen", 10_000, Unit.FEN, 0, 1_000_000),
            parameter("list_code", "A", Unit.CODE),
        ),
        "steps": (
            Step("intake", StepKind.INTAKE, Level.TOWNSHIP, Text("受理", "Intake"), days=3),
            Step(
                "decision",
                StepKind.DECISION,
                Level.COUNTY,
                Text("审批", "Decision"),
                days=10,
                delegable_to=Level.TOWNSHIP,
            ),
        ),
        "limits": Limits(Limit(20, LimitUnit.WORKING_DAYS, SOURCE), promised_days=15),
        "online_depth": OnlineDepth.FULL,
        "electronic_signature": True,
        "in_person": False,
        "result": Result(ResultKind.RECEIPT, Text("回执", "Receipt")),
        "guide": Guide(
            text=Text(f"办理{name}。", "How it goes."),
            plain=Text(f"办{name}。", "Plainly."),
            who=Text("老年人", "Older people"),
            counter=Text("任一窗口", "Any window"),
        ),
    }
    return ServiceItem(**{**said, **changed})


MEALS = made_item("000520901001", "助餐服务预约", "Meals for older people")
BATHS = made_item(
    "000520901002",
    "助浴服务预约",
    "Help with bathing",
    steps=MEALS.steps[:1]
    + (Step("decision", StepKind.DECISION, Level.COUNTY, Text("审批", "Decision"), days=10),),
)
