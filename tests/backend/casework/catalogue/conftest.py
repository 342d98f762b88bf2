"""A machine with two items, on the test run's database and Redis."""

import pytest

from backend.casework.catalogue.standards import Standards
from backend.casework.machine import Casework
from backend.kit.working_days import Calendar
from backend.resources import Resources
from tests.support.catalogue import BATHS, MEALS


@pytest.fixture
def work(resources: Resources) -> Casework:
    return Casework(
        resources=resources, standards=Standards.of((MEALS, BATHS)), calendar=Calendar(), reactors=()
    )
