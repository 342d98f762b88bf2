"""Constraints that were recorded among the options of a new table, where they are not made."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0024_documents")]

    initial = False

    operations = [
        ops.AddConstraint(
            model_name="Delegation",
            constraint=UniqueConstraint(
                fields=("agent_id", "principal_id", "kind"),
                name="one_active_delegation",
                condition="state = 'ACTIVE'",
            ),
        ),
        ops.AddConstraint(
            model_name="Delegation",
            constraint=CheckConstraint(
                check="(state = 'ACTIVE') <= (principal_id IS NOT NULL AND accepted_at IS NOT NULL)",
                name="active_delegation_was_accepted",
            ),
        ),
        ops.AddConstraint(
            model_name="Delegation",
            constraint=CheckConstraint(check="principal_id <> agent_id", name="delegation_to_somebody_else"),
        ),
        ops.AddConstraint(
            model_name="OfficerChange",
            constraint=CheckConstraint(check="decided_by <> requested_by", name="four_eyes"),
        ),
    ]
