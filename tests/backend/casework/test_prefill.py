"""A form starts with what is verified, and with how to reach the citizen as last told."""

from datetime import date

import pytest

from backend.casework.applications.actions import seal_answers
from backend.casework.declaring.fields import BANK_ACCOUNT, CONTACT_PHONE, CURRENT_ADDRESS
from backend.casework.definitions import Field, FieldKind, Form, Known
from backend.casework.machine import Casework
from backend.casework.prefill import VerifiedFact, prefill
from backend.database.record import fetch
from backend.errors import StepUpNeeded, Text
from tests.support import cases
from tests.support.items import TOLD, an_item
from tests.support.people import bound, new_human, signed_in
from tests.support.sandbox import OutsideSandbox

ITEM = an_item(
    form=Form(
        (
            CONTACT_PHONE,
            CURRENT_ADDRESS,
            BANK_ACCOUNT,
            Field("place", TOLD, FieldKind.DIVISION, prefill=Known.HOUSEHOLD_DIVISION),
            Field("other", TOLD, FieldKind.DIVISION),
        )
    )
)


async def test_what_is_verified_is_shown_masked_and_fills_what_asks_for_it(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world, born=date(1943, 5, 12))
    found = await prefill(await bound(work.resources, outside_world, human), work, ITEM)
    sex = Text("男", "Male") if int(human.resident_id[16]) % 2 else Text("女", "Female")

    def plain(value: str) -> Text:
        return Text(value, value)

    assert found.verified == (
        VerifiedFact(Known.NAME, Text("姓名", "Name"), plain("沈**")),
        VerifiedFact(
            Known.RESIDENT_ID,
            Text("证件号码", "Number of the document"),
            plain(f"330***********{human.resident_id[-4:]}"),
        ),
        VerifiedFact(Known.BIRTH_DATE, Text("出生日期", "Date of birth"), plain("1943-05-12")),
        VerifiedFact(Known.SEX, Text("性别", "Sex"), sex),
        VerifiedFact(
            Known.HOUSEHOLD_DIVISION, Text("户籍地", "Household registered in"), plain("浙江省湖州市德清县")
        ),
    )
    assert found.answers == {"place": "330521"}


async def test_telephone_and_address_carry_over_from_the_last_case_that_was_handed_in(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    told = {
        "contactPhone": "13800000001",
        "currentAddress": "上海市黄浦区人民大道1号",
        "bankAccount": "622848001234567890",
    }
    application_id = await cases.submitted(citizen, work)
    sealed = seal_answers(work, application_id, told)
    await fetch("UPDATE application SET answers_sealed = $2 WHERE id = $1", application_id, sealed)
    await cases.draft(citizen, work)  # a later draft tells nothing

    found = await prefill(citizen, work, ITEM)
    assert found.answers == {
        "place": "330521",
        "contactPhone": "13800000001",
        "currentAddress": "上海市黄浦区人民大道1号",
    }


async def test_before_a_real_name_is_bound_there_is_nothing(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(work.resources, outside_world)
    with pytest.raises(StepUpNeeded):
        await prefill(citizen, work, ITEM)
