"""``python -m backend officers import FILE``: an organ's staff list, JSON or a workbook, all of it or none."""

import sys
from pathlib import Path

from backend.casework.catalogue.files.json_files import read_json
from backend.casework.catalogue.files.workbooks import read_table
from backend.casework.catalogue.reports import RowProblem
from backend.people.officers.staff import StaffRow, appoint_staff
from backend.resources import Resources

TITLES = {
    "统一社会信用代码": "organCode",
    "机构名称": "organName",
    "行政区划代码": "division",
    "账号": "login",
    "姓名": "name",
    "岗位": "roles",
}
"""Columns of a sheet by their titles; JSON objects have the keys."""


async def import_staff(resources: Resources, path: Path) -> int:
    """Appoint everybody in the list and print each login with its enrolment code; 1 where a row is wrong."""
    rows, broken = _read(path)
    appointed, wrong = ((), ()) if broken else await appoint_staff(resources, rows, actor="machine:operator")
    for line in (
        *broken,
        *(f"row {one.place}, {one.field}: {one.message.zh} {one.message.en}" for one in wrong),
    ):
        sys.stderr.write(f"{line}\n")
    if broken or wrong:
        sys.stderr.write("Nobody was appointed.\n")
        return 1
    # Shown this once, to be handed over in person.
    sys.stdout.writelines(f"{one.login}\t{one.enrolment_code}\n" for one in appointed)
    return 0


def _read(path: Path) -> tuple[list[StaffRow], list[str]]:
    rows: list[StaffRow] = []
    broken: list[str] = []
    with path.open("rb") as file:
        read = read_json(file) if path.suffix == ".json" else read_table(path, TITLES)
        for place, row in read:
            if isinstance(row, RowProblem):
                broken.append(f"row {place.row}: {row.message.zh} {row.message.en}")
                continue
            told = {key: str(row.get(key) or "").strip() for key in TITLES.values()}
            rows.append(
                StaffRow(
                    place=str(place.row),
                    organ_code=told["organCode"],
                    organ_name=told["organName"],
                    division=told["division"],
                    login=told["login"],
                    name=told["name"],
                    roles=told["roles"],
                )
            )
    return rows, broken
