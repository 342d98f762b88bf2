"""Signing in and out, for citizens and officers, and the list of devices."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from backend.people.accounts import actions, sessions, sms
from backend.people.accounts.models import Platform
from backend.people.accounts.queries import DeviceView
from backend.people.accounts.queries import devices as devices_of
from backend.viewer import Citizen, Officer
from resolvers.access import OFFICER, PARENT, PUBLIC, SIGNED_IN
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import Node, read_global_id

strawberry.enum(Platform, description="Where accounts live: mini-program platforms, and H5 with a number.")

DEVICE_ID = "16 to 64 characters that the front end makes up once and keeps on the device; for limits."


def citizen_of(info: Info) -> Citizen:
    """The viewer of a field that only citizens reach."""
    viewer = info.context.viewer
    if not isinstance(viewer, Citizen):  # the field's access has made sure of it
        raise TypeError("a citizen's field was reached by somebody else")
    return viewer


def _signed_in(info: Info) -> Citizen | Officer:
    viewer = info.context.viewer
    if not isinstance(viewer, Citizen | Officer):  # the field's access has made sure of it
        raise TypeError("nobody is signed in")
    return viewer


# --- what is shown -----------------------------------------------------------------------------------


@object_type(reads=sessions.SignedIn, name="SignedIn", description="The tokens of a session.")
class SignedIn:
    """Both tokens."""

    access_token: str = field(
        access=PARENT, description="JWT for the header `Authorization: Bearer …`; see /.well-known/jwks.json."
    )
    access_expires_at: datetime = field(access=PARENT, description="When to refresh at the latest.")
    refresh_token: str = field(
        access=PARENT,
        description="Good for one `refreshSession`; sent again within 30 seconds it gets the same answer."
        " Used later it ends the session: keep only the newest.",
    )
    refresh_expires_at: datetime = field(access=PARENT, description="When to sign in again at the latest.")


@object_type(reads=sessions.SignedOut, description="Sessions have ended.")
class SignedOut:
    """The end of sessions."""

    at: datetime = field(access=PARENT, description="Since when their tokens are worthless.")
    devices: int = field(access=PARENT, description="How many sessions ended by this.")


@object_type(reads=DeviceView, name="Device", description="Where the viewer is signed in: one session.")
class Device(Node):
    """A session of the viewer's own."""

    platform: Platform | None = field(
        access=PARENT, description="Where its account lives; null for an officer's desk."
    )
    name: str = field(access=PARENT, description="What the device called itself when signing in.")
    signed_in_at: datetime = field(access=PARENT, description="When the session began.")
    last_used_at: datetime = field(access=PARENT, description="When its tokens were last renewed.")
    expires_at: datetime = field(access=PARENT, description="When it ends unless it is used before.")
    current: bool = field(access=PARENT, description="Whether this very request comes from it.")


@object_type(
    reads=sms.SmsCode, description="A code was sent to the number; whether it has an account is not told."
)
class SmsCode(Node):
    """What to sign in with."""

    expires_at: datetime = field(access=PARENT, description="Until when the code is good, once.")
    again_at: datetime = field(access=PARENT, description="When another code may be asked for.")


# --- reads -------------------------------------------------------------------------------------------


@query(
    access=SIGNED_IN | OFFICER,
    description="Where the viewer is signed in, on all their accounts; the 50 used last, the newest first.",
    returns=list[Device],
)
async def devices(info: Info) -> Sequence[DeviceView]:
    """The viewer's sessions."""
    return await devices_of(_signed_in(info))


# --- signing in and out ----------------------------------------------------------------------------------------


@input_type(description="A mini-program's login code.")
class SignInWithMiniProgramInput(MutationInput):
    """Input of ``signInWithMiniProgram``."""

    platform: Platform = input_field(description="Where the code comes from.")
    code: str = input_field(description="What `wx.login` or `my.getAuthCode` gave; single use, 5 minutes.")
    device_name: str = input_field(description="For the citizen's own list of devices.", default="")
    device_id: str | None = input_field(description=DEVICE_ID, default=None)


@mutation(access=PUBLIC, description="Sign in from a mini-program.", returns=SignedIn)
async def sign_in_with_mini_program(
    info: Info,
    input: SignInWithMiniProgramInput,  # noqa: A002 - GraphQL's name
) -> sessions.SignedIn:
    """Sign in."""
    return await actions.sign_in(
        info.context.viewer,
        info.context.resources,
        platform=input.platform,
        code=input.code,
        device_name=input.device_name,
        device_id=input.device_id,
    )


@input_type(description="The number to send a code to.")
class RequestSmsCodeInput(MutationInput):
    """Input of ``requestSmsCode``."""

    phone: str = input_field(description="A mainland mobile number; others with +852, +853 or +886.")
    device_id: str | None = input_field(description=DEVICE_ID, default=None)


@mutation(
    access=PUBLIC,
    description="Send a code for signing in on an H5 page: six digits, good once within five minutes.",
    returns=SmsCode,
)
async def request_sms_code(info: Info, input: RequestSmsCodeInput) -> sms.SmsCode:  # noqa: A002 - GraphQL's name
    """Send a code."""
    return await sms.request_code(
        info.context.viewer,
        info.context.resources,
        phone=input.phone,
        device_id=input.device_id,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="A code from an SMS.")
class SignInWithSmsInput(MutationInput):
    """Input of ``signInWithSms``."""

    code_id: strawberry.ID = input_field(description="The id that `requestSmsCode` gave.")
    code: str = input_field(description="The six digits.")
    device_name: str = input_field(description="For the citizen's own list of devices.", default="")
    device_id: str | None = input_field(description=DEVICE_ID, default=None)


@mutation(access=PUBLIC, description="Sign in with a code from an SMS.", returns=SignedIn)
async def sign_in_with_sms(info: Info, input: SignInWithSmsInput) -> sessions.SignedIn:  # noqa: A002 - GraphQL's name
    """Sign in."""
    return await sms.sign_in_with_code(
        info.context.viewer,
        info.context.resources,
        code_id=read_global_id(input.code_id, "SmsCode"),
        code=input.code,
        device_name=input.device_name,
        device_id=input.device_id,
    )


@input_type(description="The newest refresh token.")
class RefreshSessionInput(MutationInput):
    """Input of ``refreshSession``."""

    refresh_token: str = input_field(description="The newest one of this session.")


@mutation(
    access=PUBLIC,
    description="New tokens for a refresh token. Send it without an Authorization header: the old access"
    " token may have expired. A token that is not good is a top-level error, TOKEN_REUSED if it was used before.",
    returns=SignedIn,
)
async def refresh_session(info: Info, input: RefreshSessionInput) -> sessions.SignedIn:  # noqa: A002 - GraphQL's name
    """Refresh."""
    return await sessions.refresh(
        info.context.viewer, info.context.resources, refresh_token=input.refresh_token
    )


@input_type(description="Nothing but the key.")
class SignOutInput(MutationInput):
    """Input of ``signOut``."""


@mutation(access=SIGNED_IN | OFFICER, description="End this session on the server.", returns=SignedOut)
async def sign_out(info: Info, input: SignOutInput) -> SignedOut:  # noqa: A002, ARG001 - GraphQL's name; it says nothing
    """Sign out."""
    return SignedOut(at=await sessions.sign_out(_signed_in(info)), devices=1)


@input_type(description="Which device.")
class SignOutDeviceInput(MutationInput):
    """Input of ``signOutDevice``."""

    device_id: strawberry.ID = input_field(description="One of `devices`.")


@mutation(
    access=SIGNED_IN | OFFICER,
    description="End the session on another device of the viewer's.",
    returns=SignedOut,
)
async def sign_out_device(info: Info, input: SignOutDeviceInput) -> sessions.SignedOut:  # noqa: A002 - GraphQL's name
    """Sign out elsewhere."""
    return await sessions.sign_out_device(
        _signed_in(info), device_id=read_global_id(input.device_id, "Device")
    )


@input_type(description="Whether to stay signed in here.")
class SignOutEverywhereInput(MutationInput):
    """Input of ``signOutEverywhere``."""

    keep_this: bool = input_field(description="Spare the session that asks.", default=False)


@mutation(
    access=SIGNED_IN | OFFICER,
    description="End the sessions on all devices and all accounts of the same person.",
    returns=SignedOut,
)
async def sign_out_everywhere(info: Info, input: SignOutEverywhereInput) -> sessions.SignedOut:  # noqa: A002 - GraphQL's name
    """Sign out everywhere."""
    return await sessions.sign_out_everywhere(_signed_in(info), keep_this=input.keep_this)


QUERIES = (devices,)
MUTATIONS = (
    sign_in_with_mini_program,
    request_sms_code,
    sign_in_with_sms,
    refresh_session,
    sign_out,
    sign_out_device,
    sign_out_everywhere,
)
