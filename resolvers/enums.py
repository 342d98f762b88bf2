"""Enums that several areas show: declared to Strawberry here, before any type that uses them."""

import strawberry

from backend.casework.definitions import HandlingModel, LimitUnit, MaterialSource, StepKind
from backend.casework.lifecycle import CaseState
from backend.exchange.handovers.lifecycle import HandoverStep
from backend.people.privacy.looks import LookReason

strawberry.enum(StepKind, description="What happens in a step (环节).")
strawberry.enum(LookReason, description="Why an officer opens what is masked.")
strawberry.enum(MaterialSource, description="How a material may come.")

strawberry.enum(CaseState, description="办件状态.")
strawberry.enum(HandoverStep, description="What can happen to a handover.")
strawberry.enum(HandlingModel, description="跨省通办 models: how an item is handled across provinces.")
strawberry.enum(LimitUnit, description="How a limit is counted.")

__all__ = [
    "CaseState",
    "HandlingModel",
    "HandoverStep",
    "LimitUnit",
    "LookReason",
    "MaterialSource",
    "StepKind",
]
