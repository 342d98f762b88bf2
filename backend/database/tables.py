"""A new table together with its constraints, for migrations."""

from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State


class CreateTable(ops.CreateModel):
    """``CreateModel`` that also makes the constraints of the table, which upstream records and does not make."""

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Make the table, then each constraint among its options."""
        await super().database_forward(app_label, old_state, new_state, state_editor)
        if state_editor is None:
            return
        model = new_state.apps.get_model(f"{app_label}.{self.name}")
        for constraint in model._meta.constraints:  # noqa: SLF001 - where upstream keeps them
            await state_editor.add_constraint(model, constraint)
