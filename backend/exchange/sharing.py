"""共享查询: what other departments hold is asked for there, so that the citizen is not asked for what the state has.

Only with the citizen's consent for this item, only the facts that its rules want, one call for each department.
Every call is written down here and there with purpose, legal basis and consent. Answers are kept sealed for a
day, for this item only, and fill what the pre-check would otherwise ask.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from backend.casework.applications.actions import require_person
from backend.casework.definitions import HELD_FACTS, FieldKind, ServiceItem
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import fetch, transaction
from backend.errors import Forbidden, NotFound, ProblemCode, Text, Unavailable
from backend.exchange.asking import PATIENCE
from backend.exchange.breaker import guarded
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.identity.ladder import TO_APPLY, require
from backend.people.identity.queries import PersonFacts, facts_of
from backend.people.privacy.own_data import Holding
from backend.resources import Resources
from backend.sharing_ports import FACTS, DataSharing, Matter, SharedAnswer, SharedQuestion
from backend.viewer import Citizen

KEPT = timedelta(days=1)
UPSTREAM = "sharing"
QUESTIONS = "20/hour"
"""Of one person: each goes to several departments."""

CONSENT_FIRST = Text(
    "查询其他部门掌握的信息须经您本人同意。", "Other departments are asked about you only with your consent."
)
NOT_CONNECTED = Text("本系统未接入数据共享平台。", "No platform for shared data is connected here.")


@dataclass(frozen=True, slots=True)
class SharedFact:
    """A fact that a department holds."""

    name: str
    matter: Matter
    label: Text
    value: Text


@dataclass(frozen=True, slots=True)
class SharedFacts:
    """What was found, and who did not answer."""

    facts: Sequence[SharedFact]
    unanswered: Sequence[Matter]
    as_of: datetime


def wanted_facts(item: ServiceItem, person: PersonFacts) -> Mapping[Matter, Sequence[str]]:
    """The least that the item's rules want and that others hold, by department; what we know is not asked."""
    found: dict[Matter, list[str]] = {}
    for fact in (*item.known_facts, *item.organ_facts):
        if fact == "household_division" and person.household_division is not None:
            continue
        if fact in FACTS:
            found.setdefault(FACTS[fact], []).append(fact)
    return found


def basis_of(item: ServiceItem) -> str:
    """The law that a question rests on: the item's own first, then the one on sharing."""
    own = item.basis[0]
    article = f"第{own.article}条" if own.article else ""
    return f"《{own.title.zh}》{article}；《国务院关于在线政务服务的若干规定》第七条"


async def ask_shared(
    citizen: Citizen, work: Casework, *, item: ServiceItem, consented: bool, idempotency_key: str
) -> SharedFacts:
    """Ask every department that holds something which the item's rules want.

    What they hold is told to nobody who only knows a name and a number: the citizen is proven in this session. Raises
    ``StepUpNeeded``, ``Forbidden(CONSENT_NEEDED)``, ``TooMany``, ``NotFound`` where no platform is connected. A
    department that does not answer is named in the answer; the others' facts are there all the same.
    """
    port = work.resources.ports.sharing
    person_id = require_person(citizen)
    if port is None:
        raise NotFound(NOT_CONNECTED)
    if not consented:
        raise Forbidden(CONSENT_FIRST, code=ProblemCode.CONSENT_NEEDED)
    await require(citizen, person_id, TO_APPLY)
    await work.resources.shared.limit(QUESTIONS, "shared-data", str(person_id))
    consent = new_id()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"person:{person_id}",
            operation="askSharedData",
            key=idempotency_key,
            given=item.base_code,
            subject=consent,
        )
        if known is None:
            await audit.append(
                tx,
                subject=f"person:{person_id}",
                kind="sharing_consented",
                actor=f"person:{person_id}",
                detail={"purpose": item.base_code, "consent": str(consent)},
            )
    if known is None:
        person = await facts_of(person_id, work.resources)
        questions = [
            SharedQuestion(
                call_id=new_id(),
                matter=matter,
                facts=facts,
                name=person.name,
                number=person.resident_id,
                purpose=item.base_code,
                basis=basis_of(item),
                consent=consent,
                on_behalf_of=f"account:{citizen.account_id}",
            )
            for matter, facts in wanted_facts(item, person).items()
        ]
        await asyncio.gather(*(_ask(work, port, person_id, question) for question in questions))
    return await _told(work, person_id, item, known or consent)


async def _ask(work: Casework, port: DataSharing, person_id: UUID, question: SharedQuestion) -> None:
    answer: SharedAnswer | None = None
    with suppress(Unavailable):  # it is on record below, and told as unanswered
        answer = await guarded(UPSTREAM, lambda: port.ask(question), patience=PATIENCE)
    ring = work.resources.keys.ring
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO shared_call (id, created_at, person_id, item_code, matter, facts, basis, consent_id,"
            " reference, as_of, answer_sealed) VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11)",
            question.call_id,
            clock.now(),
            person_id,
            question.purpose,
            question.matter.value,
            orjson.dumps(list(question.facts)).decode(),
            question.basis,
            question.consent,
            answer.reference if answer else None,
            answer.as_of if answer else None,
            ring.seal(orjson.dumps(dict(answer.facts)), context=f"shared_call:{question.call_id}")
            if answer
            else None,
        )
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="shared_data_asked",
            actor=question.on_behalf_of,
            detail={
                "call": str(question.call_id),
                "matter": question.matter.value,
                "facts": list(question.facts),
                "purpose": question.purpose,
                "consent": str(question.consent),
                "answered": answer is not None,
            },
        )


async def _told(work: Casework, person_id: UUID, item: ServiceItem, consent: UUID) -> SharedFacts:
    rows = await fetch(
        "SELECT id, matter, as_of, answer_sealed FROM shared_call"
        " WHERE person_id = $1 AND item_code = $2 AND consent_id = $3 ORDER BY id",
        person_id,
        item.base_code,
        consent,
    )
    facts = [
        _fact(name, value)
        for row in rows
        if row["answer_sealed"]
        for name, value in _opened(work.resources, row["id"], row["answer_sealed"]).items()
        if _sound(name, value)
    ]
    silent = [Matter(row["matter"]) for row in rows if not row["answer_sealed"]]
    return SharedFacts(
        facts, silent, max((row["as_of"] for row in rows if row["as_of"]), default=clock.now())
    )


async def known_by_others(citizen: Citizen, work: Casework, item: ServiceItem) -> Mapping[str, object]:
    """Facts that were asked for this item within a day, for the pre-check; empty where nothing was."""
    if citizen.person_id is None:
        return {}
    rows = await fetch(
        "SELECT id, answer_sealed FROM shared_call WHERE person_id = $1 AND item_code = $2 AND created_at > $3"
        " AND answer_sealed IS NOT NULL ORDER BY id",
        citizen.person_id,
        item.base_code,
        clock.now() - KEPT,
    )
    found: dict[str, object] = {}
    for row in rows:
        opened = _opened(work.resources, row["id"], row["answer_sealed"])
        found |= {name: value for name, value in opened.items() if _sound(name, value)}
    return found


def _opened(resources: Resources, call_id: UUID, sealed: str) -> Mapping[str, str]:
    told: Mapping[str, str] = orjson.loads(resources.keys.ring.open(sealed, context=f"shared_call:{call_id}"))
    return told


def _sound(name: str, value: str) -> bool:
    """Whether it is one of the answers that the fact can have: what else a department says is not believed."""
    held = HELD_FACTS.get(name)
    if held is None:
        return False
    question = held.question
    return question.kind is not FieldKind.CHOICE or value in {choice.value for choice in question.choices}


def _fact(name: str, value: str) -> SharedFact:
    question = HELD_FACTS[name].question
    shown = next((choice.label for choice in question.choices if choice.value == value), Text(value, value))
    return SharedFact(name, FACTS[name], question.label, shown)


async def _shared_calls(_resources: Resources, person_id: UUID) -> Sequence[Mapping[str, object]]:
    """What a person may know of it: who was asked what, for what, on what ground. For the file of one's own data."""
    rows = await fetch(
        "SELECT created_at, item_code, matter, facts, basis, reference FROM shared_call WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    return [
        {
            "at": row["created_at"],
            "itemCode": row["item_code"],
            "matter": row["matter"],
            "facts": orjson.loads(row["facts"]),
            "basis": row["basis"],
            "reference": row["reference"],
        }
        for row in rows
    ]


HOLDINGS = (Holding("sharedCalls", _shared_calls, tables=("shared_call",)),)
"""What the exchange keeps of a person beside their cases."""
