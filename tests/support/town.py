"""A town with everybody in it and everything that one citizen can have, and what anybody finds by asking."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import chain
from secrets import token_hex
from typing import Any
from uuid import UUID

import orjson
from graphql import OperationDefinitionNode, OperationType, parse, validate

from backend.casework.applications.actions import start_application, submit_application
from backend.casework.appointments.models import Binding
from backend.casework.appointments.places import CalendarDraft
from backend.casework.certificates.revocation import ask_revocation
from backend.casework.evaluations.actions import evaluate_application
from backend.casework.evaluations.scores import count_evaluation, period_of, publish_scores
from backend.casework.machine import Casework
from backend.casework.notices.actions import tell_the_citizen
from backend.casework.notices.sending import send_notices
from backend.casework.parties.actions import confirm_case, invite_party, join_case
from backend.casework.parties.queries import party_case
from backend.database.record import fetch, transaction
from backend.errors import ProblemCode
from backend.frontends.actions import Draft, add_team, register, team_named
from backend.kit import clock, resident_id
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar
from backend.people.officers.actions import ensure_officer, ensure_organ
from backend.people.officers.changes import Wish, request_change
from backend.people.officers.models import ChangeKind
from backend.people.privacy.looks import LookReason
from backend.people.privacy.reveal import reveal_person
from backend.people.rectification.actions import Wrong, request_correction
from backend.people.rectification.models import CorrectionAbout
from backend.people.reviews.actions import request_review
from backend.people.video.actions import ensure_video_desk, request_ticket
from backend.people.video.hours import slots
from backend.resources import Resources
from backend.supervision.actions import issue_order
from backend.viewer import Anonymous, Citizen, Machine, Officer, OfficerRole, TeamRight, Viewer
from resolvers.context import Context
from resolvers.execution.core import CoreExecutor
from resolvers.execution.fast import Compilation
from resolvers.execution.port import Document
from resolvers.schema import schema
from tests.support.appointments import EVERY_DAY, booked, offered, slot_ids
from tests.support.cases import (
    ANSWERS,
    HOME,
    ITEM,
    ORGAN,
    ORGAN_NAME,
    complete_draft,
    completed,
    draft,
    machine,
    proven,
    publish,
)
from tests.support.delegations import accepted, proposal, proposed
from tests.support.means import assisted
from tests.support.notices import without_quiet_hours
from tests.support.people import PASSWORD, Human, ScriptedFaces, new_human, new_key, signed_in, typed
from tests.support.providers import furnished, listed, served, working
from tests.support.sandbox import OutsideSandbox
from tests.support.statistics import reported_and_run
from tests.support.walker import Asked, Walker, nodes_in

FOR_TWO = replace(ITEM, base_code="000599990002", parties=2, shown_to_party=("elsewhere",))
LAST_MONTH = period_of(clock.now().replace(day=1) - timedelta(days=2))
CORE = CoreExecutor(schema)
EXECUTOR = Compilation().executor(schema, CORE)


@dataclass(slots=True)
class Town:
    """Everybody, and everything that one citizen has."""

    work: Casework
    cast: Mapping[str, Viewer]
    secrets: Mapping[str, str]
    codes: Sequence[str]
    """What is told over the counter: no stranger gets anywhere with it."""
    said: dict[tuple[str, str], Any] = field(default_factory=dict)

    async def answer(self, name: str, asked: Asked) -> tuple[Any, str]:
        """What is said to one of the cast, and all of it as one text, refusals included."""
        viewer = self.cast[name]

        async def context() -> Context:
            return Context(viewer=viewer, request_id="walk", language="zh-CN", work=self.work)

        operation = document(asked.text).operation(None)
        if operation.kind is OperationType.SUBSCRIPTION:
            async with aclosing(CORE.events(operation, asked.variables, context)) as events:
                body = (await anext(events)).body
        else:
            body = await EXECUTOR(operation, asked.variables, await context())
        told = orjson.loads(body)
        codes = [error.get("extensions", {}).get("code") for error in told.get("errors", ())]
        assert set(codes) <= set(ProblemCode), (asked, told)
        return told.get("data"), body.decode()

    def walker(self, ids: Sequence[str] = ()) -> Walker:
        """With the codes of this town's items and divisions, and whatever was told to the owner."""
        return Walker(
            schema._schema,  # noqa: SLF001 - Strawberry has no public way to it
            {
                "code": [ITEM.base_code, HOME],
                "itemCode": [ITEM.base_code],
                "division": [HOME],
                "parent": ["330500"],
                "reviewCode": self.codes,
                "day": [(clock.today() + timedelta(days=days)).isoformat() for days in range(1, 8)],
                "language": ["zh-CN"],
                "light": ["YELLOW"],
                "wanted": [{"division": HOME}],
                "axis": ["ORGAN"],
                "period": [LAST_MONTH],
            },
            ids,
        )


@cache
def document(text: str) -> Document:
    """As the gate keeps it; the walk's own documents are far beyond its limits."""
    ast = parse(text)
    (operation,) = (node for node in ast.definitions if isinstance(node, OperationDefinitionNode))
    assert validate(schema._schema, ast) == []  # noqa: SLF001 - as below
    return Document(text, ast, {"": operation.operation})


async def founded(resources: Resources, outside_world: OutsideSandbox) -> Town:
    """The town, with all that happened in it."""
    resources = replace(resources, ports=replace(resources.ports, faces=ScriptedFaces()))
    work = machine(resources, tell_the_citizen(resources.shared), declared=(ITEM, FOR_TWO))
    for item in (ITEM, FOR_TWO):
        await publish(work, item=item)
    cast_: dict[str, Viewer] = {"guest": Anonymous()}
    organs: dict[str, UUID] = {}
    for number, (name, division, roles) in enumerate(
        (
            ("county", HOME, set(OfficerRole) - {OfficerRole.OPERATIONS}),
            ("province", "330000", set(OfficerRole) - {OfficerRole.OPERATIONS}),
            ("next_county", "330522", set(OfficerRole) - {OfficerRole.OPERATIONS}),
            ("other_province", "440106", set(OfficerRole) - {OfficerRole.OPERATIONS}),
            ("operations", "440106", {OfficerRole.OPERATIONS}),
            ("county_operations", HOME, {OfficerRole.OPERATIONS}),
        )
    ):
        organs[name] = await ensure_organ(
            credit_code=f"11{division}0000000{number}XQ", name=f"{name}民政局", division=division
        )
        officer_id = await ensure_officer(
            organ_id=organs[name], login=name, name="王月娥", password=PASSWORD, roles=roles
        )
        cast_[name] = Officer(officer_id, new_id(), organs[name], division, frozenset(roles))

    for asks, of in (("county_operations", "county"), ("operations", "other_province")):
        asking, officer = cast_[asks], cast_[of]
        assert isinstance(asking, Officer)
        assert isinstance(officer, Officer)
        await request_change(asking, Wish(officer.officer_id, ChangeKind.RESET), idempotency_key=new_key())
    human = new_human(outside_world)
    owner = await proven(resources, outside_world, human)
    await without_quiet_hours(owner)
    done = await completed(owner, work)
    await send_notices(work, done)
    await evaluate_application(
        owner, work, application_id=done, level=1, comment="很慢", idempotency_key=new_key()
    )
    await draft(owner, work)
    await _scored(work, cast_["province"], done)
    await _beside_the_case(work, owner, done)
    county = cast_["county"]
    assert isinstance(county, Officer)
    assert owner.person_id is not None
    await reveal_person(
        county, resources, person_id=owner.person_id, case_id=done, reason=LookReason.DECIDE_CASE
    )
    await ensure_video_desk(organs["county"], seats=2, actor="machine:test")
    await request_ticket(
        owner, resources, Calendar(), division=HOME, slot_at=_next_slot(), idempotency_key=new_key()
    )
    calendar_id = await offered(
        CalendarDraft(
            "窗口", Binding.PERSON, EVERY_DAY, (ITEM.base_code,), slot_minutes=120, opens_days_before=3
        ),
        organ_id=organs["county"],
    )
    [tomorrow] = await slot_ids(calendar_id)
    await booked(work, owner, tomorrow)
    [result] = await fetch("SELECT id FROM certificate WHERE application_id = $1 AND kind = 'RESULT'", done)
    await ask_revocation(
        county, work, certificate_id=result["id"], reason="姓名有误", reissue=False, idempotency_key=new_key()
    )
    await request_correction(
        owner, resources, Wrong(CorrectionAbout.CASE, "地址有误", HOME, done), idempotency_key=new_key()
    )
    newcomer, _ = await signed_in(resources, outside_world)
    unknown = typed("沈新生", resident_id.make(HOME, date(2008, 2, 29), 7))
    review = await request_review(newcomer, resources, unknown, division=HOME, idempotency_key=new_key())
    neighbour = await proven(resources, outside_world, new_human(outside_world))
    son = await _son(work, owner, human, outside_world)
    for name in ("team", "other_team"):
        await add_team(name.replace("_", "-"), list(TeamRight), actor=Machine("operator"))
        cast_[name] = await team_named(name.replace("_", "-"))
    digest = token_hex(4)
    await register(
        cast_["team"],  # type: ignore[arg-type]  # a team, from three lines above
        [Draft(f"query Q{digest} {{ me {{ id }} }}", (f"Q{digest}",), {"Query.me": "SIGNED_IN"}, 1)],
    )
    await fetch(
        "UPDATE delivery SET state = 'DEAD', last_problem = 'INVALID_INPUT' WHERE application_id = $1", done
    )
    await _third_parties(work, cast_, neighbour, owner, done)
    spouse = await _spouse(work, owner, outside_world)
    cast_ |= {"owner": owner, "newcomer": newcomer, "neighbour": neighbour, "son": son, "spouse": spouse}
    numbers = await fetch("SELECT case_number FROM application WHERE case_number IS NOT NULL")
    codes = [row["code"] for row in await fetch("SELECT code FROM identity_review WHERE id = $1", review)]
    return Town(
        work,
        cast_,
        {
            "name": human.name,
            "number": human.resident_id,
            "case number": numbers[0]["case_number"],
            **{name: str(ANSWERS[name]) for name in ("phone", "address", "account")},
        },
        codes,
    )


async def _beside_the_case(work: Casework, owner: Citizen, done: UUID) -> None:
    """What others keep: of means, of urgent help, of statistics and operations."""
    await assisted(done)
    await reported_and_run(work, owner, HOME, LAST_MONTH)


async def _third_parties(
    work: Casework, cast_: dict[str, Viewer], neighbour: Citizen, owner: Citizen, case: UUID
) -> None:
    """Two organisations, each with a place, a program and a webhook; the owner has ordered at the first."""
    for name, citizen in (("provider", neighbour), ("other_provider", owner)):
        provider = await working(work.resources, citizen)
        await listed(provider)
        await furnished(provider, work)
        if name == "provider":
            await served(owner, provider, work, case)
        cast_[name] = provider


async def _son(work: Casework, owner: Citizen, human: Human, world: OutsideSandbox) -> Citizen:
    """Somebody who acts for the owner, has handed a case in for them, and asks to act for somebody unknown."""
    son = await proven(work.resources, world, born=date(1970, 3, 1))
    grant_id = await accepted(
        son, owner, work.resources, proposal(human, items=(ITEM.base_code, FOR_TWO.base_code))
    )
    case = await start_application(
        son,
        work,
        item_code=ITEM.base_code,
        division=HOME,
        idempotency_key=new_key(),
        on_behalf_of=grant_id,
    )
    await complete_draft(son, work, case)
    await submit_application(son, work, application_id=case, idempotency_key=new_key())
    await proposed(
        son, work.resources, proposal(Human("沈无名", resident_id.make(HOME, date(1950, 2, 3), 9)))
    )
    return son


async def _spouse(work: Casework, owner: Citizen, world: OutsideSandbox) -> Citizen:
    """Somebody with whom the owner has handed a case in together."""
    spouse = await proven(work.resources, world)
    case = await start_application(
        owner, work, item_code=FOR_TWO.base_code, division=HOME, idempotency_key=new_key()
    )
    await complete_draft(owner, work, case)
    invitation = await invite_party(owner, work, application_id=case)
    await join_case(spouse, work, code=invitation.party_code)
    version = (await party_case(spouse, work, case)).version
    await confirm_case(spouse, work, application_id=case, version=version)
    await submit_application(owner, work, application_id=case, idempotency_key=new_key())
    return spouse


async def _scored(work: Casework, province: Viewer, case: UUID) -> None:
    """Last month's scores of the county, and an order about a case."""
    assert isinstance(province, Officer)
    await issue_order(
        province, work, application_id=case, text="请说明进度。", days=5, idempotency_key=new_key()
    )
    organ = {"division": HOME, "organ_code": ORGAN, "organ_name": ORGAN_NAME, "item_code": ITEM.base_code}
    async with transaction() as tx:
        await count_evaluation(tx, organ, LAST_MONTH, 5, 12)
    assert await publish_scores() == 1


def _next_slot() -> datetime:
    day = clock.today() + timedelta(days=1)
    while not (found := slots(day, Calendar())):
        day += timedelta(days=1)
    return found[0]


async def walked(town: Town, name: str, ids: Sequence[str] = ()) -> tuple[list[Any], str]:
    """Everything that somebody finds by asking everything, and the same as text."""
    walker, found, texts = town.walker(ids), [], []
    for asked in chain(walker.queries(), walker.subscriptions() if ids else ()):
        data, text = await town.answer(name, asked)
        found.append(data)
        texts.append(text)
    return found, "\n".join(texts)


def things(found: Sequence[Any]) -> set[str]:
    """Global ids of everything found."""
    return {one["id"] for answer in found for one in nodes_in(answer) if one.get("id")}


async def everything(town: Town) -> list[str]:
    """The global id of everything that anybody finds."""
    return sorted({thing for name in town.cast for thing in things((await walked(town, name))[0])})
