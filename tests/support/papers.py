"""An item whose papers may come in every way, drafts of it, and where they came from."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from backend.casework.applications.actions import (
    save_answers,
    start_application,
)
from backend.casework.definitions import (
    STATE_HELD,
    UNDERTAKING_OR_PAPER,
    Field,
    FieldKind,
    Form,
    Issuer,
    LicenceKind,
    Material,
    When,
)
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Text
from backend.kit import resident_id
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import Human, new_key
from tests.support.sandbox import OutsideSandbox

_serial = count(1)
STATEMENT = Text("本人承诺所述属实。", "I state that it is true.")


def paper(code: str, **more: Any) -> Material:
    return Material(code, Text(code, code), required=True, hint=Text("提示", "Hint"), **more)


def held(code: str, kind: LicenceKind, **more: Any) -> Material:
    return paper(code, licence=kind, sources=STATE_HELD, issuer=Issuer.OTHER_ORGAN, **more)


ITEM = replace(
    cases.ITEM,
    base_code="000599990002",
    form=Form(
        (
            *cases.ITEM.form.fields,
            Field("theirName", Text("逝者姓名", "Name"), FieldKind.TEXT, required=False),
            Field("theirNumber", Text("逝者号码", "Number"), FieldKind.RESIDENT_ID, required=False),
            Field("moved", Text("是否迁居", "Moved?"), FieldKind.BOOLEAN, required=False),
        )
    ),
    materials=(
        held("disability", LicenceKind.DISABILITY_CERTIFICATE),
        held("death", LicenceKind.DEATH_CERTIFICATE, holder=("theirName", "theirNumber")),
        paper("illness", sources=UNDERTAKING_OR_PAPER, undertaking=STATEMENT),
        paper("lease", when=When("moved", (True,))),
    ),
)


def a_deceased() -> Human:
    """Somebody with a number of their own whom no register knows."""
    return Human("沈阿寿", resident_id.make("330521", date(1940, 1, 1), next(_serial) % 1000))


def _named(deceased: Human | None) -> Mapping[str, object]:
    return {"theirName": deceased.name, "theirNumber": deceased.resident_id} if deceased else {}


async def begun(citizen: Citizen, house: Casework, deceased: Human | None = None, **more: object) -> UUID:
    application_id = await start_application(
        citizen, house, item_code=ITEM.base_code, division=cases.HOME, idempotency_key=new_key()
    )
    await save_answers(
        citizen,
        house,
        application_id=application_id,
        answers={**cases.ANSWERS, **_named(deceased), **more},
        version=1,
        idempotency_key=new_key(),
    )
    return application_id


def issue(world: OutsideSandbox, human: Human, kind: str, colour: int = 9) -> None:
    world.issue_licence(kind=kind, name=human.name, number=human.resident_id, content=cases.picture(colour))


async def sources(application_id: UUID) -> list[tuple[str, str, str]]:
    rows = await fetch(
        "SELECT code, source, supplied_by FROM material WHERE application_id = $1 ORDER BY code",
        application_id,
    )
    return [(row["code"], row["source"], row["supplied_by"]) for row in rows]
