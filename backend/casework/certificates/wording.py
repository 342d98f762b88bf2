"""What each kind of document says: title, opening, a table of facts, closing. The template only sets it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from backend.casework.certificates.models import CertificateKind
from backend.casework.definitions import ServiceItem, TaskType
from backend.errors import Text
from backend.kit.days import chinese_day

REFUSALS: Mapping[TaskType, Text] = {
    TaskType.LICENCE: Text("不予行政许可决定书", "Decision refusing a licence"),
    TaskType.PAYMENT: Text("不予给付决定书", "Decision refusing a benefit"),
    TaskType.CONFIRMATION: Text("不予确认决定书", "Decision refusing a confirmation"),
    TaskType.OTHER_POWER: Text("不予办理决定书", "Decision refusing an application"),
    TaskType.PUBLIC_SERVICE: Text("不予办理决定书", "Decision refusing an application"),
}
NAMES: Mapping[CertificateKind, Text] = {
    CertificateKind.ACCEPTANCE: Text("受理通知书", "Notice of acceptance"),
    CertificateKind.CORRECTION: Text("补正材料通知书", "Notice to complete an application"),
    CertificateKind.NON_ACCEPTANCE: Text("不予受理通知书", "Notice of non-acceptance"),
    CertificateKind.TERMINATION: Text("终止办理通知书", "Notice of termination"),
    CertificateKind.RETURN: Text("退件通知书", "Notice of return"),
}
REMEDY = "如对本决定不服，可以自知道本决定之日起六十日内依法申请行政复议，也可以依法提起行政诉讼。"
"""行政复议法 (2023) Art. 20, 行政诉讼法 Art. 46; told in every document that says no (行政许可法 Art. 38)."""


def title_of(kind: CertificateKind, item: ServiceItem, *, approved: bool | None) -> Text:
    """What a document is called."""
    if kind is not CertificateKind.RESULT:
        return NAMES[kind]
    return REFUSALS[item.task_type] if approved is False else item.result.name


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that is printed of a notice on the way (受理、补正、不予受理、终止)."""

    kind: CertificateKind
    case_number: str
    item_name: str
    applicant_masked: str
    organ_name: str
    submitted_on: date
    issued_on: date
    due_on: date | None
    """Of an acceptance: until when it will be decided. Of a correction: until when it is to be completed."""
    reason: str | None
    wanted: tuple[str, ...]
    """Of a correction: everything that is missing, told at once (一次性告知, 行政许可法 Art. 32)."""
    basis: tuple[str, ...]
    code: str
    verify_url: str
    deemed: bool = False
    """Of an acceptance: by law, because nothing was told in time."""
    remedy: str | None = None
    """Of an end against the applicant, as it was told with the decision."""

    def opening(self) -> str:
        """The sentence that says what this is."""
        day = chinese_day(self.submitted_on)
        match self.kind:
            case CertificateKind.ACCEPTANCE if self.deemed:
                told = "我单位逾期未告知补正内容，依法自收到申请材料之日起即为受理。"
            case CertificateKind.ACCEPTANCE:
                told = "经审查，申请材料齐全、符合法定形式，我单位予以受理。"
            case CertificateKind.CORRECTION:
                told = "经审查，申请材料不齐全或者不符合法定形式，现一次性告知需要补正的全部内容："
            case CertificateKind.NON_ACCEPTANCE:
                told = "经审查，我单位决定不予受理，现将理由和依据通知如下："
            case CertificateKind.RETURN:
                told = "我单位现予退回，理由和依据如下："
            case _:
                told = "我单位现终止办理，理由和依据如下："
        return f"您于{day}提交的“{self.item_name}”申请，{told}"

    def rows(self) -> tuple[tuple[str, str], ...]:
        """The facts, label and value."""
        found: list[tuple[str, str]] = []
        if self.kind is CertificateKind.ACCEPTANCE:
            found.append(("受理日期", chinese_day(self.issued_on)))
        if self.due_on is not None:
            label = "补正期限" if self.kind is CertificateKind.CORRECTION else "承诺办结日期"
            found.append((label, chinese_day(self.due_on)))
        found += [(f"补正内容{number}", told) for number, told in enumerate(self.wanted, 1)]
        if self.reason is not None:
            found.append(("理由", self.reason))
        found.append(("依据", "；".join(self.basis)))
        return tuple(found)

    def closing(self) -> str:
        """What may be done about it."""
        match self.kind:
            case CertificateKind.ACCEPTANCE:
                return "办理进度可凭申办流水号随时查询。依法需要公示、评估、核对的时间不计入办理期限。"
            case CertificateKind.CORRECTION:
                return "请在期限内通过原渠道补正，补正后继续办理；补正所需时间不计入办理期限。"
            case _:
                return self.remedy or REMEDY
