"""What the models declare holds in the database: Tortoise records constraints that it never makes."""

from tortoise import Tortoise

from backend.database.record import fetch


async def test_every_declared_constraint_exists(database: str) -> None:
    models = (Tortoise.apps or {})["jinmin"].values()
    declared = {
        constraint.name
        for model in models
        for constraint in model._meta.constraints  # noqa: SLF001 - the only way to what is declared
    }
    rows = await fetch("SELECT conname AS name FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
    assert declared
    assert declared - {row["name"] for row in rows} == set()
