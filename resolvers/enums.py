"""Enums that several areas show: declared to Strawberry here, before any type that uses them."""

import strawberry

from backend.casework.definitions import LimitUnit, MaterialSource, StepKind
from backend.people.privacy.looks import LookReason

strawberry.enum(StepKind, description="What happens in a step (环节).")
strawberry.enum(LookReason, description="Why an officer opens what is masked.")
strawberry.enum(MaterialSource, description="How a material may come.")

strawberry.enum(LimitUnit, description="How a limit is counted.")

__all__ = ["LimitUnit", "LookReason", "MaterialSource", "StepKind"]
