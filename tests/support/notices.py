"""How somebody in a test wants to be told."""

from typing import Any

from backend.casework.notices.actions import set_preferences
from backend.viewer import Citizen
from tests.support.people import new_key


async def without_quiet_hours(citizen: Citizen, **wanted: Any) -> None:
    """Set preferences; quiet hours are off unless a test is about them, so that it may run at night."""
    settings: dict[str, Any] = {
        "mini_program": True,
        "sms": True,
        "plain": False,
        "language": "zh-CN",
        "quiet_from": 0,
        "quiet_until": 0,
    }
    await set_preferences(citizen, **{**settings, **wanted}, idempotency_key=new_key())
