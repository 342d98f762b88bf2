"""Reading an inbox, and for officers what became of the notices of a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson

from backend.casework.applications.acting import principal_of
from backend.casework.applications.actions import require_person
from backend.casework.applications.queries import application
from backend.casework.catalogue.standards import Standards
from backend.casework.notices.kinds import NoticeKind
from backend.casework.notices.models import DeliveryState
from backend.casework.notices.templates import BY_KIND
from backend.database.record import Row, fetch, fetch_one
from backend.errors import Text
from backend.message_ports import Channel, Purpose
from backend.viewer import Citizen, Officer

_NOTICES = (
    "SELECT n.id, n.application_id, n.kind, n.parameters, n.created_at, n.read_at, a.item_code, a.organ_name, a.due_on"
    " FROM notice n LEFT JOIN application a ON a.id = n.application_id "
)
_NEWEST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice as its citizen or the citizen's officer may see it."""

    id: UUID
    application_id: UUID | None
    kind: NoticeKind
    parameters: Mapping[str, str]
    at: datetime
    read_at: datetime | None
    item_code: str | None
    organ_name: str | None
    due_on: date | None

    @property
    def title(self) -> Text:
        """A few words."""
        return BY_KIND[self.kind].title

    def words(self, standards: Standards) -> tuple[Text, Text]:
        """What it says, in full and plainly."""
        template = BY_KIND[self.kind]
        item = Text("", "") if self.item_code is None else standards.get(self.item_code).name
        known = {
            "organ": self.organ_name or "",
            "due": self.due_on.isoformat() if self.due_on else "",
            **self.parameters,
        }

        def filled(text: Text) -> Text:
            return Text(
                text.zh.format_map({"item": item.zh, **known}), text.en.format_map({"item": item.en, **known})
            )

        return filled(template.body), filled(template.plain)


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a citizen wants to be told."""

    unread: int = 0
    mini_program: bool = True
    sms: bool = True
    plain: bool = False
    language: str = "zh-CN"
    quiet_from: int = 21 * 60
    quiet_until: int = 8 * 60


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a notice on one channel."""

    channel: Channel
    state: DeliveryState
    tries: int
    at: datetime
    code: str


async def notices(
    citizen: Citizen,
    *,
    before: UUID | None,
    limit: int,
    unread_only: bool = False,
    acting_by: UUID | None = None,
) -> Sequence[NoticeRow]:
    """The citizen's inbox, the newest first, keyset-paged.

    With ``acting_by``, the id of a delegation, what its principal was told of the cases that it covers.
    """
    person_id, items = require_person(citizen), "[]"
    if acting_by is not None:
        grant = await principal_of(citizen, acting_by)
        if grant is None:
            return ()
        person_id, items = grant["principal_id"], grant["items"]
    rows = await fetch(
        _NOTICES + "WHERE n.person_id = $1 AND n.id < $2 AND (NOT $3 OR n.read_at IS NULL)"
        " AND ($5::jsonb = '[]'::jsonb OR $5::jsonb ? a.item_code) ORDER BY n.id DESC LIMIT $4",
        person_id,
        before or _NEWEST,
        unread_only,
        limit,
        items,
    )
    return [_read(row) for row in rows]


async def preferences(citizen: Citizen) -> Preferences:
    """How the citizen wants to be told, and how much is unread: kept, never counted."""
    row = await fetch_one(
        "SELECT unread, mini_program, sms, plain, language, quiet_from, quiet_until FROM notice_box WHERE person_id = $1",
        require_person(citizen),
    )
    return Preferences(**dict(row)) if row else Preferences()


async def subscriptions(citizen: Citizen) -> Mapping[Purpose, bool]:
    """What the account the citizen is in has answered, by purpose."""
    rows = await fetch(
        "SELECT purpose, accepted FROM notice_subscription WHERE account_id = $1", citizen.account_id
    )
    return {Purpose(row["purpose"]): row["accepted"] for row in rows}


async def platform_of(citizen: Citizen) -> str | None:
    """The platform of the account the citizen is in."""
    row = await fetch_one("SELECT platform FROM account WHERE id = $1", citizen.account_id)
    return row["platform"] if row else None


async def notices_of_case(
    officer: Officer, application_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[NoticeRow]:
    """The notices of a case that the officer may see, the newest first; of any other case none."""
    if await application(officer, application_id) is None:
        return ()
    rows = await fetch(
        _NOTICES + "WHERE n.application_id = $1 AND n.id < $2 ORDER BY n.id DESC LIMIT $3",
        application_id,
        before or _NEWEST,
        limit,
    )
    return [_read(row) for row in rows]


async def deliveries(notice_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Delivered]]:
    """What became of notices that the caller may see, by notice: one statement."""
    rows = await fetch(
        "SELECT notice_id, channel, state, tries, at, code FROM notice_delivery WHERE notice_id = ANY($1::uuid[])"
        " ORDER BY notice_id, created_at",
        list(notice_ids),
    )
    found: dict[UUID, list[Delivered]] = {notice_id: [] for notice_id in notice_ids}
    for row in rows:
        found[row["notice_id"]].append(
            Delivered(
                Channel(row["channel"]), DeliveryState(row["state"]), row["tries"], row["at"], row["code"]
            )
        )
    return found


def _read(row: Row) -> NoticeRow:
    return NoticeRow(
        id=row["id"],
        application_id=row["application_id"],
        kind=NoticeKind(row["kind"]),
        parameters=orjson.loads(row["parameters"]),
        at=row["created_at"],
        read_at=row["read_at"],
        item_code=row["item_code"],
        organ_name=row["organ_name"],
        due_on=row["due_on"],
    )
