"""The vocabulary in which a domain declares its service items.

A declaration is frozen, typed and checked when the catalogue is built: an item that breaks the law
as we know it cannot be built at all (``UnsoundDefinition``). One module per subject:

==============  =================================================================================
basis           where a rule comes from and how well it is founded
words           the fixed words of the standard with their official codes
eligibility     facts, regional figures, conditions, and what they come to
questions       forms
held            facts that the state holds and no form may ask for
materials       what is asked for, who issues it, how it may come
course          steps, limits, the way across provinces
items           the service item itself
soundness, law  what makes a definition unsound, and what the law forbids it
==============  =================================================================================
"""

from backend.casework.definitions.basis import Basis, Standing, UnsoundDefinition
from backend.casework.definitions.course import (
    HandoverLimits,
    Level,
    Limit,
    Limits,
    LimitUnit,
    Step,
    StepKind,
    UrgentPath,
)
from backend.casework.definitions.eligibility import (
    Facts,
    Judgement,
    Parameter,
    Parameters,
    Rule,
    RuleFinding,
    Scalar,
    When,
    age_on,
    overall,
    yuan,
)
from backend.casework.definitions.held import HELD_FACTS, HeldFact
from backend.casework.definitions.items import Guide, Result, ServiceItem
from backend.casework.definitions.materials import (
    ANY_PAPER,
    STATE_HELD,
    UNDERTAKING_OR_PAPER,
    Issuer,
    LicenceKind,
    Material,
    MaterialSource,
    needed,
)
from backend.casework.definitions.questions import Choice, Field, FieldKind, Form, Known, Section
from backend.casework.definitions.words import (
    DOMAIN_NAMES,
    LIFE_EVENT_NAMES,
    UNIT_NAMES,
    Appointment,
    Audience,
    CaseType,
    Domain,
    HandlingModel,
    LegalEffect,
    LifeEvent,
    OnlineDepth,
    ProofWay,
    Representative,
    ResultKind,
    TaskType,
    Unit,
)

__all__ = [
    "ANY_PAPER",
    "DOMAIN_NAMES",
    "HELD_FACTS",
    "LIFE_EVENT_NAMES",
    "STATE_HELD",
    "UNDERTAKING_OR_PAPER",
    "UNIT_NAMES",
    "Appointment",
    "Audience",
    "Basis",
    "CaseType",
    "Choice",
    "Domain",
    "Facts",
    "Field",
    "FieldKind",
    "Form",
    "Guide",
    "HandlingModel",
    "HandoverLimits",
    "HeldFact",
    "Issuer",
    "Judgement",
    "Known",
    "LegalEffect",
    "Level",
    "LicenceKind",
    "LifeEvent",
    "Limit",
    "LimitUnit",
    "Limits",
    "Material",
    "MaterialSource",
    "OnlineDepth",
    "Parameter",
    "Parameters",
    "ProofWay",
    "Representative",
    "Result",
    "ResultKind",
    "Rule",
    "RuleFinding",
    "Scalar",
    "Section",
    "ServiceItem",
    "Standing",
    "Step",
    "StepKind",
    "TaskType",
    "Unit",
    "UnsoundDefinition",
    "UrgentPath",
    "When",
    "age_on",
    "needed",
    "overall",
    "yuan",
]
