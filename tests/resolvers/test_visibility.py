"""The whole API asked by everybody, with the ids and codes of somebody else: rules and answers agree exactly."""

from base64 import urlsafe_b64decode
from dataclasses import replace
from itertools import chain
from typing import Any

from backend.database.record import fetch
from backend.kit.ids import new_id
from resolvers.pagination import global_id
from resolvers.visibility import RULES, Sight
from tests.support.town import Town, everything, things, walked
from tests.support.walker import Asked, types_in

OWNERS = {"owner", "son"}
"""The applicant, and who acts for them by a delegation."""
DIVISION = {"county", "province"}
"""Officers in whose division the case lies; the others are of a county beside it and of another province."""
EXPECTED = {
    Sight.APPLICANT: OWNERS,
    Sight.CASE: OWNERS | DIVISION,
    Sight.DIVISION: {"county_operations"},
    Sight.STAFF: {"operations", "county_operations"},
    Sight.SUPERVISION: DIVISION,
    Sight.STATISTICS: DIVISION,
    Sight.TEAM: {"team", "operations", "county_operations"},
    Sight.PROVIDER: {"provider", "other_provider"},
    Sight.ORDER: {"owner", "provider"},
}
DESKS = {
    "IdentityReview": {"newcomer"} | DIVISION,
    "CertificateRevocation": DIVISION,
    "DataCorrection": {"owner"} | DIVISION,
    "VideoTicket": {"owner", "county"},
    "AppointmentVisit": {"county"},
    "Delegation": OWNERS | DIVISION,
    "Feedback": {"owner", "county_operations"},
    "Notice": OWNERS | DIVISION,
    "CaseNotice": DIVISION,
    "MeansCheck": DIVISION,
    "NoticeDelivery": DIVISION,
    "ProviderReview": {"provider", "other_provider"} | DIVISION,
    "Evaluation": {"owner"} | DIVISION,
    "EvaluationLoop": {"owner"} | DIVISION,
    "EvaluationLoopAct": {"owner"} | DIVISION,
}
"""A review and a proposal wait in a division, a call and a visitor at one organ."""
GRANTS = (OWNERS, {"son"} | DIVISION)
"""One in force is its two persons'; a proposal for somebody who is nobody here waits for an officer."""
UNREACHED = {
    "CaseExtension",
    "FieldProblem",
    "Problem",
    "StepUp",
    "Handover",
    "ItemDelegate",
    "UrgentPath",
    "CorrectionNotice",
    "HomeVisit",
    "HouseholdCase",
    "HouseholdMember",
    "ReviewTask",
    "WindowCase",
    "WindowVisitor",
}
"""Refusals are seen by the walk through mutations; the rest belongs to items that are not published here. Cases of this town
are reviewed by its province: who sees the tasks and notices of those reviewed here is in ``test_reviews.py``."""
STRANGERS = (
    "neighbour",
    "spouse",
    "guest",
    "team",
    "next_county",
    "other_province",
    "operations",
    "other_provider",
)
QUIET = {"audit_entry", "idempotency_key"}
"""Tables that a refusal may write to."""


def kind_of(thing: str) -> str:
    return urlsafe_b64decode(thing + "==").decode().partition(":")[0]


def right_viewers(kind: str, viewers: set[str]) -> set[str]:
    """Who should see a thing that these see."""
    match RULES[kind]:
        case Sight.OWN:
            return viewers if len(viewers) == 1 else set()
        case Sight.STAFF | Sight.PROVIDER as rule:
            return viewers if len(viewers) == 1 and viewers <= EXPECTED[rule] else set()
        case _ if kind == "ProviderReview":
            return viewers if len(viewers - DIVISION) == 1 and viewers >= DIVISION else set()
        case _ if kind == "Application" and viewers == OWNERS:
            return viewers  # a draft
        case _ if kind == "Delegation" and viewers in GRANTS:
            return viewers
        case rule:
            return DESKS.get(kind, EXPECTED.get(rule, viewers))


async def test_everybody_finds_what_their_rule_says_and_nothing_else(town: Town) -> None:
    known = await everything(town)
    seen_by: dict[str, set[str]] = {}
    types_by: dict[str, set[str]] = {}
    texts: dict[str, str] = {}
    for name in town.cast:
        found, texts[name] = await walked(town, name, known)
        for thing in things(found):
            seen_by.setdefault(thing, set()).add(name)
        for kind in set().union(*map(types_in, found)) & set(RULES):
            types_by.setdefault(kind, set()).add(name)

    wrong_things = [
        (kind_of(thing), viewers)
        for thing, viewers in seen_by.items()
        if viewers != right_viewers(kind_of(thing), viewers)
    ]
    assert wrong_things == []
    wrong_types = {
        kind: viewers
        for kind, rule in RULES.items()
        if rule is not Sight.ANSWER
        and kind not in UNREACHED
        and (
            not (viewers := types_by.get(kind, set()))
            or ((rule in EXPECTED or kind in DESKS) and viewers != DESKS.get(kind, EXPECTED.get(rule)))
        )
    }
    assert wrong_types == {}, "nobody finds such a thing: put one into this town"
    told = {
        (name, what)
        for name, text in texts.items()
        for what, secret in town.secrets.items()
        if secret in text
    }
    assert told == {
        *((name, what) for name in OWNERS for what in ("phone", "address", "account")),
        *((name, "case number") for name in OWNERS | DIVISION),
    }


async def test_an_id_that_is_not_yours_is_answered_like_one_that_never_was(town: Town) -> None:
    known = await everything(town)
    never = {kind: global_id(kind, new_id()) for kind in map(kind_of, known)}
    told: list[tuple[str, str, str]] = []
    asked_for = set()
    for name in STRANGERS:
        walker = town.walker(known)
        hidden = set(known) - things((await walked(town, name, known))[0])
        before = await rows()
        unknown: dict[str, str] = {}
        for asked in chain(walker.queries(), walker.subscriptions(), walker.mutations_with_ids()):
            if len(asked.ids) > 1 or not asked.ids & hidden:
                continue  # one at a time: what two ids make together is the area's own test
            (thing,) = asked.ids
            other = with_id(asked, thing, never[kind_of(thing)])
            key = f"{other.text} {other.variables}"
            if key not in unknown:
                _, unknown[key] = await town.answer(name, other)
            _, answer = await town.answer(name, asked)
            asked_for.add(asked.field)
            if answer != unknown[key]:
                told.append((name, asked.field, kind_of(thing)))
        assert await rows() == before, name
    assert told == []
    assert {"application", "applicationChanged", "submitApplication", "signOutDevice"} <= asked_for


def with_id(asked: Asked, thing: str, other: str) -> Asked:
    """The same with another id."""

    def swapped(value: Any) -> Any:
        match value:
            case dict():
                return {name: swapped(held) for name, held in value.items()}
            case list():
                return [swapped(held) for held in value]
        return other if value == thing else value

    return replace(asked, variables=swapped(asked.variables), ids=frozenset({other}))


async def rows() -> str:
    """Every row that a refusal must leave alone."""
    tables = [
        row["name"]
        for row in await fetch(
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL($1)",
            sorted(QUIET),
        )
    ]
    digest = " || ".join(
        f"coalesce((SELECT md5(string_agg(held::text, ',' ORDER BY held::text)) FROM {table} held), '')"  # noqa: S608 - names from the database's own catalogue
        for table in tables
    )
    (row,) = await fetch(f"SELECT {digest} AS digest")
    told: str = row["digest"]
    return told
