"""What a draft must have before it is received: sound answers, every required material, the conditions of its item."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from backend.casework.definitions import Judgement, Material, Parameters, RuleFinding, ServiceItem, needed
from backend.casework.facts import known_facts
from backend.casework.forms import check_answers
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.people.identity.queries import facts_of

MATERIALS_MISSING = Text("还缺少必需的材料。", "A required material is missing.")
UPLOAD_THIS = Text("请上传{name}。", "Please upload: {name}.")
NOT_ELIGIBLE = Text("不符合申请条件。", "The conditions are not met.")


async def check_complete(
    work: Casework,
    item: ServiceItem,
    application_id: UUID,
    person_id: UUID,
    answers: Mapping[str, object],
    *,
    division: str,
    figures: Parameters,
    today: date,
) -> None:
    """Answers, materials and conditions of a draft. Raises ``Invalid`` with everything that is wrong."""
    check_answers(item.form, answers, complete=True)
    await _check_materials(application_id, needed(item.materials, answers))
    person = await facts_of(person_id, work.resources)
    findings = item.judge(known_facts(item, person, answers, division, today), figures)
    failed = [f for f in findings if f.judgement is not Judgement.ELIGIBLE and not _left_open(item, f)]
    if failed:
        raise Invalid(
            NOT_ELIGIBLE,
            code=ProblemCode.NOT_ELIGIBLE,
            fields=tuple(FieldProblem(("rules", f.rule.code), f.condition) for f in failed),
        )


def _left_open(item: ServiceItem, finding: RuleFinding) -> bool:
    """Whether only the organ can say, from what it looks up or assesses after submission."""
    return finding.judgement is Judgement.UNKNOWN and set(finding.missing) <= set(item.organ_facts)


async def _check_materials(application_id: UUID, materials: tuple[Material, ...]) -> None:
    rows = await fetch("SELECT code FROM material WHERE application_id = $1", application_id)
    uploaded = {row["code"] for row in rows}
    missing = [m for m in materials if m.required and m.code not in uploaded]
    if missing:
        raise Invalid(
            MATERIALS_MISSING,
            code=ProblemCode.MATERIAL_MISSING,
            fields=tuple(
                FieldProblem(
                    ("materials", m.code),
                    Text(UPLOAD_THIS.zh.format(name=m.name.zh), UPLOAD_THIS.en.format(name=m.name.en)),
                )
                for m in missing
            ),
        )
