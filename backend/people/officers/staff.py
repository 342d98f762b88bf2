"""An organ's staff list: every officer of it appointed, or none and each wrong row named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from stdnum.cn import uscc

from backend.database import audit
from backend.database.record import Transaction, transaction
from backend.errors import Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.officers.models import Officer
from backend.people.officers.second_factor import issue_enrolment
from backend.resources import Resources
from backend.viewer import OfficerRole

ROLES: Mapping[str, OfficerRole] = {
    "受理": OfficerRole.INTAKE,
    "审核": OfficerRole.REVIEW,
    "审批": OfficerRole.APPROVAL,
    "监察": OfficerRole.SUPERVISION,
    "统计": OfficerRole.STATISTICS,
    "运维": OfficerRole.OPERATIONS,
    **{role.value: role for role in OfficerRole},
}
MOST = 5_000
"""Rows of one list."""

NOT_A_CODE = Text("统一社会信用代码有误。", "This is no unified social credit code.")
NO_DIVISION = Text("没有这个行政区划。", "There is no such division.")
OTHER_DIVISION = Text("该机构已登记在其他区划。", "This organ is known in another division.")
BAD_LOGIN = Text(
    "账号为3至60个小写字母、数字或.-_。", "A login is 3 to 60 lower-case letters, digits or . - _"
)
TWICE = Text("账号在名单中重复。", "The login stands in the list twice.")
TAKEN = Text("账号已存在。", "There is an officer of this login already.")
BAD_NAME = Text("姓名为2至60个字。", "A name has 2 to 60 characters.")
BAD_ROLES = Text(
    "岗位应为受理、审核、审批、监察、统计、运维。", "Roles are 受理, 审核, 审批, 监察, 统计, 运维."
)
TOO_MANY = Text("名单过长，请分批导入。", "The list is too long; import it in parts.")


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One row as it stands in a list, and where."""

    place: str
    organ_code: str
    organ_name: str
    division: str
    login: str
    name: str
    roles: str


@dataclass(frozen=True, slots=True)
class WrongRow:
    """What is wrong with a row."""

    place: str
    field: str
    message: Text


@dataclass(frozen=True, slots=True)
class Appointed:
    """A new officer, and the code that is handed to them in person."""

    login: str
    enrolment_code: str


async def appoint_staff(
    resources: Resources, rows: Sequence[StaffRow], *, actor: str
) -> tuple[Sequence[Appointed], Sequence[WrongRow]]:
    """Appoint everybody in one transaction; with a wrong row nobody is, and every wrong row is named."""
    wrong = [*_problems(rows)]
    async with transaction() as tx:
        # One list at a time: two with the same login would otherwise fail on each other half way.
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('staff', 3))")
        wrong += await _clashes(tx, rows)
        if wrong:
            return (), sorted(wrong, key=lambda one: [row.place for row in rows].index(one.place))
        return [await _appoint(tx, resources, row, actor) for row in rows], ()


async def _appoint(tx: Transaction, resources: Resources, row: StaffRow, actor: str) -> Appointed:
    organ = await tx.fetch_one(
        "INSERT INTO organ (id, created_at, credit_code, name, division) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (credit_code) DO UPDATE SET name = EXCLUDED.name RETURNING id",
        new_id(),
        clock.now(),
        row.organ_code,
        row.organ_name.strip(),
        row.division,
    )
    assert organ is not None  # noqa: S101 - an upsert always returns its row
    officer_id, roles = new_id(), sorted(_roles(row.roles) or ())
    await Officer.create(
        id=officer_id,
        organ_id=organ["id"],
        login=row.login,
        name=row.name.strip(),
        password_hash="",
        roles=roles,
    )
    await audit.append(
        tx,
        subject=f"officer:{officer_id}",
        kind="officer_appointed",
        actor=actor,
        detail={"organ": str(UUID(int=organ["id"].int)), "roles": roles},
    )
    return Appointed(row.login, await issue_enrolment(tx, resources, officer_id))


def _problems(rows: Sequence[StaffRow]) -> Iterable[WrongRow]:
    """What is wrong with rows by themselves."""
    seen: set[str] = set()
    if len(rows) > MOST:
        yield WrongRow(rows[MOST].place, "", TOO_MANY)
        return
    for row in rows:
        sound = row.login.isascii() and row.login == row.login.lower()
        letters = row.login.translate(str.maketrans("", "", ".-_"))
        for bad, field, why in (
            (not uscc.is_valid(row.organ_code), "organCode", NOT_A_CODE),
            (regions.get(row.division) is None, "division", NO_DIVISION),
            (not sound or not letters.isalnum() or not 3 <= len(row.login) <= 60, "login", BAD_LOGIN),
            (row.login in seen, "login", TWICE),
            (not 2 <= len(row.name.strip()) <= 60, "name", BAD_NAME),
            (not 2 <= len(row.organ_name.strip()) <= 120, "organName", BAD_NAME),
            (not _roles(row.roles), "roles", BAD_ROLES),
        ):
            if bad:
                yield WrongRow(row.place, field, why)
        seen.add(row.login)


async def _clashes(tx: Transaction, rows: Sequence[StaffRow]) -> Sequence[WrongRow]:
    """What is wrong with rows beside what is there already."""
    logins = await tx.fetch("SELECT login FROM officer WHERE login = ANY($1)", [row.login for row in rows])
    organs = await tx.fetch(
        "SELECT credit_code, division FROM organ WHERE credit_code = ANY($1)",
        [row.organ_code for row in rows],
    )
    taken = {row["login"] for row in logins}
    divisions = {row["credit_code"]: row["division"] for row in organs}
    wrong = []
    for row in rows:
        if row.login in taken:
            wrong.append(WrongRow(row.place, "login", TAKEN))
        known = regions.get(row.division) is not None
        if known and divisions.setdefault(row.organ_code, row.division) != row.division:
            wrong.append(WrongRow(row.place, "division", OTHER_DIVISION))
    return wrong


def _roles(told: str) -> set[OfficerRole] | None:
    names = [
        name for name in told.replace("，", "、").replace(",", "、").replace(" ", "").split("、") if name
    ]
    return {ROLES[name] for name in names} if names and all(name in ROLES for name in names) else None
