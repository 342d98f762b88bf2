"""Enums that several areas show: declared to Strawberry here, before any type that uses them."""

import strawberry

from backend.casework.definitions import LimitUnit, MaterialSource

strawberry.enum(MaterialSource, description="How a material may come.")

strawberry.enum(LimitUnit, description="How a limit is counted.")

__all__ = ["LimitUnit", "MaterialSource"]
