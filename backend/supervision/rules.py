"""The rules of supervision as data: what is found, how it shines, where the rule comes from, who must answer.

National papers leave thresholds to the places (FACTS §3), so most rules are practice of running platforms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backend.casework.definitions import ServiceItem, Standing, TaskType
from backend.casework.evaluations.looping import Turn
from backend.casework.legal_time.models import ClockKind
from backend.casework.lifecycle import CaseEvent, CaseEventKind
from backend.errors import Text
from backend.supervision.models import Light

WARNING_DAYS = 3
"""Working days in which a warning is answered; local practice, unverified."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may look at: nothing personal."""

    event: CaseEvent
    item: ServiceItem
    corrections: int = 0
    """How often the applicant was asked to correct, this time included."""
    missing_materials: int = 0
    """Required materials that are not on the case."""

    def told(self, name: str) -> object:
        """What the event says about ``name``."""
        return self.event.detail.get(name)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that supervision looks for."""

    code: str
    light: Light
    name: Text
    source: str
    standing: Standing
    on: frozenset[CaseEventKind] = frozenset()
    """The events after which it is asked; empty for rules of clocks, loops and orders."""
    found: Callable[[Facts], bool] | None = None
    heavier: Callable[[Facts], bool] | None = None
    """When a yellow rule shines red."""
    warns: bool = False
    """Whether the organ has to answer a red finding."""

    def light_for(self, facts: Facts) -> Light:
        """How a finding shines."""
        return Light.RED if self.heavier is not None and self.heavier(facts) else self.light


K = CaseEventKind


_PRACTICE, _LAW = Standing.PRACTICE, Standing.LAW

NEAR_LIMIT = Rule(
    "near_limit",
    Light.YELLOW,
    Text("临近时限", "The limit is near"),
    "运行平台的监察规则",
    _PRACTICE,
)
OVER_PROMISED = Rule(
    "over_promised",
    Light.RED,
    Text("超过承诺办结时限", "Over the promised limit"),
    "运行平台的监察规则",
    _PRACTICE,
    warns=True,
)
OVER_STATUTORY = Rule(
    "over_statutory",
    Light.RED,
    Text("超过法定办结时限", "Over the statutory limit"),
    "行政许可法第四十二条及各事项设定依据",
    _LAW,
    warns=True,
)
STEP_OVER = Rule(
    "step_over_limit",
    Light.RED,
    Text("环节超时", "A step took too long"),
    "市级监察规则（八类触发情形）",
    Standing.PUBLISHED,
    warns=True,
)
ACCEPTANCE_OVER = Rule(
    "acceptance_over_limit",
    Light.RED,
    Text("逾期未受理", "Not accepted in time"),
    "行政许可法第三十二条及环节时限",
    _LAW,
    warns=True,
)
HANDOVER_OVER = Rule(
    "handover_over_limit",
    Light.RED,
    Text("跨省通办环节超时", "A hand-over across provinces took too long"),
    "国办发〔2020〕35号",
    Standing.PUBLISHED,
    warns=True,
)
DELIVERY_OVER = Rule(
    "delivery_over_limit",
    Light.RED,
    Text("逾期未送达", "Not delivered in time"),
    "行政许可法第四十四条",
    _LAW,
    warns=True,
)
UNANSWERED_WARNING = Rule(
    "unanswered_warning",
    Light.RED,
    Text("预警、督办逾期未答复", "A warning or order was not answered in time"),
    "运行平台的监察规则",
    _PRACTICE,
)
EVALUATION_UNANSWERED = Rule(
    "evaluation_unanswered",
    Light.RED,
    Text("差评逾期未整改反馈", "A bad evaluation was not followed up in time"),
    "国办发〔2019〕51号",
    Standing.PUBLISHED,
    warns=True,
)
EVALUATION_BAD = Rule(
    "evaluation_bad",
    Light.YELLOW,
    Text("差评", "A bad evaluation"),
    "国办发〔2019〕51号",
    Standing.PUBLISHED,
)

EVENT_RULES: tuple[Rule, ...] = (
    Rule(
        "missing_reason",
        Light.RED,
        Text("不予受理、不予决定、退回、终止未说明理由", "Refused, returned or ended without a reason"),
        "行政许可法第三十二、三十八条；运行平台的监察规则",
        _LAW,
        on=frozenset({K.NOT_ACCEPTED, K.REFUSED, K.RETURNED, K.TERMINATED}),
        found=lambda facts: facts.told("reasoned") is False,
        warns=True,
    ),
    Rule(
        "refusal_without_remedy",
        Light.RED,
        Text("不予决定未告知救济途径", "A refusal that names no remedy"),
        "行政许可法第三十八条；行政复议法第二十条",
        _LAW,
        on=frozenset({K.NOT_ACCEPTED, K.REFUSED, K.RETURNED, K.TERMINATED}),
        found=lambda facts: facts.told("remedied") is False,
        warns=True,
    ),
    Rule(
        "missing_material",
        Light.RED,
        Text("必要材料缺失", "A required material is missing"),
        "运行平台的监察规则",
        _PRACTICE,
        on=frozenset({K.ACCEPTED, K.APPROVED}),
        found=lambda facts: facts.missing_materials > 0,
        warns=True,
    ),
    Rule(
        "fee_on_free_item",
        Light.RED,
        Text("免费事项收费", "A fee for an item that is free"),
        "市级监察规则（八类触发情形）",
        Standing.PUBLISHED,
        on=frozenset(K),
        found=lambda facts: facts.item.charges is None and _positive(facts.told("feeFen")),
        warns=True,
    ),
    Rule(
        "second_correction",
        Light.YELLOW,
        Text("再次要求补正", "The applicant was asked to correct a second time"),
        "行政许可法第三十二条（一次性告知）",
        _LAW,
        on=frozenset({K.CORRECTION_ASKED}),
        found=lambda facts: facts.corrections > 1,
        heavier=lambda facts: facts.item.task_type is TaskType.LICENCE,
        warns=True,
    ),
)

LOOP_RULES: Mapping[Turn, tuple[Rule, bool]] = {
    Turn.OPENED: (EVALUATION_BAD, True),
    Turn.LATE: (EVALUATION_UNANSWERED, True),
    Turn.CAUGHT_UP: (EVALUATION_UNANSWERED, False),
    Turn.EXCLUDED: (EVALUATION_BAD, False),
    Turn.CLOSED: (EVALUATION_BAD, False),
}
"""What a turn of a bad evaluation's loop finds, or clears where it says False."""

CLOCK_RULES: Mapping[ClockKind, Rule] = {
    ClockKind.PROMISED: OVER_PROMISED,
    ClockKind.STATUTORY: OVER_STATUTORY,
    ClockKind.STEP: STEP_OVER,
    ClockKind.ACCEPTANCE: ACCEPTANCE_OVER,
    ClockKind.FORWARD: HANDOVER_OVER,
    ClockKind.HANDLE: HANDOVER_OVER,
    ClockKind.INFORM: HANDOVER_OVER,
    ClockKind.SETTLE: HANDOVER_OVER,
    ClockKind.DELIVERY: DELIVERY_OVER,
}
"""What it means that a clock ran out."""

ALL: tuple[Rule, ...] = (
    NEAR_LIMIT,
    OVER_PROMISED,
    OVER_STATUTORY,
    STEP_OVER,
    ACCEPTANCE_OVER,
    HANDOVER_OVER,
    DELIVERY_OVER,
    *EVENT_RULES,
    EVALUATION_BAD,
    UNANSWERED_WARNING,
    EVALUATION_UNANSWERED,
)
"""Every rule: the only list."""

BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in ALL}


def _positive(value: object) -> bool:
    return type(value) is int and value > 0
