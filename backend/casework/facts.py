"""What is known for the rules: from the registry, from the day and place, and from the answers."""

from collections.abc import Iterator, Mapping
from datetime import date

from backend.casework.definitions import Field, FieldKind, ServiceItem, age_on
from backend.kit import resident_id
from backend.kit.resident_id import Sex
from backend.people.identity.queries import PersonFacts


def known_facts(
    item: ServiceItem, person: PersonFacts | None, answers: Mapping[str, object], division: str, today: date
) -> dict[str, object]:
    """Facts for the rules: what the state already knows and what the form says."""
    facts: dict[str, object] = {"division": division, "today": today}
    if person is not None:
        facts["age"] = age_on(person.birth_date, today)
        if person.sex is not Sex.UNKNOWN:  # nothing that is asked of somebody may rest on what nobody knows
            facts["sex"] = person.sex.value
        facts["household_division"] = person.household_division
    facts.update(_told(item.form.fields, answers, today))
    return facts


def _told(
    fields: tuple[Field, ...], answers: Mapping[str, object], today: date
) -> Iterator[tuple[str, object]]:
    for field in fields:
        value = answers.get(field.name)
        if value is None or (field.when is not None and not field.when.met(answers)):
            continue  # what is not asked is not known, even if an older answer still lies there
        if field.kind is FieldKind.GROUP and isinstance(value, Mapping):
            yield from _told(field.fields, value, today)
        if field.fact is None:
            continue
        if field.kind is FieldKind.RESIDENT_ID:
            yield from _read(field.fact, str(value), today)
        else:
            yield field.fact, value


def _read(fact: str, number: str, today: date) -> Iterator[tuple[str, object]]:
    try:
        known = resident_id.parse(number, today)
    except resident_id.InvalidResidentId:
        return
    yield f"{fact}_age", age_on(known.birth_date, today)
    yield f"{fact}_sex", known.sex.value
