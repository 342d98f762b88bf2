"""Elderly care (养老服务): ten items."""

from backend.domains.elderly_care import allowances, assessment, at_home

ITEMS = (*allowances.ITEMS, *assessment.ITEMS, *at_home.ITEMS)
