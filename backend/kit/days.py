"""Days as official documents write them."""

from datetime import date


def chinese_day(day: date) -> str:
    """``2026年11月25日``."""
    return f"{day.year}年{day.month}月{day.day}日"
