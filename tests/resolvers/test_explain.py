"""What becomes of an operation, told to whoever writes one."""

import re

import pytest

from backend.errors import Invalid
from resolvers.explain import explain
from tests.support.town import Town


async def test_a_query_is_shown_with_its_cost_its_function_and_its_statements(town: Town) -> None:
    told = await explain("Applications", {"first": 20}, town.cast["owner"], town.work)
    assert told.startswith("query Applications\ncost: ")
    assert "\nthe viewer's own\n" in told
    assert re.search(r"^def select_\d+\(r, v\):  # Query$", told, re.MULTILINE)
    assert re.search(r"^-- [12] statements?, for Citizen, \d+ bytes$", told, re.MULTILINE)
    assert " FROM application CROSS JOIN LATERAL (" in told, "each case comes with its latest events"
    assert all(secret not in told for secret in town.secrets.values())


async def test_an_answer_for_everybody_says_how_long_it_is_kept(town: Town) -> None:
    told = await explain(
        "ServiceItem", {"code": "000511001000", "division": "330521"}, town.cast["guest"], town.work
    )
    assert re.search(r"^the same for everybody, kept for \d+ s$", told, re.MULTILINE)


async def test_a_mutation_is_explained_and_not_run(town: Town) -> None:
    told = await explain("SubmitApplication", {}, town.cast["owner"], town.work)
    assert told.startswith("mutation SubmitApplication\ncost: ")
    assert told.endswith("-- only queries are run, so no statement is shown")


async def test_an_unknown_name_is_refused(town: Town) -> None:
    with pytest.raises(Invalid):
        await explain("Nothing", {}, town.cast["owner"], town.work)
