"""The judgements that many rules share: pure functions of facts and figures, made for one fact each."""

from collections.abc import Callable
from datetime import date, timedelta

from backend.casework.definitions import Facts, Parameters, Scalar
from backend.kit import regions

Holds = Callable[[Facts, Parameters], bool]


def whole(value: object) -> int:
    """A figure as a whole number. Raises ``TypeError`` for anything else, a yes or no included."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is needed")
    return value


def as_day(value: object) -> date:
    """A day as the machine (a date) or a form (ISO text) tells it."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def at_least(fact: str, figure: str) -> Holds:
    """The fact reaches the figure."""
    return lambda facts, figures: whole(facts[fact]) >= whole(figures[figure])


def at_most(fact: str, figure: str) -> Holds:
    """The fact does not exceed the figure."""
    return lambda facts, figures: whole(facts[fact]) <= whole(figures[figure])


def below(fact: str, figure: str) -> Holds:
    """The fact stays under the figure."""
    return lambda facts, figures: whole(facts[fact]) < whole(figures[figure])


def yes(fact: str) -> Holds:
    """The fact is a plain yes."""
    return lambda facts, _figures: facts[fact] is True


def no(fact: str) -> Holds:
    """The fact is a plain no."""
    return lambda facts, _figures: facts[fact] is False


def one_of(fact: str, *values: Scalar) -> Holds:
    """The fact is one of ``values``."""
    return lambda facts, _figures: facts[fact] in values


def none_of(fact: str, *values: Scalar) -> Holds:
    """The fact is none of ``values``."""
    return lambda facts, _figures: facts[fact] not in values


def registered_here(facts: Facts, _figures: Parameters) -> bool:
    """The household is registered (户籍) in the division that is applied to."""
    return regions.within(str(facts["household_division"]), str(facts["division"]))


def lies_here(fact: str) -> Holds:
    """The division that the fact names is, or lies in, the one that is applied to."""
    return lambda facts, _figures: regions.within(str(facts[fact]), str(facts["division"]))


def not_before_today(fact: str) -> Holds:
    """The day is today or later."""
    return lambda facts, _figures: as_day(facts[fact]) >= as_day(facts["today"])


def not_after_today(fact: str) -> Holds:
    """The day is today or earlier."""
    return lambda facts, _figures: as_day(facts[fact]) <= as_day(facts["today"])


def within_days(fact: str, figure: str) -> Holds:
    """No more than so many days have passed since the day, which is not in the future."""

    def holds(facts: Facts, figures: Parameters) -> bool:
        passed = as_day(facts["today"]) - as_day(facts[fact])
        return timedelta() <= passed <= timedelta(days=whole(figures[figure]))

    return holds


def both(first: Holds, second: Holds) -> Holds:
    """Both hold."""
    return lambda facts, figures: first(facts, figures) and second(facts, figures)


def either(first: Holds, second: Holds) -> Holds:
    """At least one holds."""
    return lambda facts, figures: first(facts, figures) or second(facts, figures)
