"""Cases that cross provinces: an item of three models, two deciding counties, a receiving office far away, a superior."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from backend.casework.applications.actions import start_application
from backend.casework.catalogue.actions import publish_edition
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.definitions import HandlingModel, HandoverLimits, ServiceItem
from backend.casework.machine import Casework
from backend.kit.item_codes import credit_code
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen, OfficerRole
from resolvers.pagination import global_id
from tests.support.cases import complete_draft, machine
from tests.support.front import Front
from tests.support.people import ScriptedFaces, bound, new_key
from tests.support.people import proven as proven_as
from tests.support.reviews import SHORT, officer
from tests.support.sandbox import OutsideSandbox

R = OfficerRole

ACROSS: ServiceItem = replace(
    SHORT,
    base_code="000599990009",
    models=tuple(HandlingModel),
    handover=HandoverLimits(3, (15, 15), 3, SHORT.basis[0]),
)

XIAN, LHASA, URUMQI, BAOJI = "610102", "540102", "650102", "610302"
"""Counties of regions that work in the unified application: 新城区 decides, 城关区 receives; and two more places."""


def organ_of(division: str) -> str:
    """The credit code of a county's organ."""
    return credit_code(f"11{division}MB7654321")


async def offered_at(work: Casework, item: ServiceItem, divisions: Sequence[str]) -> None:
    """Editions of ``item``, each county deciding by itself."""
    for division in divisions:
        draft = EditionDraft(
            item_code=item.base_code,
            division=division,
            in_force_from=date(2026, 1, 1),
            parameters={"minimum_age": 80, "monthly_fen": 10_000},
            promised_days=10,
            organ_credit_code=organ_of(division),
            organ_name=f"{division}民政局",
            organ_level="4",
        )
        await publish_edition(work, draft, actor="machine:test")


@dataclass(frozen=True, slots=True)
class Stage:
    """Everybody who has a part in it, each at their own front end."""

    work: Casework
    citizen: Citizen
    me: Front
    lhasa: Front
    xian: Front
    urumqi: Front
    baoji: Front
    shaanxi: Front
    ministry: Front

    async def draft(self, division: str = XIAN, item_code: str = ACROSS.base_code) -> str:
        """A draft that only has to be handed in; its global id."""
        application_id = await start_application(
            self.citizen,
            self.work,
            item_code=item_code,
            division=division,
            idempotency_key=new_key(),
        )
        await complete_draft(self.citizen, self.work, application_id)
        return global_id("Application", application_id)

    async def handed_in(
        self,
        model: str,
        receiving: str = LHASA,
        *,
        parts: Sequence[str] = (),
        division: str = XIAN,
        item_code: str = ACROSS.base_code,
    ) -> str:
        """A case that was handed in to go this way."""
        case = await self.draft(division, item_code)
        chosen = await self.me.do(
            "ChooseHandover", applicationId=case, model=model, receivingDivision=receiving, parts=list(parts)
        )
        assert chosen["__typename"] == "Application", chosen
        received = await self.me.do("SubmitApplication", applicationId=case)
        assert received["state"] == "SUBMITTED", received
        return case

    async def steps(self, case: str) -> list[str]:
        """The steps between places, as the applicant's one timeline tells them."""
        told = await self.me.send("CaseAcrossProvinces", id=case)
        return [entry["handover"] or entry["kind"] for entry in told["timeline"]]

    async def running(self, case: str) -> list[tuple[str, str]]:
        """Which clocks of the two sides run: kind and handover."""
        told = await self.me.send("CaseAcrossProvinces", id=case)
        return [
            (one["kind"], one["step"])
            for one in told["clocks"]
            if one["state"] == "RUNNING" and one["kind"] in {"FORWARD", "HANDLE", "SETTLE", "INFORM"}
        ]


async def waiting(front: Front) -> dict[str, Any]:
    """The only handover in which it is this officer's turn, as a step wants to be told of it."""
    [edge] = (await front.send("Handovers"))["edges"]
    return {"handoverId": edge["node"]["id"], "version": edge["node"]["version"]}


async def none_waits(*fronts: Front) -> bool:
    """Whether none of them has anything to do."""
    return not any([(await front.send("Handovers"))["edges"] for front in fronts])


async def task(front: Front, step: str) -> Mapping[str, Any]:
    """Id and version of the only open task of this step."""
    page = await front.send("WorkList")
    (found,) = (edge["node"] for edge in page["edges"] if edge["node"]["stepCode"] == step)
    return {"taskId": found["id"], "version": found["version"]}


async def decide(front: Front, *, approved: bool = True) -> None:
    """The deciding county accepts and decides its only case."""
    await front.do("AcceptCase", **await task(front, "intake"))
    done = await front.do(
        "DecideCase",
        **await task(front, "decision"),
        approved=approved,
        reason="" if approved else "不符合条件。",
        resultNumber="西民字1号" if approved else None,
    )
    assert done["state"] == "DONE", done


async def staged(
    resources: Resources,
    world: OutsideSandbox,
    *,
    items: Sequence[ServiceItem] = (ACROSS,),
    places: Sequence[str] = (XIAN, BAOJI, URUMQI),
) -> Stage:
    """The stage, with an applicant whom an authority has confirmed; ``places`` decide about ``items``."""
    resources = replace(resources, ports=replace(resources.ports, faces=ScriptedFaces()))
    work = machine(resources, declared=items)
    for item in items:
        await offered_at(work, item, places)
    citizen = await bound(resources, world)
    await proven_as(citizen, AssuranceLevel.AUTHORITATIVE)

    async def front(name: str, division: str) -> Front:
        everything = (R.INTAKE, R.REVIEW, R.APPROVAL)
        return Front(work, await officer(name, *everything, division=division, organ=organ_of(division)))

    return Stage(
        work,
        citizen,
        Front(work, citizen),
        await front("lhasa", LHASA),
        await front("xian", XIAN),
        await front("urumqi", URUMQI),
        await front("baoji", BAOJI),
        await front("shaanxi", "610000"),
        await front("ministry", "000000"),
    )
