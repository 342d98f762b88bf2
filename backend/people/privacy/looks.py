"""Who looked at my data: the entries of a person's own audit trail that somebody else made, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import orjson

from backend.database.record import Row, fetch
from backend.errors import Text
from backend.viewer import Citizen


class LookedBy(StrEnum):
    """What kind of somebody it was."""

    OFFICER = "OFFICER"
    PERSON = "PERSON"
    """Somebody who acts for the person, or whose account claimed the same name."""
    SYSTEM = "SYSTEM"
    """A register, a province's platform, or the house itself."""


class LookReason(StrEnum):
    """Why an officer opens what is masked. A code and never free text: that would be personal itself."""

    DECIDE_CASE = "DECIDE_CASE"
    CONTACT_APPLICANT = "CONTACT_APPLICANT"
    CHECK_IDENTITY = "CHECK_IDENTITY"
    ANSWER_COMPLAINT = "ANSWER_COMPLAINT"
    SUPERVISE = "SUPERVISE"


TOLD: Mapping[str, Text] = {
    "applicant_revealed": Text("查看了您的姓名和证件号码", "saw your name and document number"),
    "case_file_opened": Text("查看了您办件的填报内容", "read what you filled in for a case"),
    "material_opened": Text("查看了您提交的材料", "looked at a paper that you handed in"),
    "home_visit_opened": Text(
        "查看了入户调查记录和照片", "read the record of a home visit, with its photographs"
    ),
    "window_case_opened": Text(
        "在窗口打开了您的办件", "opened a case of yours at a window, with you present"
    ),
    "answers_filled_at_window": Text("在窗口为您填写了办件", "filled in a case for you at a window"),
    "review_opened": Text("查看了您申报的姓名和证件", "saw the name and document that you claimed"),
    "video_caller_seen": Text(
        "在视频核验中查看了您的姓名和证件", "saw your name and document in a video call"
    ),
    "confirmed_at_window": Text("当面核验了您的身份", "confirmed you in person"),
    "review_confirmed": Text("复核并确认了您的身份", "confirmed your identity after a review"),
    "correction_opened": Text("查看了您的更正申请", "read your request for correction"),
    "data_corrected": Text("更正了您的信息", "put your data right"),
    "correction_refused": Text("答复了您的更正申请", "answered your request for correction"),
    "draft_dropped": Text("删除了您长期未提交的草稿", "deleted a draft that you never handed in"),
    "material_scanned": Text("在窗口扫描了您的材料", "scanned a paper of yours at a window"),
    "real_name_held": Text("另一账号使用了您的姓名和证件号码", "another account used your name and number"),
    "application_submitted": Text("代您提交了申请", "handed in an application for you"),
    "appointment_booked_for": Text("代您预约", "booked an appointment for you"),
    "appointment_handled_for": Text(
        "代您处理了预约", "confirmed, moved or cancelled an appointment of yours"
    ),
    "delegation_overstepped": Text(
        "超出代办授权办事，已被拒绝", "tried to act for you beyond what you allowed, and was refused"
    ),
    "registry_knows_now": Text("人口库核实了您的身份", "the population registry confirmed you"),
}
"""By kind of entry; other kinds are told by ``ANYTHING``."""
ANYTHING = Text("处理了您的信息", "processed your data")


@dataclass(frozen=True, slots=True)
class DataLook:
    """One time that somebody else had to do with the person's data."""

    id: UUID
    at: datetime
    by: LookedBy
    organ_name: str | None
    kind: str
    reason: LookReason | None

    @property
    def what(self) -> Text:
        """In a sentence's second half."""
        return TOLD.get(self.kind, ANYTHING)


async def data_looks(citizen: Citizen, *, before: UUID | None, limit: int) -> Sequence[DataLook]:
    """The newest first, those older than ``before``; of the person and of each account that is theirs.

    An officer is told by organ: complaints go there, and the trail knows which of its officers it was.
    """
    if citizen.person_id is None:
        return ()
    rows = await fetch(
        "WITH own AS (SELECT 'person:' || $1::uuid::text AS name UNION ALL"
        " SELECT 'account:' || account.id::text FROM account WHERE account.person_id = $1)"
        " SELECT entry.id, entry.at, entry.actor, entry.kind, entry.detail, organ.name AS organ_name"
        " FROM audit_entry entry LEFT JOIN officer"
        "  ON officer.id = CASE WHEN entry.actor LIKE 'officer:%' THEN substr(entry.actor, 9)::uuid END"
        " LEFT JOIN organ ON organ.id = officer.organ_id"
        " WHERE entry.subject IN (SELECT name FROM own) AND entry.actor NOT IN (SELECT name FROM own)"
        " AND ($2::uuid IS NULL OR entry.id < $2) ORDER BY entry.id DESC LIMIT $3",
        citizen.person_id,
        before,
        limit,
    )
    return [_read(row) for row in rows]


def _read(row: Row) -> DataLook:
    reason = orjson.loads(row["detail"]).get("reason")
    return DataLook(
        id=row["id"],
        at=row["at"],
        by=_BY.get(row["actor"].partition(":")[0], LookedBy.PERSON),
        organ_name=row["organ_name"],
        kind=row["kind"],
        reason=LookReason(reason) if reason in set(LookReason) else None,
    )


_BY = {"officer": LookedBy.OFFICER, "machine": LookedBy.SYSTEM}
