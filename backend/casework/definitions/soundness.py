"""Whether a definition fits together: names, references, and texts."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from backend.casework.definitions.course import StepKind
from backend.casework.definitions.eligibility import Parameter, When, spoken
from backend.casework.definitions.held import HELD_FACTS
from backend.casework.definitions.materials import MaterialSource
from backend.casework.definitions.questions import Field, FieldKind
from backend.casework.definitions.words import Unit
from backend.errors import Text

if TYPE_CHECKING:
    from backend.casework.definitions.items import ServiceItem

ALWAYS_KNOWN = ("division", "today")
"""Facts that the machine supplies: where it is applied for, and the day."""


def problems(item: "ServiceItem") -> Iterator[str]:
    """What does not fit together, one sentence each."""
    yield from _codes(item)
    yield from _texts(item)
    yield from _form(item.form.fields)
    yield from _sections(item)
    yield from _parameters(item)
    yield from _references(item)
    yield from _materials(item)
    yield from _steps(item)


def _twice(names: Iterable[str], what: str) -> Iterator[str]:
    held = list(names)
    return (f"{what} {name} is declared twice" for name in sorted({n for n in held if held.count(n) > 1}))


def _codes(item: "ServiceItem") -> Iterator[str]:
    if not (len(item.base_code) == 12 and item.base_code.isascii() and item.base_code.isdigit()):
        yield "the base code must have 12 digits"
    if not item.base_code_source:
        yield "the base code needs a source"
    yield from _twice((parameter.name for parameter in item.parameters), "parameter")
    yield from _twice((material.code for material in item.materials), "material")
    yield from _twice((rule.code for rule in item.rules), "rule")
    yield from _twice((step.code for step in item.steps), "step")
    facts = [name for field in item.form.walk() for name in field.supplies]
    yield from _twice(facts, "fact")


def _texts(item: "ServiceItem") -> Iterator[str]:
    guide = item.guide
    told: list[tuple[str, Text]] = [
        ("name", item.name),
        ("guide", guide.text),
        ("plain guide", guide.plain),
        ("who", guide.who),
        ("counter", guide.counter),
        ("result", item.result.name),
        *((f"rule {rule.code}", text) for rule in item.rules for text in (rule.condition, rule.next_step)),
        *((f"material {m.code}", text) for m in item.materials for text in (m.name, m.hint)),
        *((f"field {field.name}", field.label) for field in item.form.walk()),
        *((f"step {step.code}", step.name) for step in item.steps),
    ]
    for what, text in told:
        if not text.zh.strip() or not text.en.strip():
            yield f"{what} is not told in both languages"


def _form(fields: tuple[Field, ...], inside: str = "") -> Iterator[str]:
    yield from _twice((field.name for field in fields), "field")
    by_name = {field.name: field for field in fields}
    for place, field in enumerate(fields):
        name = f"{inside}{field.name}"
        if (field.kind in {FieldKind.CHOICE, FieldKind.CHOICES}) != bool(field.choices):
            yield f"{name} needs choices"
        if (field.kind in {FieldKind.GROUP, FieldKind.LIST}) != bool(field.fields):
            yield f"{name} needs fields"
        if (field.kind is FieldKind.NUMBER) != (field.unit is not None):
            yield f"{name} needs a unit"
        if field.when is not None:
            earlier = {other.name for other in fields[:place]}
            yield from _condition(f"{name} depends on", field.when, by_name, earlier)
        if field.kind is FieldKind.LIST and any(part.fact for part in field.fields):
            yield f"{name} repeats: only the whole list can be a fact"
        yield from _form(field.fields, f"{name}.")


def _condition(what: str, when: When, fields: dict[str, Field], earlier: set[str]) -> Iterator[str]:
    field = fields.get(when.of)
    if field is None or when.of not in earlier:
        yield f"{what} {when.of}, which is not asked before it"
        return
    allowed = {choice.value for choice in field.choices}
    if field.kind is FieldKind.BOOLEAN:
        fits = all(isinstance(value, bool) for value in when.values)
    else:
        fits = bool(allowed) and set(when.values) <= allowed
    if not fits or not when.values:
        yield f"{what} {when.of} having a value which it cannot have"


def _sections(item: "ServiceItem") -> Iterator[str]:
    declared = [section.code for section in item.form.sections]
    yield from _twice(declared, "section")
    used = {field.section for field in item.form.fields}
    if declared and used != set(declared):
        yield f"sections are declared or used only: {sorted(used ^ set(declared))}"
    if not declared and used - {""}:
        yield f"sections are not declared: {sorted(used - {''})}"


def _parameters(item: "ServiceItem") -> Iterator[str]:
    for parameter in item.parameters:
        if parameter.unit not in set(Unit):
            yield f"parameter {parameter.name} has the unknown unit {parameter.unit}"
        if isinstance(parameter.default, int) and not _within(parameter, parameter.default):
            yield f"the default of {parameter.name} is outside of its own bounds"
        if (parameter.unit == Unit.FEN) != parameter.name.endswith("_fen"):
            yield f"parameter {parameter.name}: amounts in fen, and only they, end in _fen"


def _within(parameter: Parameter, value: int) -> bool:
    low, high = parameter.minimum, parameter.maximum
    return (low is None or low <= value) and (high is None or value <= high)


def _references(item: "ServiceItem") -> Iterator[str]:
    supplied = {name for field in item.form.walk() for name in field.supplies}
    held = {*item.known_facts, *item.organ_facts}
    yield from (f"the fact {name} has no holder" for name in sorted(held - HELD_FACTS.keys()))
    facts = supplied | held | {*ALWAYS_KNOWN}
    needed = {need for rule in item.rules for need in rule.needs}
    needed |= {rule.when.of for rule in item.rules if rule.when}
    yield from (f"rules need the fact {name}, which nothing supplies" for name in sorted(needed - facts))
    parameters = {parameter.name: parameter for parameter in item.parameters}
    for name in (*item.pays, *((item.urgent.cap_parameter,) if item.urgent else ())):
        if name not in parameters or parameters[name].unit != Unit.FEN:
            yield f"no parameter in fen is named {name}"
    figures = {parameter.name: parameter.default for parameter in item.parameters}
    for rule in item.rules:
        if item.base_code in rule.alternatives:
            yield f"rule {rule.code} points back to the item itself"
        try:
            rule.condition.filled(**spoken(figures))
        except (KeyError, IndexError, ValueError):
            yield f"rule {rule.code} names a figure that is no parameter"


def _materials(item: "ServiceItem") -> Iterator[str]:
    by_name = {field.name: field for field in item.form.fields}
    for material in item.materials:
        if material.when is not None:
            yield from _condition(
                f"material {material.code} depends on", material.when, by_name, set(by_name)
            )
        yield from (
            f"material {material.code} belongs to whom {name} names, which is not asked"
            for name in material.holder or ()
            if name not in by_name
        )
        if (material.licence is not None) != (MaterialSource.E_LICENCE in material.sources):
            yield f"material {material.code}: an e-licence and the way to fetch it belong together"
        if (material.undertaking is not None) != (MaterialSource.UNDERTAKING in material.sources):
            yield f"material {material.code}: a statement and the way to sign it belong together"


def _steps(item: "ServiceItem") -> Iterator[str]:
    kinds = [step.kind for step in item.steps]
    if kinds.count(StepKind.DECISION) != 1:
        yield "an item is decided in exactly one step"
    if item.steps and item.steps[0].after not in {None, ()}:
        yield "the first step waits for another one"
    seen: set[str] = set()
    for step in item.steps:
        yield from (
            f"step {step.code} waits for {code}, which does not come before it"
            for code in step.after or ()
            if code not in seen
        )
        seen.add(step.code)
    shares = {one.name: one for one in item.parameters}
    for step in item.steps:
        if step.sampled is None:
            continue
        share = shares.get(step.sampled)
        if share is None or (share.unit, share.minimum, share.maximum) != (Unit.PERCENT, 0, 100):
            yield f"step {step.code} is sampled by {step.sampled}, which is no share of 0 to 100 percent"
        if step.kind in {StepKind.INTAKE, StepKind.DECISION}:
            yield f"step {step.code} is wanted of every case"
