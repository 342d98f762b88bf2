"""The office of the training county, for which whoever is learning acts instead of their own."""

from backend.database.record import Transaction
from backend.errors import Forbidden, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.item_codes import credit_code
from backend.viewer import Officer

ORGAN_CODE = credit_code(f"11{regions.TRAINING_COUNTY}MB1234567")
ORGAN_NAME = "练习县民政局"

IN_TRAINING = Text(
    "您正处于练习模式，不能办理真实业务。", "You are in training: nothing real can be done meanwhile."
)


async def ensure_training_organ(tx: Transaction) -> None:
    """Make the office, unless it is there."""
    await tx.execute(
        "INSERT INTO organ (id, created_at, credit_code, name, division) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (credit_code) DO NOTHING",
        new_id(),
        clock.now(),
        ORGAN_CODE,
        ORGAN_NAME,
        regions.TRAINING_COUNTY,
    )


def require_duty(officer: Officer) -> None:
    """Raise ``Forbidden`` to whoever is in training where a real person would be touched."""
    if regions.is_training(officer.division):
        raise Forbidden(IN_TRAINING)
