"""Application materials (申请材料): what is asked for, who issues it, and how it may come."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.casework.definitions.basis import Basis
from backend.casework.definitions.eligibility import When
from backend.errors import Text


class MaterialSource(StrEnum):
    """How a material may come."""

    UPLOAD = "UPLOAD"
    """A file from the applicant."""
    E_LICENCE = "E_LICENCE"
    """Fetched from the e-licence store (免提交); the applicant hands in nothing."""
    UNDERTAKING = "UNDERTAKING"
    """A signed statement instead of the paper (告知承诺)."""
    WINDOW_SCAN = "WINDOW_SCAN"
    """Scanned by an officer who has the paper in hand."""


class Issuer(StrEnum):
    """Who makes the paper."""

    APPLICANT = "APPLICANT"
    CIVIL_AFFAIRS = "CIVIL_AFFAIRS"
    PUBLIC_SECURITY = "PUBLIC_SECURITY"
    MEDICAL_BODY = "MEDICAL_BODY"
    COURT = "COURT"
    DISABLED_PERSONS_FEDERATION = "DISABLED_PERSONS_FEDERATION"
    SCHOOL = "SCHOOL"
    BANK = "BANK"
    COMMITTEE = "COMMITTEE"
    """村（居）民委员会: may only certify what a law tells it to (民发〔2020〕20号)."""
    EMPLOYER = "EMPLOYER"
    SERVICE_PROVIDER = "SERVICE_PROVIDER"
    """A care, funeral or rehabilitation institution."""
    OTHER_ORGAN = "OTHER_ORGAN"


class LicenceKind(StrEnum):
    """Papers that exist as e-licences; the state holds every one of them itself."""

    RESIDENT_ID_CARD = "RESIDENT_ID_CARD"
    HOUSEHOLD_REGISTER = "HOUSEHOLD_REGISTER"
    MARRIAGE_CERTIFICATE = "MARRIAGE_CERTIFICATE"
    DIVORCE_CERTIFICATE = "DIVORCE_CERTIFICATE"
    DISABILITY_CERTIFICATE = "DISABILITY_CERTIFICATE"
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"
    DEATH_CERTIFICATE = "DEATH_CERTIFICATE"
    CREMATION_CERTIFICATE = "CREMATION_CERTIFICATE"
    LOW_INCOME_CERTIFICATE = "LOW_INCOME_CERTIFICATE"
    EXTREME_POVERTY_CERTIFICATE = "EXTREME_POVERTY_CERTIFICATE"
    ORPHAN_CERTIFICATE = "ORPHAN_CERTIFICATE"
    SOCIAL_SECURITY_CARD = "SOCIAL_SECURITY_CARD"
    ABILITY_ASSESSMENT = "ABILITY_ASSESSMENT"


ANY_PAPER = (MaterialSource.UPLOAD, MaterialSource.WINDOW_SCAN)
STATE_HELD = (MaterialSource.E_LICENCE, MaterialSource.UPLOAD, MaterialSource.WINDOW_SCAN)
"""First the e-licence store is asked; a paper is only taken where it has nothing."""
UNDERTAKING_OR_PAPER = (MaterialSource.UNDERTAKING, *ANY_PAPER)


def needed(materials: tuple["Material", ...], answers: Mapping[str, object]) -> tuple["Material", ...]:
    """Those that these answers call for: all but the ones whose condition is not met."""
    return tuple(material for material in materials if material.when is None or material.when.met(answers))


@dataclass(frozen=True, slots=True)
class Material:
    """An application material."""

    code: str
    name: Text
    required: bool
    """Must be there to submit; where ``when`` is given, only while that is met."""
    hint: Text
    issuer: Issuer = Issuer.APPLICANT
    sources: tuple[MaterialSource, ...] = ANY_PAPER
    """Ways in which it may come, the preferred one first."""
    licence: LicenceKind | None = None
    """The e-licence that is this material; E_LICENCE is among its sources then."""
    holder: tuple[str, str] | None = None
    """Fields of the form with name and number of whose licence it is; None: the applicant's own."""
    undertaking: Text | None = None
    """What is stated instead, where UNDERTAKING is among its sources."""
    when: When | None = None
    """Needed only while a field of the form has one of these values."""
    basis: Basis | None = None
    """Why it may be asked for, where another issuer than the applicant makes it."""
    plain: Text | None = None
    media_types: tuple[str, ...] = ("image/jpeg", "image/png", "application/pdf")
    max_bytes: int = 8 * 1024 * 1024
