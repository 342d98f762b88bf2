"""What every declared item must have, whatever its domain."""

from collections import Counter

import orjson
import pytest

from backend.casework.declaring import codes
from backend.casework.definitions import (
    HELD_FACTS,
    Domain,
    FieldKind,
    HandlingModel,
    LegalEffect,
    MaterialSource,
    OnlineDepth,
    ResultKind,
    ServiceItem,
    Standing,
    StepKind,
    UnsoundDefinition,
)
from backend.casework.definitions.law import FORBIDDEN_CERTIFICATES
from backend.casework.form_schema import json_schema
from backend.domains import DOMAINS, standards
from backend.domains.community.certificates import ELSEWHERE, ISSUED, CommitteeCertificate
from backend.errors import Text

ITEMS = tuple(standards().by_code.values())
each_item = pytest.mark.parametrize("item", ITEMS, ids=[item.name.en for item in ITEMS])


def test_there_are_46_items_in_six_domains() -> None:
    assert Counter(item.domain for item in ITEMS) == {
        Domain.ELDERLY_CARE: 10,
        Domain.CHILDREN: 9,
        Domain.COMMUNITY: 6,
        Domain.SOCIAL_ASSISTANCE: 9,
        Domain.MARRIAGE: 6,
        Domain.FUNERAL: 6,
    }
    assert [len({item.domain for item in domain.ITEMS}) for domain in DOMAINS] == [1] * 6


def test_every_assigned_code_is_used_by_one_item_and_says_its_kind() -> None:
    assigned = {value for name, value in vars(codes).items() if name.isupper()}
    assert {item.base_code for item in ITEMS} == assigned
    assert {item.base_code_source for item in ITEMS} == {"assigned-here"}
    assert [i.name.en for i in ITEMS if i.base_code[:6] != f"00{i.task_type.value}11"] == []


@each_item
def test_an_item_is_complete(item: ServiceItem) -> None:
    assert item.synonyms
    assert item.life_events
    assert item.audience
    assert item.steps
    assert item.rules
    assert item.form.fields
    assert item.alternatives or item.rules
    assert {parameter.basis.standing for parameter in item.parameters} <= set(Standing)
    assert [parameter.name for parameter in item.parameters if not parameter.basis.title.zh] == []
    assert len(item.guide.text.zh) > len(item.guide.plain.zh) > 10
    assert len(item.guide.text.en) > len(item.guide.plain.en) > 10


@each_item
def test_an_item_points_only_to_items_that_exist(item: ServiceItem) -> None:
    pointed = {code for rule in item.rules for code in rule.alternatives} | set(item.alternatives)
    assert pointed <= {other.base_code for other in ITEMS}
    assert item.base_code not in pointed


@each_item
def test_a_figure_of_the_region_is_one_that_is_used(item: ServiceItem) -> None:
    """By a rule's sentence, a step, as what is paid, or as the cap of an urgent path; others must say so here."""
    told_only = {
        codes.DISABLED_ELDERLY_VOUCHER: {"share_percent"},
        codes.ABILITY_ASSESSMENT: {"valid_months"},
        codes.FAMILY_CARE_BED: {"set_up_cap_fen"},
        codes.HOME_ADAPTATION: {"share_percent"},
        codes.TEMPORARY_ASSISTANCE: {"small_sum_fen"},
        codes.CHILD_DIRECTOR_VISIT: {"visits_a_year"},
        codes.VAGRANT_ASSISTANCE: {"most_days"},
        codes.DIVORCE: {"cooling_off_days", "fetch_days"},
    }
    sentences = " ".join(rule.condition.zh for rule in item.rules)
    used = {
        parameter.name
        for parameter in item.parameters
        if f"{{{parameter.name}}}" in sentences
        or f"{{{parameter.name.removesuffix('_fen')}_yuan}}" in sentences
    }
    used |= set(item.pays) | ({item.urgent.cap_parameter} if item.urgent else set())
    used |= {step.sampled for step in item.steps if step.sampled}
    used |= {"means_valid_days"} if any(step.kind is StepKind.MEANS_CHECK for step in item.steps) else set()
    assert {parameter.name for parameter in item.parameters} - used == told_only.get(item.base_code, set())


@each_item
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_form_is_published_with_a_title_for_every_field(item: ServiceItem, language: str) -> None:
    schema = orjson.loads(json_schema(item.form, language))
    assert list(schema["properties"]) == [field.name for field in item.form.fields]
    assert all(told["title"] for told in schema["properties"].values())


@each_item
def test_what_is_paid_needs_an_authoritative_proof_and_what_is_booked_is_a_booking(item: ServiceItem) -> None:
    if item.pays:
        assert item.needs_authoritative_check
        assert item.effect is LegalEffect.BENEFIT
        assert any(step.kind in {StepKind.PAYMENT, StepKind.SERVICE} for step in item.steps)
    if item.result.kind is ResultKind.BOOKING:
        assert item.appointment != "NONE"


@each_item
def test_what_the_organ_looks_up_has_a_question_for_the_pre_check(item: ServiceItem) -> None:
    assert {*item.known_facts, *item.organ_facts} <= HELD_FACTS.keys()


def test_personal_status_is_exactly_marriage_divorce_and_adoption() -> None:
    personal = {item.base_code for item in ITEMS if item.effect is LegalEffect.PERSONAL_STATUS}
    assert personal == {
        codes.ADOPTION,
        codes.MARRIAGE_BOOKING,
        codes.DIVORCE,
        codes.CERTIFICATE_REISSUE,
        codes.COERCED_MARRIAGE,
    }
    signed = {item.base_code for item in ITEMS if item.electronic_signature}
    assert signed == {item.base_code for item in ITEMS} - personal


def test_two_parties_stand_behind_marriage_and_divorce_only() -> None:
    for_two = [item for item in ITEMS if item.parties == 2]
    assert {item.base_code for item in for_two} == {codes.MARRIAGE_BOOKING, codes.DIVORCE}
    # Both name the other one, so that nobody else can join in their place.
    named = [item.partner_field for item in for_two]
    assert [(field.kind, field.required, field.when) for field in named if field is not None] == [
        (FieldKind.RESIDENT_ID, True, None)
    ] * 2


def test_the_presets_across_provinces_are_those_of_the_notices() -> None:
    presets = {
        item.base_code: (item.handover.forward, item.handover.handle, item.handover.inform)
        for item in ITEMS
        if item.handover
    }
    assert presets == {
        codes.DISABILITY_SUBSIDIES: (3, (10,), 3),
        codes.ORPHAN_ALLOWANCE: (3, (15, 15), 3),
        codes.UNATTENDED_CHILD_ALLOWANCE: (3, (15, 15), 3),
        codes.ASHES_RELOCATION: (3, (10,), 3),
    }


def test_only_temporary_assistance_pays_first() -> None:
    [urgent] = [item for item in ITEMS if item.urgent]
    assert urgent.urgent
    assert (urgent.base_code, urgent.urgent.pay_within_hours, urgent.urgent.papers_within_working_days) == (
        codes.TEMPORARY_ASSISTANCE,
        48,
        5,
    )


def test_no_licence_is_among_them_and_so_nothing_is_deemed_accepted() -> None:
    assert [item.name.en for item in ITEMS if item.deemed_acceptance or item.task_type == "01"] == []


def test_whatever_goes_fully_online_across_provinces_is_fully_online() -> None:
    across = [item for item in ITEMS if HandlingModel.FULLY_ONLINE in item.models]
    assert {item.online_depth for item in across} == {OnlineDepth.FULL}
    assert len(across) >= 20


def test_a_paper_that_the_state_holds_is_fetched_before_it_is_asked_for() -> None:
    held = [material for item in ITEMS for material in item.materials if material.licence]
    assert {material.sources[0] for material in held} == {MaterialSource.E_LICENCE}
    assert len(held) >= 10


def test_the_twenty_forbidden_certificates_are_all_sent_elsewhere() -> None:
    assert tuple(other.kind for other in ELSEWHERE) == FORBIDDEN_CERTIFICATES
    assert [issued.code for issued in ISSUED if not issued.basis.title.zh] == []


@pytest.mark.parametrize("kind", FORBIDDEN_CERTIFICATES)
def test_a_committee_cannot_be_made_to_issue_a_forbidden_certificate(kind: str) -> None:
    with pytest.raises(UnsoundDefinition, match="no committee issues it"):
        CommitteeCertificate("x", Text(f"{kind}证明", "x"), ISSUED[0].basis)
