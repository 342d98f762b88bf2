"""Places of a county for trying out: every item that is come to in person leads to one of them. Made up, like its people."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from backend.casework.appointments.models import Binding, PlaceKind
from backend.casework.appointments.places import CalendarDraft, PlaceDraft, ensure_calendar, ensure_place
from backend.casework.declaring import codes
from backend.database.record import fetch_one
from backend.kit.working_days import Calendar

WEEKDAYS = {str(weekday): [["09:00", "11:30"], ["13:30", "16:30"]] for weekday in range(1, 6)}
WITH_SATURDAY = {**WEEKDAYS, "6": [["09:00", "11:30"]]}
EVERY_MORNING = {str(weekday): [["06:00", "11:00"]] for weekday in range(1, 8)}

PLACES: Mapping[PlaceDraft, Sequence[CalendarDraft]] = {
    PlaceDraft(PlaceKind.MARRIAGE_REGISTRY, "德清县婚姻登记处", "330521", "示范路1号", "0572-0000001"): (
        CalendarDraft(
            "结婚登记",
            Binding.COUPLE,
            WITH_SATURDAY,
            (codes.MARRIAGE_BOOKING,),
            capacity=5,
            waiting_room=5,
            hold_minutes=1440,
        ),
        CalendarDraft("离婚登记", Binding.COUPLE, WEEKDAYS, (codes.DIVORCE,), capacity=2, hold_minutes=1440),
        CalendarDraft(
            "补领婚姻登记证", Binding.PERSON, WITH_SATURDAY, (codes.CERTIFICATE_REISSUE,), capacity=3
        ),
        CalendarDraft(
            "婚姻家庭辅导",
            Binding.PERSON,
            WEEKDAYS,
            (codes.MARRIAGE_COUNSELLING, codes.COERCED_MARRIAGE),
            slot_minutes=60,
            capacity=2,
        ),
    ),
    PlaceDraft(PlaceKind.CREMATORIUM, "德清县殡仪馆", "330521", "示范路2号", "0572-0000002"): (
        CalendarDraft(
            "遗体火化",
            Binding.MATTER,
            EVERY_MORNING,
            (codes.TRANSPORT_AND_CREMATION,),
            keeps_holidays=False,
            slot_minutes=60,
            capacity=3,
            opens_days_before=5,
            opens_time="00:00",
        ),
    ),
    PlaceDraft(PlaceKind.CEMETERY, "德清县公墓（骨灰堂）", "330521", "示范路3号", "0572-0000003"): (
        CalendarDraft(
            "公墓看墓与骨灰迁移",
            Binding.PERSON,
            EVERY_MORNING,
            (codes.CEMETERY_BOOKING, codes.ASHES_RELOCATION),
            keeps_holidays=False,
            slot_minutes=60,
            capacity=5,
        ),
    ),
    PlaceDraft(PlaceKind.CARE_HOME, "德清县养老服务中心", "330521", "示范路4号", "0572-0000004"): (
        CalendarDraft(
            "能力评估与入住参观",
            Binding.PERSON,
            WEEKDAYS,
            (codes.CARE_HOME_ADMISSION, codes.ABILITY_ASSESSMENT),
            slot_minutes=60,
            capacity=2,
        ),
    ),
    PlaceDraft(PlaceKind.HOME_SERVICE, "德清县社区服务站", "330521", "示范路5号", "0572-0000005"): (
        CalendarDraft(
            "上门服务",
            Binding.PERSON,
            WITH_SATURDAY,
            (codes.HOME_SERVICE_BOOKING, codes.COMMUNITY_SERVICE_BOOKING),
            capacity=4,
        ),
    ),
    PlaceDraft(PlaceKind.HALL, "德清县政务服务中心民政窗口", "330521", "示范路6号", "0572-0000006"): (
        CalendarDraft(
            "收养登记与儿童服务",
            Binding.PERSON,
            WEEKDAYS,
            (codes.ADOPTION, codes.CHILD_DIRECTOR_VISIT),
            capacity=2,
        ),
    ),
}


async def ensure_demo_places(organ_id: UUID, workdays: Calendar, *, actor: str) -> None:
    """Give an organ these places, unless it has places already. Safe to run again."""
    if await fetch_one("SELECT 1 FROM appointment_place WHERE organ_id = $1 LIMIT 1", organ_id):
        return
    for place, calendars in PLACES.items():
        place_id = await ensure_place(organ_id, place, actor=actor)
        for calendar in calendars:
            await ensure_calendar(organ_id, place_id, calendar, workdays, actor=actor)
