"""Publishing an edition: only what the standard leaves to the regions, within its bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import orjson

from backend.casework.catalogue.queries import known_division
from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import ServiceItem
from backend.database import audit
from backend.database.record import transaction
from backend.errors import FieldProblem, Invalid, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.item_codes import task_code

NOT_CONFORMING = Text("实施清单与国家标准不一致。", "The edition departs from the national standard.")


@dataclass(frozen=True, slots=True)
class EditionDraft:
    """What a division wants to say about an item."""

    item_code: str
    division: str
    in_force_from: date
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    promised_days: int | None = None
    organ_credit_code: str | None = None
    organ_name: str | None = None
    organ_level: str | None = None
    guidance_zh: str = ""
    guidance_en: str = ""


async def publish_edition(standards: Standards, draft: EditionDraft, *, actor: str) -> bool:
    """Add the next version of a division's edition; False when nothing would change.

    Raises ``Invalid`` with one field problem per departure from the standard (四级四同).
    """
    item = standards.get(draft.item_code)
    place = known_division(draft.division)
    _check_conformity(item, draft)
    async with transaction() as tx:
        await tx.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"edition:{item.base_code}:{place.code}"
        )
        last = await tx.fetch_one(
            "SELECT version, parameters, promised_days, organ_credit_code, organ_name, organ_level,"
            " guidance_zh, guidance_en FROM edition WHERE item_code = $1 AND division = $2"
            " ORDER BY version DESC LIMIT 1",
            item.base_code,
            place.code,
        )
        said = (
            dict(draft.parameters),
            draft.promised_days,
            draft.organ_credit_code,
            draft.organ_name,
            draft.organ_level,
            draft.guidance_zh,
            draft.guidance_en,
        )
        if last is not None and (orjson.loads(last["parameters"]), *list(last.values())[2:]) == said:
            return False
        version = last["version"] + 1 if last is not None else 1
        await tx.execute(
            "INSERT INTO edition (id, created_at, item_code, division, version, parameters, promised_days,"
            " organ_credit_code, organ_name, organ_level, guidance_zh, guidance_en, in_force_from)"
            " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11, $12, $13)",
            new_id(),
            clock.now(),
            item.base_code,
            place.code,
            version,
            orjson.dumps(said[0]).decode(),
            *said[1:],
            draft.in_force_from,
        )
        await audit.append(
            tx,
            subject=f"edition:{item.base_code}:{place.code}",
            kind="edition_published",
            actor=actor,
            detail={"version": version},
        )
    return True


def _check_conformity(item: ServiceItem, draft: EditionDraft) -> None:
    declared = {parameter.name: parameter for parameter in item.parameters}
    wrong = []
    for name, value in draft.parameters.items():
        parameter = declared.get(name)
        if parameter is None:
            wrong.append(
                _departure(
                    "parameters", name, Text("标准没有这个参数。", "The standard has no such parameter.")
                )
            )
        elif type(value) is not type(parameter.default):
            wrong.append(
                _departure("parameters", name, Text("参数类型不符。", "The value is of the wrong kind."))
            )
        elif isinstance(value, int) and (
            (parameter.minimum is not None and value < parameter.minimum)
            or (parameter.maximum is not None and value > parameter.maximum)
        ):
            wrong.append(
                _departure(
                    "parameters", name, Text("超出标准允许的范围。", "Outside the bounds of the standard.")
                )
            )
    if draft.promised_days is not None and not 0 < draft.promised_days <= item.limits.promised_days:
        wrong.append(
            _departure("promised_days", "", Text("承诺时限只能缩短。", "A promise may only be shorter."))
        )
    organ = (draft.organ_credit_code, draft.organ_name, draft.organ_level)
    if any(organ) and not all(organ):
        wrong.append(
            _departure("organ", "", Text("实施主体信息不完整。", "The organ needs code, name and level."))
        )
    elif draft.organ_credit_code and draft.organ_level:
        try:
            task_code(draft.organ_credit_code, draft.organ_level, item.base_code)
        except ValueError:
            wrong.append(
                _departure(
                    "organ",
                    "",
                    Text("统一社会信用代码或层级不正确。", "The credit code or the level is not valid."),
                )
            )
    if wrong:
        raise Invalid(NOT_CONFORMING, fields=tuple(wrong))


def _departure(part: str, name: str, why: Text) -> FieldProblem:
    return FieldProblem((part, name) if name else (part,), why)
