from tortoise import migrations
from tortoise.indexes import PartialIndex
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0002_sessions_in_line")]

    initial = False

    operations = [
        ops.RemoveIndex(
            model_name="Application",
            name="waiting_for_number",
            fields=None,
        ),
        ops.AddIndex(
            model_name="Application",
            index=PartialIndex(
                fields=["task_code", "submitted_at"],
                name="cases_without_number",
                condition={"case_number IS NULL AND state": "SUBMITTED"},
            ),
        ),
        ops.AddIndex(
            model_name="Delivery",
            index=PartialIndex(fields=["id"], name="deliveries_given_up", condition={"state": "DEAD"}),
        ),
        ops.AddIndex(
            model_name="InboundEvent",
            index=PartialIndex(
                fields=["created_at"], name="events_waiting", condition={"outcome": "WAITING"}
            ),
        ),
        ops.AddIndex(
            model_name="InboundEvent",
            index=PartialIndex(fields=["id"], name="events_impossible", condition={"outcome": "IMPOSSIBLE"}),
        ),
    ]
