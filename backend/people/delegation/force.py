"""What a grant gives today, as conditions for statements."""

from backend.people.delegation.kinds import OF_AGE, DelegationKind


def in_force(alias: str, today: str) -> str:
    """Condition that a grant gives something today: accepted, not over, and a child is still a child."""
    return (
        f"({alias}.state = 'ACTIVE' AND {alias}.valid_until > {today} AND (NOT {alias}.ends_of_age OR EXISTS ("  # noqa: S608 - terms of our own
        f"SELECT 1 FROM person ward WHERE ward.id = {alias}.principal_id"
        f" AND ward.birth_date > {today}::date - interval '{OF_AGE} years')))"
    )


def acts_for(*, agent: str, person: str, item: str, action: str, today: str) -> str:
    """Condition that ``agent`` may do ``action`` with ``item`` for ``person`` today: SQL terms of the caller's own."""
    return (
        f"EXISTS (SELECT 1 FROM delegation mandate WHERE mandate.agent_id = {agent}"  # noqa: S608 - terms of our own
        f" AND mandate.principal_id = {person} AND {in_force('mandate', today)}"
        f" AND (mandate.items = '[]'::jsonb OR mandate.items ? {item}) AND mandate.actions ? {action})"
    )


def guardian_of(*, agent: str, child: str, today: str) -> str:
    """Condition that ``agent`` is the guardian of the child ``child`` today, whatever items the grant covers."""
    return (
        f"EXISTS (SELECT 1 FROM delegation guardian WHERE guardian.agent_id = {agent}"  # noqa: S608 - terms of our own
        f" AND guardian.principal_id = {child} AND guardian.kind = '{DelegationKind.GUARDIAN_OF_CHILD}'"
        f" AND {in_force('guardian', today)})"
    )
