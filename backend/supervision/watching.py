"""Supervision watches: a reactor for the events of cases, one for their clocks, and one for bad evaluations.

Both work in the transaction of what they see, so that a case, its light and its counts never disagree.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import MaterialSource, ServiceItem
from backend.casework.evaluations.looping import LoopChange, LoopReactor
from backend.casework.legal_time.models import Mark
from backend.casework.legal_time.settling import ClockChange, ClockReactor
from backend.casework.lifecycle import ENDED, CaseEvent, CaseEventKind
from backend.casework.reviews.route import course_in
from backend.database.record import Transaction
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar
from backend.supervision.counting import Place, Step, measure_of, places, write_steps
from backend.supervision.models import FindingState, Light, OrderKind
from backend.supervision.rules import (
    BY_CODE,
    CLOCK_RULES,
    EVALUATION_UNANSWERED,
    EVENT_RULES,
    LOOP_RULES,
    NEAR_LIMIT,
    WARNING_DAYS,
    Facts,
    Rule,
)
from backend.supervision.writing import NewOrder, open_orders

ACCEPTED = frozenset({CaseEventKind.ACCEPTED, CaseEventKind.DEEMED_ACCEPTED})
_OFFICER = "officer:"
_RULES_ON = {kind: tuple(rule for rule in EVENT_RULES if kind in rule.on) for kind in CaseEventKind}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule found, or that is no longer so."""

    application_id: UUID
    rule: Rule
    occasion: str
    light: Light
    at: datetime
    step: str = ""
    cleared: bool = False


def watch_events(
    standards: Standards, calendar: Calendar
) -> Callable[[Transaction, CaseEvent], Awaitable[None]]:
    """The reactor for events of cases."""

    async def react(tx: Transaction, event: CaseEvent) -> None:
        if event.kind is CaseEventKind.SUBMITTED:
            await _begin(tx, event)
            return
        if event.kind is CaseEventKind.STARTED:
            return
        item = standards.get(event.item_code)
        if event.kind in ACCEPTED:
            await _begin_steps(tx, event, item)
        rules = [
            rule
            for rule in _RULES_ON[event.kind]
            # A rule of every event costs nothing until the event says something about its matter.
            if rule.code != "fee_on_free_item" or "feeFen" in event.detail
        ]
        found = []
        if rules:
            facts = await _facts(tx, event, item, rules)
            found = [
                Finding(event.application_id, rule, str(event.sequence), rule.light_for(facts), event.at)
                for rule in rules
                if rule.found is not None and rule.found(facts)
            ]
        officer = event.actor if event.actor.startswith(_OFFICER) else None
        if found or officer or event.state in ENDED:
            await note(
                tx, calendar, found, officer=officer, ended=event.state in ENDED, case=event.application_id
            )

    return react


def watch_clocks(calendar: Calendar) -> ClockReactor:
    """The reactor for clocks of cases."""

    async def react(tx: Transaction, changes: Sequence[ClockChange]) -> None:
        found = [finding for change in changes for finding in _of_clock(change)]
        if found:
            await note(tx, calendar, found)

    return react


def watch_loops(calendar: Calendar) -> LoopReactor:
    """The reactor for what follows a bad evaluation; a visit that was about no case has no light."""

    async def react(tx: Transaction, changes: Sequence[LoopChange]) -> None:
        found = [finding for change in changes for finding in _of_loop(change)]
        if found:
            await note(tx, calendar, found)

    return react


def _of_loop(change: LoopChange) -> Sequence[Finding]:
    if change.application_id is None:
        return ()
    rule, found = LOOP_RULES[change.turn]
    step = f":{change.version}" if rule is EVALUATION_UNANSWERED else ""
    occasion = f"{change.evaluation_id}{step}"
    return (Finding(change.application_id, rule, occasion, rule.light, change.at, cleared=not found),)


def _of_clock(change: ClockChange) -> Sequence[Finding]:
    """What a change of a clock opens and clears."""
    over = CLOCK_RULES[change.kind]
    occasion = f"{change.kind.value}:{change.step}"
    opened: list[Finding] = []

    def finding(rule: Rule, *, cleared: bool) -> Finding:
        return Finding(
            change.application_id, rule, occasion, rule.light, change.at, step=change.step, cleared=cleared
        )

    if change.after is Mark.OVER:
        if change.before is not Mark.OVER:
            opened.append(finding(over, cleared=False))
        opened.append(finding(NEAR_LIMIT, cleared=True))
        return opened
    if change.before is Mark.OVER:
        opened.append(finding(over, cleared=True))
    near = change.after is Mark.NEAR and not change.ended
    if near or change.before is not Mark.NONE or change.ended:
        opened.append(finding(NEAR_LIMIT, cleared=not near))
    return opened


async def _begin(tx: Transaction, event: CaseEvent) -> None:
    row = await tx.fetch_one(
        "INSERT INTO supervised_case (id, created_at, application_id, division, organ_code, organ_name, item_code,"
        " officer, light, ended) SELECT $1, $2, id, division, left(task_code, 18), organ_name, item_code, '', 'GREEN',"
        " false FROM application WHERE id = $3 ON CONFLICT (application_id) DO NOTHING"
        " RETURNING division, organ_code, organ_name, item_code, officer",
        new_id(),
        event.at,
        event.application_id,
    )
    if row is not None:
        await write_steps(tx, [Step(Place(**dict(row)), measure_of(Light.GREEN, ended=False), 1)])


async def _begin_steps(tx: Transaction, event: CaseEvent, item: ServiceItem) -> None:
    """Every step of the case's own course begins green."""
    codes = [stage.step.code for stage in await course_in(tx, item, event.application_id)]
    await tx.execute(
        "INSERT INTO supervised_step (id, created_at, application_id, step, place, light)"
        " SELECT n.id, $1, $2, n.step, n.place, 'GREEN' FROM unnest($3::uuid[], $4::text[], $5::int[])"
        " AS n(id, step, place) ON CONFLICT (application_id, step) DO NOTHING",
        event.at,
        event.application_id,
        [new_id() for _ in codes],
        codes,
        list(range(len(codes))),
    )


async def _facts(tx: Transaction, event: CaseEvent, item: ServiceItem, rules: Sequence[Rule]) -> Facts:
    """What these rules look at, asked for only where one of them does."""
    codes = {rule.code for rule in rules}
    facts = Facts(event, item)
    if "missing_material" in codes:
        facts = replace(facts, missing_materials=await _missing(tx, event.application_id, item))
    if "second_correction" in codes:
        (row,) = await tx.fetch(
            "SELECT count(*)::int AS times FROM case_event WHERE application_id = $1 AND kind = $2",
            event.application_id,
            event.kind.value,
        )
        facts = replace(facts, corrections=row["times"])
    return facts


async def _missing(tx: Transaction, application_id: UUID, item: ServiceItem) -> int:
    """Required papers that are on the case in no way; those that only some must bring are not judged here."""
    required = {
        material.code
        for material in item.materials
        if material.required and material.when is None and MaterialSource.UPLOAD in material.sources
    }
    if not required:
        return 0
    rows = await tx.fetch("SELECT code FROM material WHERE application_id = $1", application_id)
    return len(required - {row["code"] for row in rows})


async def note(
    tx: Transaction,
    calendar: Calendar,
    found: Sequence[Finding],
    *,
    officer: str | None = None,
    ended: bool = False,
    case: UUID | None = None,
) -> None:
    """Keep findings, clear what is no longer so, and bring light and counts of the cases up to date."""
    cases = {finding.application_id for finding in found} | ({case} if case is not None else set())
    before = await places(tx, list(cases))
    found = [finding for finding in found if finding.application_id in before]
    fresh = await _keep(tx, [finding for finding in found if not finding.cleared])
    await _clear(tx, [finding for finding in found if finding.cleared])
    await _bring_steps_up_to_date(tx, {(one.application_id, one.step) for one in found if one.step})
    await _bring_up_to_date(tx, before, officer=officer, ended=ended)
    orders = [
        _order(one, before[one.application_id], days)
        for one in fresh
        if (days := _answer_days(one)) is not None
    ]
    if orders:
        await open_orders(tx, calendar, orders)


def _order(finding: Finding, place: Place, days: int) -> NewOrder:
    """What the machine asks the case's organ after a finding."""
    return NewOrder(
        finding.application_id,
        OrderKind.EVALUATION if finding.rule is EVALUATION_UNANSWERED else OrderKind.WARNING,
        f"{finding.rule.code}:{finding.occasion}",
        place.division,
        place,
        finding.at,
        days,
    )


def _answer_days(finding: Finding) -> int | None:
    return WARNING_DAYS if finding.rule.warns and finding.light is Light.RED else None


async def _keep(tx: Transaction, found: Sequence[Finding]) -> Sequence[Finding]:
    """Keep findings; those that were not there, or were cleared, are given back."""
    if not found:
        return ()
    rows = await tx.fetch(
        "INSERT INTO supervision_finding AS f (id, created_at, application_id, rule, occasion, step, light, state, at)"
        " SELECT n.id, n.at, n.application_id, n.rule, n.occasion, n.step, n.light, 'OPEN', n.at"
        " FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])"
        " AS n(id, application_id, rule, occasion, step, light, at)"
        " ON CONFLICT (application_id, rule, occasion) DO UPDATE SET state = 'OPEN', at = EXCLUDED.at,"
        " cleared_at = NULL, light = EXCLUDED.light WHERE f.state = 'CLEARED'"
        " RETURNING f.application_id, f.rule, f.occasion, f.step, f.light, f.at",
        [new_id() for _ in found],
        [one.application_id for one in found],
        [one.rule.code for one in found],
        [one.occasion for one in found],
        [one.step for one in found],
        [one.light.value for one in found],
        [one.at for one in found],
    )
    return [
        Finding(
            row["application_id"],
            BY_CODE[row["rule"]],
            row["occasion"],
            Light(row["light"]),
            row["at"],
            row["step"],
        )
        for row in rows
    ]


async def _clear(tx: Transaction, gone: Sequence[Finding]) -> None:
    if gone:
        await tx.execute(
            "UPDATE supervision_finding f SET state = $5, cleared_at = n.at"
            " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS n(application_id, rule, occasion, at)"
            " WHERE f.application_id = n.application_id AND f.rule = n.rule AND f.occasion = n.occasion"
            " AND f.state = 'OPEN'",
            [one.application_id for one in gone],
            [one.rule.code for one in gone],
            [one.occasion for one in gone],
            [one.at for one in gone],
            FindingState.CLEARED.value,
        )


async def _bring_steps_up_to_date(tx: Transaction, touched: Collection[tuple[UUID, str]]) -> None:
    """The light of each step that something was found of, or cleared: the heaviest that still counts."""
    if not touched:
        return
    steps = sorted(touched)
    await tx.execute(
        "UPDATE supervised_step s SET light = coalesce((SELECT CASE WHEN bool_or(f.light = 'RED') THEN 'RED'"
        "     ELSE 'YELLOW' END FROM supervision_finding f WHERE f.application_id = n.application_id"
        "     AND f.step = n.step AND f.state = 'OPEN' HAVING count(*) > 0), 'GREEN')"
        " FROM unnest($1::uuid[], $2::text[]) AS n(application_id, step)"
        " WHERE s.application_id = n.application_id AND s.step = n.step",
        [case for case, _ in steps],
        [step for _, step in steps],
    )


async def _bring_up_to_date(
    tx: Transaction, before: dict[UUID, Place], *, officer: str | None, ended: bool
) -> None:
    rows = await tx.fetch(
        "UPDATE supervised_case c SET light = n.light, officer = coalesce($2, c.officer), ended = c.ended OR $3"
        " FROM (SELECT a.id, b.light AS old_light, b.ended AS old_ended, coalesce((SELECT CASE"
        "     WHEN bool_or(f.light = 'RED') THEN 'RED' ELSE 'YELLOW' END FROM supervision_finding f"
        "     WHERE f.application_id = a.id AND f.state = 'OPEN' HAVING count(*) > 0), 'GREEN') AS light"
        "   FROM unnest($1::uuid[]) AS a(id) JOIN supervised_case b ON b.application_id = a.id) n"
        " WHERE c.application_id = n.id AND (c.light <> n.light OR c.officer <> coalesce($2, c.officer) OR c.ended <> (c.ended OR $3))"
        " RETURNING c.application_id, n.old_light, n.old_ended, c.light, c.ended, c.officer",
        list(before),
        officer,
        ended,
    )
    steps = []
    for row in rows:
        place = before[row["application_id"]]
        steps.append(Step(place, measure_of(Light(row["old_light"]), ended=row["old_ended"]), -1))
        steps.append(
            Step(
                replace(place, officer=row["officer"]),
                measure_of(Light(row["light"]), ended=row["ended"]),
                1,
            )
        )
    await write_steps(tx, steps)
