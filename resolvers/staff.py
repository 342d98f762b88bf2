"""Officers' own accounts, and changes of their rights, which take two."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from backend.people.accounts import sessions
from backend.people.officers import changes, queries, second_factor
from backend.people.officers.models import ChangeKind, ChangeState
from backend.viewer import OfficerRole
from resolvers.access import PARENT, PUBLIC, officer
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.sessions import SignedIn

strawberry.enum(OfficerRole, description="岗位: 受理, 审核, 审批, 监察, 统计, 运维.")
strawberry.enum(ChangeKind, description="What is changed about an officer.")
strawberry.enum(ChangeState, description="Where a change is.")

_OPERATIONS = officer(OfficerRole.OPERATIONS)


@object_type(
    reads=second_factor.Enrolment, description="What the authenticator app is given, shown this once."
)
class SecondFactor:
    """A secret."""

    secret: str = field(access=PARENT, description="To be typed into the app, base32.")
    uri: str = field(access=PARENT, description="The same for a QR code: `otpauth://…`.")


@input_type(description="The code that a colleague gave, and the password that is chosen.")
class EnrolSecondFactorInput(MutationInput):
    """Input of ``enrolSecondFactor``."""

    login: str = input_field(description="Login.")
    enrolment_code: str = input_field(description="Sixteen letters and digits, good for 72 hours.")
    password: str = input_field(description="The new password, 10 to 200 characters.")


@mutation(
    access=PUBLIC,
    description="Choose a password and get the secret of the second factor; it counts from its first code on.",
    returns=SecondFactor,
    weight=100,
)
async def enrol_second_factor(info: Info, input: EnrolSecondFactorInput) -> second_factor.Enrolment:  # noqa: A002 - GraphQL's name
    """Enrol."""
    return await second_factor.enrol(
        info.context.viewer,
        info.context.resources,
        login=input.login,
        code=input.enrolment_code,
        password=input.password,
    )


@input_type(description="A first code of the app.")
class ConfirmSecondFactorInput(MutationInput):
    """Input of ``confirmSecondFactor``."""

    login: str = input_field(description="Login.")
    enrolment_code: str = input_field(description="The same as before; it is used up by this.")
    one_time_code: str = input_field(description="Six digits of the app.")
    device_name: str = input_field(description="For the officer's own list of devices.", default="")


@mutation(
    access=PUBLIC,
    description="Show that the app has the secret, and be signed in.",
    returns=SignedIn,
    weight=100,
)
async def confirm_second_factor(info: Info, input: ConfirmSecondFactorInput) -> sessions.SignedIn:  # noqa: A002 - GraphQL's name
    """Confirm."""
    return await second_factor.confirm(
        info.context.viewer,
        info.context.resources,
        login=input.login,
        code=input.enrolment_code,
        one_time_code=input.one_time_code,
        device_name=input.device_name,
    )


@object_type(reads=queries.OfficerView, description="An officer of the viewer's division.")
class OfficerAccount(Node):
    """A public official."""

    login: str = field(access=PARENT, description="Login.")
    name: str = field(access=PARENT, description="Name.")
    organ_name: str = field(access=PARENT, description="For whom they act.")
    division: str = field(access=PARENT, description="Where, GB/T 2260.")
    roles: Sequence[OfficerRole] = field(access=PARENT, description="What they may do.")
    disabled: bool = field(access=PARENT, description="Whether they can no longer sign in.")
    second_factor: bool = field(access=PARENT, description="Whether they sign in with a code.")
    training: bool = field(access=PARENT, description="Whether they see generated cases and nothing else.")


@object_type(reads=queries.ChangeView, description="A change of an officer's rights.")
class OfficerChange(Node):
    """Asked for by one, decided by another."""

    kind: ChangeKind = field(access=PARENT, description="What is changed.")
    state: ChangeState = field(access=PARENT, description="Where it is.")
    officer_name: str = field(access=PARENT, description="Whose rights.")
    roles: Sequence[OfficerRole] = field(access=PARENT, description="The new roles, where they change.")
    organ_name: str | None = field(access=PARENT, description="The new organ, where it changes.")
    created_at: datetime = field(access=PARENT, description="When it was asked for.")
    decided_at: datetime | None = field(access=PARENT, description="When it was decided.")
    mine: bool = field(access=PARENT, description="Whether the viewer asked for it and so cannot decide it.")


@object_type(description="A change that was decided.")
class DecidedChange:
    """The change, and what came of it."""

    change: OfficerChange = field(access=PARENT, description="The change.")
    enrolment_code: str | None = field(
        access=PARENT, description="After a RESET: to be handed to the officer in person, shown this once."
    )


@query(
    access=_OPERATIONS,
    description="Officers of the organs in the viewer's division.",
    returns=Connection[OfficerAccount],
)
async def officer_accounts(
    info: Info, first: First = 20, after: After = None
) -> Connection[queries.OfficerView]:
    """A page of officers."""
    place = read_cursor(after, UUID)
    rows = await queries.officers(
        officer_of(info), after=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=_OPERATIONS,
    description="Changes of officers' rights in the viewer's division; newest first.",
    returns=Connection[OfficerChange],
)
async def officer_changes(
    info: Info, first: First = 20, after: After = None
) -> Connection[queries.ChangeView]:
    """A page of changes."""
    place = read_cursor(after, UUID)
    rows = await queries.changes(
        officer_of(info), before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="What is to be changed of whom.")
class RequestOfficerChangeInput(MutationInput):
    """Input of ``requestOfficerChange``."""

    officer_id: strawberry.ID = input_field(description="An officer of the viewer's division.")
    kind: ChangeKind = input_field(description="What.")
    roles: list[OfficerRole] = input_field(
        description="For ROLES all roles from then on; for TRANSFER may be none."
    )
    organ_code: str = input_field(description="For TRANSFER: 统一社会信用代码 of the new organ.", default="")


@mutation(
    access=_OPERATIONS,
    description="Ask for a change of an officer's rights; another officer of operations decides it.",
    returns=OfficerChange,
)
async def request_officer_change(info: Info, input: RequestOfficerChangeInput) -> queries.ChangeView:  # noqa: A002 - GraphQL's name
    """Ask."""
    viewer = officer_of(info)
    change_id = await changes.request_change(
        viewer,
        changes.Wish(
            officer_id=read_global_id(input.officer_id, "OfficerAccount"),
            kind=input.kind,
            roles=input.roles,
            organ_code=input.organ_code,
        ),
        idempotency_key=input.idempotency_key,
    )
    return await queries.change(viewer, change_id)


@input_type(description="The second pair of eyes.")
class DecideOfficerChangeInput(MutationInput):
    """Input of ``decideOfficerChange``."""

    change_id: strawberry.ID = input_field(description="An open change that somebody else asked for.")
    approved: bool = input_field(description="Whether it happens; it then ends the officer's sessions.")


@mutation(access=_OPERATIONS, description="Approve or refuse a change of rights.", returns=DecidedChange)
async def decide_officer_change(info: Info, input: DecideOfficerChangeInput) -> DecidedChange:  # noqa: A002 - GraphQL's name
    """Decide."""
    viewer, change_id = officer_of(info), read_global_id(input.change_id, "OfficerChange")
    code = await changes.decide_change(
        viewer, info.context.resources, change_id=change_id, approved=input.approved
    )
    view = await queries.change(viewer, change_id)
    return DecidedChange(change=view, enrolment_code=code)  # type: ignore[arg-type]  # the view that the type reads


QUERIES = (officer_accounts, officer_changes)
MUTATIONS = (enrol_second_factor, confirm_second_factor, request_officer_change, decide_officer_change)
