"""New tables together with their constraints, for migrations."""

from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import ModelState, State


class CreateTables(ops.TortoiseOperation):
    """``CreateModel`` for many at once, each after those that it points to, and with its constraints.

    Upstream copies its whole picture of the models before each operation, which takes most of the time of a first
    start, and records constraints among the options of a new table without making them.
    """

    def __init__(self, *tables: ops.CreateModel) -> None:
        """Take the operations as they were drawn up."""
        self.tables = tables

    def describe(self) -> str:
        """Say what is made."""
        return f"Create tables of {', '.join(table.name for table in self.tables)}"

    def state_forward(self, app_label: str, state: State) -> None:
        """Add all models, then connect them once."""
        keys = [(app_label, table.name) for table in self.tables]
        for key, table in zip(keys, self.tables, strict=True):
            state.models[key] = ModelState.make_from_model(app_label, table.model)
        state.reload_models(keys)

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Make each table, then each constraint among its options."""
        if state_editor is None:
            return
        for table in self.tables:
            await table.database_forward(app_label, old_state, new_state, state_editor)
            model = new_state.apps.get_model(f"{app_label}.{table.name}")
            for constraint in model._meta.constraints:  # noqa: SLF001 - where upstream keeps them
                await state_editor.add_constraint(model, constraint)

    async def database_backward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Drop each table, the last one first."""
        for table in reversed(self.tables):
            await table.database_backward(app_label, old_state, new_state, state_editor)
