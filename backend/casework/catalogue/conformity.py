"""四级四同: what an edition may say, held against the standard; each departure is named."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from stdnum.cn import uscc

from backend.casework.catalogue.drafts import LOCAL_FIELDS, EditionDraft, LocalField, LocalKind
from backend.casework.definitions import Parameter, ServiceItem
from backend.errors import Text
from backend.kit import regions

LONGEST_CODE_FIGURE = 60
"""Most characters of a figure that is a code."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One departure from the standard: where, what was said, what the standard says, and why it is refused."""

    field: str
    """A local field, ``parameters.<name>``, or an aspect of the standard."""
    said: object
    standard: object
    message: Text


NOT_LOCAL = Text("此项由国家标准统一规定，不得更改。", "The standard fixes this; no edition may change it.")
NO_SUCH_PARAMETER = Text("标准没有这个参数。", "The standard has no such parameter.")
WRONG_KIND = Text("参数类型不符。", "The value is of the wrong kind.")
OUT_OF_BOUNDS = Text("超出标准允许的范围。", "Outside the bounds of the standard.")
LONGER_PROMISE = Text("承诺时限只能缩短。", "A promise may only be shorter.")
LONGER_THAN_ABOVE = Text(
    "承诺时限长于上级行政区划的承诺。", "The promise is longer than that of the division above."
)
INCOMPLETE_ORGAN = Text("实施主体信息不完整。", "An organ needs its credit code, its name and its level.")
BAD_CREDIT_CODE = Text("统一社会信用代码不正确。", "The credit code is not valid.")
WRONG_LEVEL = Text(
    "行使层级与行政区划或标准不符。", "The level fits neither the division nor what the standard allows."
)
NO_DELEGATION = Text("标准不允许委托到该层级。", "The standard does not allow delegation to that level.")
INCOMPLETE_DELEGATE = Text("受委托组织信息不完整。", "A delegate needs its name and its level.")
ENDS_BEFORE_IT_BEGINS = Text("失效日期早于生效日期。", "It would end before it begins.")
NO_SUCH_DIVISION = Text("没有这个行政区划。", "There is no such division.")
DIVISION_NOT_IN_FORCE = Text(
    "该行政区划代码在生效日期无效。", "The division's code is not in force on the first day."
)
TOO_LONG = Text("内容过长。", "This is too long.")
NOT_A_CODE = Text("代码格式不正确。", "This is not a code of the official list.")
CONTROL_CHARACTERS = Text("含有不可见字符。", "It holds characters that cannot be seen.")

# --- what the standard fixes --------------------------------------------------------------------------

ASPECTS: Mapping[str, Callable[[ServiceItem], object]] = {
    "name": lambda item: item.name.zh,
    "name_en": lambda item: item.name.en,
    "domain": lambda item: item.domain.value,
    "task_type": lambda item: item.task_type.value,
    "case_type": lambda item: item.case_type.value,
    "effect": lambda item: item.effect.value,
    "basis": lambda item: [f"{basis.title.zh} {basis.article}".strip() for basis in item.basis],
    "audience": lambda item: [audience.value for audience in item.audience],
    "assurance": lambda item: item.assurance.name,
    "form": lambda item: [field.name for field in item.form.fields],
    "materials": lambda item: [material.code for material in item.materials],
    "steps": lambda item: [step.code for step in item.steps],
    "statutory_days": lambda item: item.limits.statutory.days,
    "limit_unit": lambda item: item.limits.statutory.unit.value,
    "models": lambda item: [model.value for model in item.models],
    "online_depth": lambda item: item.online_depth.value,
    "electronic_signature": lambda item: item.electronic_signature,
    "in_person": lambda item: item.in_person,
    "charges": lambda item: item.charges.zh if item.charges else None,
    "result": lambda item: item.result.name.zh,
}
"""What the four levels share: an edition may repeat it, never change it."""


def restated(item: ServiceItem, said: Mapping[str, object]) -> Iterator[Deviation]:
    """What ``said`` repeats of the standard and gets wrong; keys are those of ``ASPECTS``."""
    for name, value in said.items():
        fixed = ASPECTS[name](item)
        if value != fixed or type(value) is not type(fixed):
            yield Deviation(name, value, fixed, NOT_LOCAL)


# --- what it leaves to the regions ----------------------------------------------------------------------


def deviations(item: ServiceItem, draft: EditionDraft) -> tuple[Deviation, ...]:
    """Every departure of ``draft`` from the standard of ``item``; none means that it conforms."""
    return (
        *_parameters(item.parameters, draft.parameters),
        *_promise(item, draft),
        *_organ(draft),
        *_delegate(item, draft),
        *_time_and_place(draft),
        *_texts(draft),
    )


def wrong_figure(parameter: Parameter, value: object) -> Text | None:
    """Why ``value`` may not be the figure of ``parameter``, or None where it may."""
    if type(value) is not type(parameter.default):
        return WRONG_KIND
    if isinstance(value, str):
        sound = value.isprintable() and 0 < len(value) <= LONGEST_CODE_FIGURE
        return None if sound else OUT_OF_BOUNDS
    if not isinstance(value, int):
        return WRONG_KIND
    low, high = parameter.minimum, parameter.maximum
    inside = (low is None or value >= low) and (high is None or value <= high)
    return None if inside else OUT_OF_BOUNDS


def _parameters(declared: Iterable[Parameter], said: Mapping[str, object]) -> Iterator[Deviation]:
    if not said:
        return
    by_name = {parameter.name: parameter for parameter in declared}
    for name, value in said.items():
        parameter = by_name.get(name)
        if parameter is None:
            yield Deviation(f"parameters.{name}", value, None, NO_SUCH_PARAMETER)
            continue
        why = wrong_figure(parameter, value)
        if why is not None:
            allowed = {"minimum": parameter.minimum, "maximum": parameter.maximum}
            yield Deviation(f"parameters.{name}", value, allowed, why)


def _promise(item: ServiceItem, draft: EditionDraft) -> Iterator[Deviation]:
    promised = item.limits.promised_days
    if draft.promised_days is not None and not 0 < draft.promised_days <= promised:
        yield Deviation("promised_days", draft.promised_days, promised, LONGER_PROMISE)


def _organ(draft: EditionDraft) -> Iterator[Deviation]:
    named = (draft.organ_credit_code, draft.organ_name, draft.organ_level)
    if not any((*named, draft.organ_nature, draft.power_source)):
        return
    if not all(named):
        yield Deviation("organ_credit_code", draft.organ_credit_code, None, INCOMPLETE_ORGAN)
        return
    if not _sound_credit_code(draft.organ_credit_code):
        yield Deviation("organ_credit_code", draft.organ_credit_code, None, BAD_CREDIT_CODE)
    expected = _level_of(draft.division)
    if draft.organ_level != expected:
        yield Deviation("organ_level", draft.organ_level, expected, WRONG_LEVEL)


def _level_of(division: str) -> str:
    """行使层级 of a division's own organs: 1 for the nation to 4 for a county."""
    place = regions.get(division)
    return "" if place is None else str(place.level + 1)


def _delegate(item: ServiceItem, draft: EditionDraft) -> Iterator[Deviation]:
    if not any((draft.delegate_credit_code, draft.delegate_name, draft.delegate_level)):
        return
    if not draft.delegate_name or not draft.delegate_level:
        yield Deviation("delegate_name", draft.delegate_name, None, INCOMPLETE_DELEGATE)
        return
    if draft.delegate_credit_code and not _sound_credit_code(draft.delegate_credit_code):
        yield Deviation("delegate_credit_code", draft.delegate_credit_code, None, BAD_CREDIT_CODE)
    lowest = max((step.delegable_to.value for step in item.steps if step.delegable_to), default=None)
    if lowest is None or draft.delegate_level > lowest:
        yield Deviation("delegate_level", draft.delegate_level, lowest, NO_DELEGATION)


def _time_and_place(draft: EditionDraft) -> Iterator[Deviation]:
    if draft.in_force_until is not None and draft.in_force_until < draft.in_force_from:
        yield Deviation("in_force_until", draft.in_force_until, draft.in_force_from, ENDS_BEFORE_IT_BEGINS)
    place = regions.get(draft.division) if len(draft.division) == 6 else None
    if place is None:
        yield Deviation("division", draft.division, None, NO_SUCH_DIVISION)
    elif not place.in_force_on(draft.in_force_from):
        yield Deviation("division", draft.division, place.until, DIVISION_NOT_IN_FORCE)


_WRITTEN = tuple(local for local in LOCAL_FIELDS if local.longest)


def _texts(draft: EditionDraft) -> Iterator[Deviation]:
    for local in _WRITTEN:
        value = getattr(draft, local.name)
        why = _wrong_text(local, value) if value else None
        if why is not None:
            yield Deviation(local.name, value, local.codes or local.longest, why)


def _wrong_text(local: LocalField, value: str) -> Text | None:
    if len(value) > local.longest:
        return TOO_LONG
    if local.codes:
        return None if value in local.codes else NOT_A_CODE
    if local.kind is LocalKind.CODE:
        return None if value.isascii() and value.isprintable() and " " not in value else NOT_A_CODE
    # Lines may be broken; anything else that cannot be seen is a slip or a trick.
    visible = value.isprintable() or value.replace("\n", "").isprintable()
    return None if visible and value == value.strip() else CONTROL_CHARACTERS


@lru_cache(maxsize=8192)
def _sound_credit_code(code: str) -> bool:
    """One organ stands in dozens of editions, so its code is checked once."""
    return len(code) == 18 and code == uscc.compact(code) and bool(uscc.is_valid(code))
