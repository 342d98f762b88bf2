"""A definition that does not fit together is stopped where it is declared."""

from typing import Any

import pytest

from backend.casework.declaring.conditions import at_least
from backend.casework.declaring.course import decision, intake
from backend.casework.declaring.fields import UNDERTAKING, choice, number, text, yes_no
from backend.casework.definitions import (
    Choice,
    Field,
    FieldKind,
    Form,
    Guide,
    Level,
    Material,
    MaterialSource,
    Parameter,
    Rule,
    Section,
    Step,
    StepKind,
    Unit,
    UnsoundDefinition,
    UrgentPath,
    When,
)
from backend.errors import Text
from tests.support.items import BASIS, TOLD, an_item

AGE = Parameter("minimum_age", TOLD, 60, "years", 60, 100, BASIS)


def a_rule(**more: Any) -> Rule:
    told: dict[str, Any] = {
        "code": "age",
        "needs": ("age",),
        "holds": at_least("age", "minimum_age"),
        "condition": Text("{minimum_age}", "{minimum_age}"),
        "basis": BASIS,
        "next_step": TOLD,
    }
    return Rule(**{**told, **more})


def a_paper(**more: Any) -> Material:
    return Material("paper", TOLD, required=True, hint=TOLD, **more)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"base_code": "12345"}, "the base code must have 12 digits"),
        ({"base_code": "٠٠٠٥١١٩٩٩٠٠٠"}, "the base code must have 12 digits"),
        ({"base_code_source": ""}, "the base code needs a source"),
        ({"name": Text("名称", " ")}, "name is not told in both languages"),
        (
            {"guide": Guide(text=TOLD, plain=Text("", "x"), who=TOLD, counter=TOLD)},
            "plain guide is not told in both languages",
        ),
        ({"parameters": (AGE, AGE)}, "parameter minimum_age is declared twice"),
        ({"materials": (a_paper(), a_paper())}, "material paper is declared twice"),
        ({"parameters": (AGE,), "rules": (a_rule(), a_rule())}, "rule age is declared twice"),
        ({"form": Form((UNDERTAKING, UNDERTAKING))}, "field undertaking is declared twice"),
        (
            {"form": Form((yes_no("a", TOLD, fact="x"), yes_no("b", TOLD, fact="x")))},
            "fact x is declared twice",
        ),
        ({"form": Form((Field("a", TOLD, FieldKind.CHOICE),))}, "a needs choices"),
        (
            {"form": Form((Field("a", TOLD, FieldKind.TEXT, choices=(Choice("x", TOLD),)),))},
            "a needs choices",
        ),
        ({"form": Form((Field("a", TOLD, FieldKind.GROUP),))}, "a needs fields"),
        ({"form": Form((Field("a", TOLD, FieldKind.NUMBER),))}, "a needs a unit"),
        (
            {"form": Form((text("a", TOLD, when=When("b", (True,))), yes_no("b", TOLD)))},
            "a depends on b, which is not asked before it",
        ),
        (
            {"form": Form((yes_no("b", TOLD), text("a", TOLD, when=When("b", ("yes",)))))},
            "a depends on b having a value which it cannot have",
        ),
        (
            {"form": Form((choice("b", TOLD, ("x", "甲", "X")), text("a", TOLD, when=When("b", ("y",)))))},
            "a depends on b having a value which it cannot have",
        ),
        (
            {
                "form": Form(
                    (
                        Field(
                            "l",
                            TOLD,
                            FieldKind.LIST,
                            fields=(number("n", TOLD, Unit.YEARS, maximum=9, fact="n"),),
                        ),
                    )
                )
            },
            "l repeats: only the whole list can be a fact",
        ),
        (
            {"form": Form((text("a", TOLD),), sections=(Section("one", TOLD),))},
            "sections are declared or used only: ['', 'one']",
        ),
        (
            {"form": Form((Field("a", TOLD, FieldKind.TEXT, section="one"),))},
            "sections are not declared: ['one']",
        ),
        (
            {"parameters": (Parameter("x", TOLD, 1, "furlongs", None, None, BASIS),)},
            "parameter x has the unknown unit furlongs",
        ),
        (
            {"parameters": (Parameter("x", TOLD, 101, "years", 60, 100, BASIS),)},
            "the default of x is outside of its own bounds",
        ),
        (
            {"parameters": (Parameter("x", TOLD, 59, "years", 60, 100, BASIS),)},
            "the default of x is outside of its own bounds",
        ),
        (
            {"parameters": (Parameter("amount", TOLD, 1, "fen", 0, 9, BASIS),)},
            "parameter amount: amounts in fen, and only they, end in _fen",
        ),
        (
            {"parameters": (AGE,), "rules": (a_rule(needs=("luck",)),)},
            "rules need the fact luck, which nothing supplies",
        ),
        (
            {"parameters": (AGE,), "rules": (a_rule(when=When("luck", (True,))),)},
            "rules need the fact luck, which nothing supplies",
        ),
        ({"organ_facts": ("luck",)}, "the fact luck has no holder"),
        ({"pays": ("monthly_fen",)}, "no parameter in fen is named monthly_fen"),
        ({"parameters": (AGE,), "pays": ("minimum_age",)}, "no parameter in fen is named minimum_age"),
        ({"rules": (a_rule(),)}, "rule age names a figure that is no parameter"),
        (
            {"parameters": (AGE,), "rules": (a_rule(alternatives=("000511999000",)),)},
            "rule age points back to the item itself",
        ),
        (
            {"materials": (a_paper(when=When("x", (True,))),)},
            "material paper depends on x, which is not asked before it",
        ),
        (
            {"materials": (a_paper(sources=(MaterialSource.E_LICENCE, MaterialSource.WINDOW_SCAN)),)},
            "material paper: an e-licence and the way to fetch it belong together",
        ),
        (
            {"materials": (a_paper(undertaking=TOLD),)},
            "material paper: a statement and the way to sign it belong together",
        ),
        (
            {"materials": (a_paper(sources=(MaterialSource.UNDERTAKING, MaterialSource.WINDOW_SCAN)),)},
            "material paper: a statement and the way to sign it belong together",
        ),
        ({"steps": (intake(),)}, "an item is decided in exactly one step"),
        (
            {"steps": (intake(), decision(), Step("again", StepKind.DECISION, Level.COUNTY, TOLD))},
            "an item is decided in exactly one step",
        ),
        ({"steps": (intake(), intake(), decision())}, "step intake is declared twice"),
        (
            {"steps": (intake(), Step("decision", StepKind.DECISION, Level.COUNTY, TOLD, after=("visit",)))},
            "step decision waits for visit, which does not come before it",
        ),
        (
            {"steps": (Step("decision", StepKind.DECISION, Level.COUNTY, TOLD, after=("decision",)),)},
            (
                "the first step waits for another one;"
                " step decision waits for decision, which does not come before it"
            ),
        ),
    ],
)
def test_a_definition_that_does_not_fit_together_cannot_be_built(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(UnsoundDefinition) as caught:
        an_item(**changes)
    assert str(caught.value).partition("): ")[2] == why


def test_an_urgent_path_needs_its_cap() -> None:
    with pytest.raises(UnsoundDefinition) as caught:
        an_item(
            parameters=(Parameter("monthly_fen", TOLD, 1, "fen", 0, 9, BASIS),),
            pays=("monthly_fen",),
            urgent=UrgentPath(48, 5, "cap_fen", BASIS, TOLD),
        )
    assert str(caught.value).endswith("): no parameter in fen is named cap_fen")


def test_an_item_knows_who_decides_and_whether_an_authoritative_proof_is_due() -> None:
    item = an_item(steps=(intake(Level.TOWNSHIP), decision(Level.CITY)))
    assert (item.decision.code, item.deciding_level, item.needs_authoritative_check) == (
        "decision",
        "3",
        False,
    )
