"""A small sound item, to be made unsound in one place."""

from typing import Any

from backend.casework.declaring.course import decision, intake, working_days
from backend.casework.declaring.fields import CONTACT_PHONE, UNDERTAKING
from backend.casework.definitions import (
    Basis,
    Domain,
    Form,
    Guide,
    LegalEffect,
    OnlineDepth,
    Result,
    ResultKind,
    ServiceItem,
    Standing,
    TaskType,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

TOLD = Text("说明", "Told")
BASIS = Basis(Text("某办法", "Some measures"), "1", Standing.UNVERIFIED)


def an_item(**changes: Any) -> ServiceItem:
    """A sound item with ``changes``. Raises ``UnsoundDefinition`` when they make it unsound."""
    declared: dict[str, Any] = {
        "base_code": "000511999000",
        "name": Text("测试事项", "Test item"),
        "domain": Domain.COMMUNITY,
        "task_type": TaskType.PUBLIC_SERVICE,
        "effect": LegalEffect.SERVICE,
        "basis": (BASIS,),
        "assurance": AssuranceLevel.VERIFIED,
        "form": Form((CONTACT_PHONE, UNDERTAKING)),
        "steps": (intake(days=2), decision(days=8)),
        "limits": working_days(20, BASIS),
        "online_depth": OnlineDepth.FULL,
        "electronic_signature": True,
        "in_person": False,
        "result": Result(ResultKind.DECISION, TOLD),
        "guide": Guide(text=TOLD, plain=TOLD, who=TOLD, counter=TOLD),
    }
    return ServiceItem(**{**declared, **changes})
