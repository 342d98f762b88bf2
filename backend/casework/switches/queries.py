"""Asking whether something is turned off here."""

from collections.abc import Sequence

from backend.casework.switches.models import Feature
from backend.database.record import fetch
from backend.errors import Conflict, ProblemCode, Text

TURNED_OFF = Text(
    "该地区暂停此项服务：{reason}。您仍可到窗口办理。",
    "This service is turned off here for now ({reason}). The window still serves you.",
)


def levels(division: str) -> Sequence[str]:
    """The division and everything above it, as switches are kept: 330521, 330500, 330000, 000000."""
    six = division[:6]
    return [*dict.fromkeys([division, division[:9], six, f"{six[:4]}00", f"{six[:2]}0000", "000000"])]


async def require_on(feature: Feature, division: str, item_code: str) -> None:
    """Return if the feature is on. Raises ``Conflict(TURNED_OFF)`` with the reason that an operator gave."""
    rows = await fetch(
        "SELECT reason FROM feature_switch WHERE feature = $1 AND division = ANY($2::text[])"
        " AND item_code IN ('', $3) AND NOT \"on\" ORDER BY length(rtrim(division, '0')) DESC LIMIT 1",
        feature.value,
        levels(division),
        item_code,
    )
    if rows:
        raise Conflict(TURNED_OFF.filled(reason=rows[0]["reason"]), code=ProblemCode.TURNED_OFF)
