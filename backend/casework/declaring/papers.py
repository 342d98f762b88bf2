"""Materials that many items ask for."""

from backend.casework.definitions import (
    STATE_HELD,
    Basis,
    Issuer,
    LicenceKind,
    Material,
    MaterialSource,
    When,
)
from backend.errors import Text

BANK_CARD = Material(
    "bank-card",
    Text("社会保障卡（金融账户）照片", "Photograph of the social-security card"),
    required=True,
    hint=Text("拍清卡号一面，不必复印", "Show the side with the number; no photocopy is needed"),
    issuer=Issuer.OTHER_ORGAN,
    sources=STATE_HELD,
    licence=LicenceKind.SOCIAL_SECURITY_CARD,
)


def state_paper(
    code: str,
    name: Text,
    licence: LicenceKind,
    issuer: Issuer,
    basis: Basis,
    *,
    when: When | None = None,
    required: bool = True,
    holder: tuple[str, str] | None = None,
) -> Material:
    """A paper that exists as an e-licence: fetched first, handed in only where the store has none."""
    return Material(
        code,
        name,
        required=required,
        hint=Text(
            "系统自动调取电子证照；调取不到时才需要上传",
            "It is fetched from the e-licence store; upload it only if it was not found",
        ),
        issuer=issuer,
        sources=STATE_HELD,
        licence=licence,
        holder=holder,
        when=when,
        basis=basis,
    )


def medical_paper(code: str, name: Text, basis: Basis, *, when: When | None = None) -> Material:
    """A finding of a medical body."""
    return Material(
        code,
        name,
        required=True,
        hint=Text("由医疗机构出具，拍清全部内容和印章", "From a medical body; show all of it with the seal"),
        issuer=Issuer.MEDICAL_BODY,
        basis=basis,
        when=when,
    )


def stated_or_shown(
    code: str, name: Text, statement: Text, hint: Text, *, when: When | None = None, required: bool = True
) -> Material:
    """A paper that a signed statement may stand in for (告知承诺)."""
    return Material(
        code,
        name,
        required=required,
        hint=hint,
        sources=(MaterialSource.UNDERTAKING, MaterialSource.UPLOAD, MaterialSource.WINDOW_SCAN),
        undertaking=statement,
        when=when,
    )
