"""Judgement of elderly-care items: pure functions of facts and regional figures."""

from backend.casework.definitions import Facts, Parameters
from backend.kit import regions


def old_enough(facts: Facts, parameters: Parameters) -> bool:
    """``age`` in completed years reaches ``minimum_age``."""
    return _whole(facts["age"]) >= _whole(parameters["minimum_age"])


def registered_here(facts: Facts, _parameters: Parameters) -> bool:
    """The household is registered (户籍) in the division that is applied to."""
    return regions.within(str(facts["household_division"]), str(facts["division"]))


def not_paid_elsewhere(facts: Facts, _parameters: Parameters) -> bool:
    """The same allowance is not drawn in another place."""
    return facts["paid_elsewhere"] is False


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a whole number of years is needed")
    return value
