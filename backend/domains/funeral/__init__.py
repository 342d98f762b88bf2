"""Funeral (殡葬服务): six items."""

from backend.domains.funeral import relief, resting, services

ITEMS = (*services.ITEMS, *relief.ITEMS, *resting.ITEMS)
