"""Days as official documents write them, and as the law counts months."""

import calendar
from datetime import date


def chinese_day(day: date) -> str:
    """``2026年11月25日``."""
    return f"{day.year}年{day.month}月{day.day}日"


def months_after(day: date, months: int) -> date:
    """The same day so many months later; without such a day in the month, its last one (民法典 202)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
