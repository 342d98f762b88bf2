"""Enums that several areas show: declared to Strawberry here, before any type that uses them."""

import strawberry

from backend.casework.definitions import MaterialSource

strawberry.enum(MaterialSource, description="How a material may come.")

__all__ = ["MaterialSource"]
