"""Elderly care (养老服务)."""

from backend.domains.elderly_care.items import ITEMS

__all__ = ["ITEMS"]
