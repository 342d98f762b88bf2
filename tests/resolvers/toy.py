"""A small schema made with the house's decorators, and a server for it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry

from backend.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    ProblemCode,
    Text,
)
from backend.viewer import Anonymous, Citizen, Officer, OfficerRole, Viewer
from resolvers.access import CITIZEN, OFFICER, PARENT, PUBLIC, SIGNED_IN, officer
from resolvers.building import build_schema
from resolvers.context import Context, Info, MakeContext, context_factory
from resolvers.events import Event, Since
from resolvers.fields import (
    MutationInput,
    field,
    input_field,
    input_type,
    mutation,
    object_type,
    query,
    subscription,
)
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    cursor,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.scalars import Fen, Json, Upload

ACCOUNT = UUID(int=1)
PERSON = UUID(int=2)


@dataclass(frozen=True, slots=True)
class CaseView:
    id: UUID
    number: str
    note: str
    fee: int = 3_000_000_000
    received_at: datetime = datetime(2026, 11, 30, 1, tzinfo=UTC)
    due: date = date(2026, 12, 7)
    answers: object = None


CASES = [CaseView(UUID(int=100 + n), f"case-{n}", f"note {n}") for n in range(7)]
loads: list[list[UUID]] = []


async def _lengths(_viewer: Viewer, ids: list[UUID]) -> list[int]:
    loads.append(ids)
    return [key.int for key in ids]


def _shout(root: strawberry.Parent[CaseView]) -> str:
    return root.number.upper()


def _loaded(root: strawberry.Parent[CaseView], info: Info) -> Awaitable[int]:
    return info.context.load(_lengths, root.id)


async def _waited_for(_viewer: Viewer, ids: list[UUID]) -> list[int]:
    await asyncio.Event().wait()
    return []


def _never(root: strawberry.Parent[CaseView], info: Info) -> Awaitable[int]:
    return info.context.load(_waited_for, root.id)


def _broken(root: strawberry.Parent[CaseView]) -> str:
    raise RuntimeError("secret of " + root.note)


def _related(root: strawberry.Parent[CaseView]) -> Sequence[CaseView]:
    return [root]


@object_type(reads=CaseView, description="A case.")
class Case(Node):
    number: str = field(access=PARENT, description="Its number.")
    note: str | None = field(access=OFFICER, description="For officers.")
    fee: Fen = field(access=PARENT, description="What it costs.")
    received_at: datetime = field(access=PARENT, description="When it came.")
    due: date = field(access=PARENT, description="When it is due.")
    answers: Json | None = field(access=PARENT, description="Answers.")
    shout: str = field(access=PARENT, description="Louder.", resolver=_shout)
    loaded: int = field(access=PARENT, description="By a loader.", resolver=_loaded)
    never: int = field(access=PARENT, description="By a loader that never answers.", resolver=_never)
    broken: str | None = field(access=PARENT, description="A bug.", resolver=_broken)
    related: list[Annotated["Case", strawberry.lazy("tests.resolvers.toy")]] = field(
        access=PARENT, description="Itself, in a list.", resolver=_related
    )
    few: list[Annotated["Case", strawberry.lazy("tests.resolvers.toy")]] = field(
        access=PARENT, description="Never more than four.", resolver=_related, most=4
    )


@query(access=PUBLIC, description="A greeting.")
async def hello(
    info: Info, name: Annotated[str, strawberry.argument(description="Whom to greet.")] = "world"
) -> str:
    return f"hello {name} {info.context.language}"


@query(access=PUBLIC, description="The same for everybody.", shared_for=60)
async def motto(info: Info, times: Annotated[int, strawberry.argument(description="How often.")] = 1) -> str:
    if times < 0:
        raise Invalid(Text("有误。", "Invalid."))
    return Text("为人民服务", "Serve the people").of(info.context.language) * times


@query(access=PUBLIC, description="A case for everybody to see.", returns=Case, shared_for=60)
async def exhibit(info: Info) -> CaseView:
    return CASES[0]


@query(access=PUBLIC, description="Dear.", weight=7)
async def priced(info: Info) -> int:
    return 7


@query(access=CITIZEN | OFFICER, description="One case.", returns=Case | None)
async def case(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
) -> CaseView:
    key = read_global_id(id, "Case")
    for known in CASES:
        if known.id == key:
            return known
    raise NotFound(Text("没有找到。", "Not found."))


@query(access=SIGNED_IN, description="All cases.", returns=Connection[Case])
async def cases(info: Info, first: First = 3, after: After = None) -> Connection[CaseView]:
    place = read_cursor(after, UUID)
    rows = [row for row in CASES if place is None or row.id > place[0]]
    return keyset_page(rows[: page_size(first) + 1], first=first, after=after, key=lambda row: (row.id,))


@query(access=PUBLIC, description="Anything by id.", returns=Node | None)
async def node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
) -> CaseView | None:
    return next((known for known in CASES if known.id == read_global_id(id, "Case")), None)


@query(access=officer(OfficerRole.SUPERVISION), description="Supervision only.")
async def lights(info: Info) -> int:
    return 3


@query(access=PUBLIC, description="Never answers.")
async def sleepy(info: Info) -> int:
    await asyncio.Event().wait()
    return 0


@input_type(description="What to rename.")
class RenameInput(MutationInput):
    number: str = input_field(description="The new number.")
    due: date | None = input_field(description="A day.", default=None)
    answers: Json | None = input_field(description="Answers.", default=None)


@mutation(access=CITIZEN, description="Rename a case.", returns=Case)
async def rename_case(info: Info, input: RenameInput) -> CaseView:
    if input.number == "taken":
        raise Conflict(Text("已被占用。", "Taken."), code=ProblemCode.ALREADY_DONE, retry_after=1.2)
    if input.number == "bad":
        wrong = FieldProblem(("input", "answers", 0, "phone"), Text("格式不对。", "Wrong shape."))
        raise Invalid(Text("有误。", "Invalid."), fields=(wrong,))
    if input.number == "bug":
        raise RuntimeError("secret")
    return CaseView(UUID(int=9), input.number, "", answers=input.answers)


@input_type(description="What to add.")
class CountInput(MutationInput):
    by: int = input_field(description="How much.")


@object_type(description="The sum.")
class Counted:
    total: int = field(access=PARENT, description="All that was added.")


totals: list[int] = []


@mutation(access=PUBLIC, description="Add, as an action would that keeps no keys of its own.")
async def count(info: Info, input: CountInput) -> Counted:
    await asyncio.sleep(0.01)
    totals.append(input.by)
    return Counted(total=sum(totals))


@input_type(description="A file.")
class SendInput(MutationInput):
    file: Upload = input_field(description="The file.")
    more: list[Upload] | None = input_field(description="More.", default=None)


@object_type(description="What came.")
class Sent:
    size: int = field(access=PARENT, description="Bytes.")
    media_type: str = field(access=PARENT, description="Claimed type.")


seen: list[Upload] = []


begun = asyncio.Event()
slow = asyncio.Event()
finished: list[str] = []


@mutation(access=CITIZEN, description="Rename once the door is open.", returns=Case)
async def rename_slowly(info: Info, input: RenameInput) -> CaseView:
    begun.set()
    await slow.wait()
    finished.append(input.number)
    return CaseView(UUID(int=9), input.number, "")


@mutation(access=PUBLIC, description="Send a file.")
async def send_file(info: Info, input: SendInput) -> Sent:
    seen.append(input.file)
    return Sent(size=len(input.file.content), media_type=input.file.media_type)


@subscription(access=SIGNED_IN, description="Counts.", returns=Case)
async def counted(
    info: Info, to: Annotated[int, strawberry.argument(description="How far.")]
) -> AsyncGenerator[CaseView, None]:
    for row in CASES[:to]:
        yield row
    if to == 0:
        raise Forbidden(Text("不可以。", "No."))
    if to > len(CASES):
        raise RuntimeError("secret")


gate = asyncio.Event()


@subscription(access=SIGNED_IN, description="One case each time the gate opens.", returns=Case)
async def waited(info: Info) -> AsyncGenerator[CaseView, None]:
    while True:
        await gate.wait()
        gate.clear()
        yield CASES[0]


@subscription(access=PUBLIC, description="The first five numbers, resumable.", returns=int)
async def numbers(info: Info, since: Since = None) -> AsyncGenerator[Event[int], None]:
    place = read_cursor(since, int)
    for number in range(place[0] + 1 if place else 1, 6):
        yield Event(number, cursor(number))


QUERIES = (hello, motto, exhibit, priced, case, cases, node, lights, sleepy)
MUTATIONS = (rename_case, rename_slowly, count, send_file)
SUBSCRIPTIONS = (counted, waited, numbers)


@cache
def toy_schema() -> strawberry.Schema:
    return build_schema(queries=QUERIES, mutations=MUTATIONS, subscriptions=SUBSCRIPTIONS)


NO_WORK = cast("Any", None)
"""No toy field needs the machine."""

TOKENS: dict[str, Any] = {
    "Bearer citizen": lambda language, address: Citizen(ACCOUNT, ACCOUNT, PERSON, language, address),
    "Bearer unbound": lambda language, address: Citizen(ACCOUNT, ACCOUNT, None, language, address),
    "Bearer officer": lambda language, address: Officer(
        ACCOUNT, ACCOUNT, ACCOUNT, "330000", frozenset({OfficerRole.INTAKE}), language, address
    ),
}


async def authenticate(authorization: str | None, language: str, address: str) -> Viewer:
    if authorization is None:
        return Anonymous(language, address)
    if authorization not in TOKENS:
        raise NotSignedIn(Text("登录已失效。", "Your sign-in has expired."))
    return cast("Viewer", TOKENS[authorization](language, address))


def make_context() -> MakeContext:
    return context_factory(authenticate, NO_WORK)


def context_of(viewer: Viewer) -> Context:
    return Context(viewer=viewer, request_id="r", language=viewer.language, work=NO_WORK)
