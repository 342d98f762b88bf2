"""What a division may say about an item: the fields that the standard leaves to it, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from backend.errors import Text

Figure = int | str


class LocalKind(StrEnum):
    """How a local field is written."""

    TEXT = "TEXT"
    CODE = "CODE"
    """Visible ASCII without blanks; never a number, which would lose its leading zeros."""
    DAY = "DAY"
    DAYS = "DAYS"


@dataclass(frozen=True, slots=True)
class LocalField:
    """One field of an edition, as a column of the database, a key of JSON and a column of a sheet."""

    name: str
    title: Text
    kind: LocalKind
    longest: int = 0
    """Most characters, for texts and codes."""
    codes: str = ""
    """The signs that are allowed, where the official list has one-sign codes."""


@dataclass(frozen=True, slots=True)
class EditionDraft:
    """What a division wants to say about an item. Empty means: as the level above says."""

    item_code: str
    division: str
    in_force_from: date
    in_force_until: date | None = None
    parameters: Mapping[str, Figure] = field(default_factory=dict)
    promised_days: int | None = None
    organ_credit_code: str = ""
    organ_name: str = ""
    organ_level: str = ""
    organ_nature: str = ""
    power_source: str = ""
    delegate_credit_code: str = ""
    delegate_name: str = ""
    delegate_level: str = ""
    local_catalog_code: str = ""
    local_task_code: str = ""
    hall_zh: str = ""
    hall_en: str = ""
    hours_zh: str = ""
    hours_en: str = ""
    enquiries: str = ""
    complaints: str = ""
    guidance_zh: str = ""
    guidance_en: str = ""


_TEXT, _CODE, _DAY, _DAYS = LocalKind.TEXT, LocalKind.CODE, LocalKind.DAY, LocalKind.DAYS

LOCAL_FIELDS = (
    LocalField("in_force_from", Text("生效日期", "In force from"), _DAY),
    LocalField("in_force_until", Text("失效日期", "In force until"), _DAY),
    LocalField("promised_days", Text("承诺办结时限", "Promised limit"), _DAYS),
    LocalField("organ_credit_code", Text("实施主体统一社会信用代码", "Organ: credit code"), _CODE, 18),
    LocalField("organ_name", Text("实施主体名称", "Organ: name"), _TEXT, 120),
    LocalField("organ_level", Text("行使层级", "Organ: level"), _CODE, 1, "123456"),
    LocalField("organ_nature", Text("实施主体性质", "Organ: nature"), _CODE, 1, "123"),
    LocalField("power_source", Text("权力来源", "Source of its power"), _CODE, 1, "123456"),
    LocalField(
        "delegate_credit_code", Text("受委托组织统一社会信用代码", "Delegate: credit code"), _CODE, 18
    ),
    LocalField("delegate_name", Text("受委托组织名称", "Delegate: name"), _TEXT, 120),
    LocalField("delegate_level", Text("受委托组织层级", "Delegate: level"), _CODE, 1, "123456"),
    LocalField("local_catalog_code", Text("地方基本编码", "Local base code"), _CODE, 50),
    LocalField("local_task_code", Text("地方实施编码", "Local task code"), _CODE, 50),
    LocalField("hall_zh", Text("办理地点", "Hall (Chinese)"), _TEXT, 200),
    LocalField("hall_en", Text("办理地点（英文）", "Hall (English)"), _TEXT, 400),
    LocalField("hours_zh", Text("办理时间", "Hours (Chinese)"), _TEXT, 200),
    LocalField("hours_en", Text("办理时间（英文）", "Hours (English)"), _TEXT, 400),
    LocalField("enquiries", Text("咨询方式", "Enquiries"), _TEXT, 100),
    LocalField("complaints", Text("监督投诉方式", "Complaints"), _TEXT, 100),
    LocalField("guidance_zh", Text("补充说明", "Guidance (Chinese)"), _TEXT, 2000),
    LocalField("guidance_en", Text("补充说明（英文）", "Guidance (English)"), _TEXT, 4000),
)
"""Every field but the parameters, which each item has of its own; in the order of a sheet's columns."""

SAID = ("parameters", *(local.name for local in LOCAL_FIELDS))
"""The columns in which an edition says something: two editions that agree in them are the same."""
