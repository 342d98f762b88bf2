"""The database: nothing is deleted behind anybody's back, and the migrations tell the whole story."""

import pytest
from tortoise import Tortoise
from tortoise.fields.relational import ForeignKeyFieldInstance, ManyToManyFieldInstance
from tortoise.migrations.autodetector import MigrationAutodetector

from backend.database.config import APP, MIGRATIONS
from backend.database.record import fetch


@pytest.mark.usefixtures("migrated")
def test_every_foreign_key_of_a_model_is_restrict() -> None:
    relations = {
        f"{model.__name__}.{name}": field.on_delete
        for model in Tortoise.apps[APP].values()
        for name, field in model._meta.fields_map.items()  # noqa: SLF001 - Tortoise's own way to a model's fields
        if isinstance(field, ForeignKeyFieldInstance | ManyToManyFieldInstance)
    }
    assert relations
    assert {name: rule for name, rule in relations.items() if rule != "RESTRICT"} == {}


@pytest.mark.usefixtures("migrated")
async def test_every_foreign_key_of_the_migrated_database_is_restrict() -> None:
    rows = await fetch(
        "SELECT conrelid::regclass::text AS held_by, conname, confdeltype::text AS on_delete"
        " FROM pg_constraint WHERE contype = 'f'"
    )
    assert rows
    assert [dict(row) for row in rows if row["on_delete"] != "r"] == []


@pytest.mark.usefixtures("migrated")
async def test_the_migrations_are_current() -> None:
    assert Tortoise.apps is not None
    pending = await MigrationAutodetector(Tortoise.apps, MIGRATIONS["apps"]).changes()
    missing = [str(operation) for writer in pending for operation in writer.operations]
    assert missing == [], "run `make migration NAME=what_changes`"


@pytest.mark.usefixtures("migrated")
async def test_every_table_is_reached_through_its_own_model() -> None:
    rows = await fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename NOT LIKE 'pgqueuer%' AND tablename NOT LIKE '%migrations'"
    )
    assert Tortoise.apps is not None
    assert {row["tablename"] for row in rows} == {
        model._meta.db_table  # noqa: SLF001 - as above
        for model in Tortoise.apps[APP].values()
    }


@pytest.mark.usefixtures("migrated")
async def test_every_constraint_of_a_model_is_in_the_database() -> None:
    """Among the options of a new table a migration records constraints and does not make them."""
    rows = await fetch(
        "SELECT conname AS name FROM pg_constraint UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
    )
    made = {row["name"] for row in rows}
    assert Tortoise.apps is not None
    declared = {
        constraint.name
        for model in Tortoise.apps[APP].values()
        for constraint in model._meta.constraints  # noqa: SLF001 - as above
        if constraint.name
    }
    assert declared
    assert declared - made == set()
