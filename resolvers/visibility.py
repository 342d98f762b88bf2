"""Who may see what: one rule for every object type of the schema, proven by a walk through all of it.

What a viewer gets is decided in one place, the query functions of ``backend``, which all begin with the
viewer; nothing here is asked while serving. The table says what those functions are meant to do.
``tests/house/test_visibility.py`` fails for a type that is not in it, and ``tests/resolvers/test_visibility.py``
asks the whole API as each kind of viewer, with the ids of somebody else, and compares.

A connection, its edges and its page follow the type they hold and are not listed.
"""

from collections.abc import Mapping
from enum import StrEnum


class Sight(StrEnum):
    """Who sees a thing."""

    EVERYBODY = "EVERYBODY"
    """The same for all: the law, the catalogue, the map, texts, refusals."""
    ANSWER = "ANSWER"
    """Made for whoever asks, of what they just did, are or may see; there is no other way to it."""
    OWN = "OWN"
    """The citizen it is about, and nobody else, not even an officer."""
    APPLICANT = "APPLICANT"
    """The applicant of a case and who acts for them, and no officer."""
    CASE = "CASE"
    """The applicant, who acts for them, and once it was handed in the officers in whose division it lies."""
    DIVISION = "DIVISION"
    """Officers of operations whose organ's division holds it."""
    DESK = "DESK"
    """The citizens it is about and the officers in whose division or at whose organ it waits."""
    STAFF = "STAFF"
    """Officers of operations in whose division the officer it is about acts."""
    SUPERVISION = "SUPERVISION"
    """Officers of supervision in whose division it lies; an order also those whom it asks."""
    PROVIDER = "PROVIDER"
    """The third party it belongs to."""
    STATISTICS = "STATISTICS"
    """Officers of statistics in whose division it lies."""
    TEAM = "TEAM"
    """The front-end team it belongs to, and officers of operations."""


RULES: Mapping[str, Sight] = {
    "AnnouncedYear": Sight.EVERYBODY,
    "Announcement": Sight.EVERYBODY,
    "Application": Sight.CASE,
    "ApplicationMaterial": Sight.CASE,
    "AppointmentCalendar": Sight.EVERYBODY,
    "AppointmentDay": Sight.EVERYBODY,
    "AppointmentPlace": Sight.ANSWER,
    "AppointmentSlot": Sight.EVERYBODY,
    "AppointmentVisit": Sight.DESK,
    "Assurance": Sight.ANSWER,
    "BookedAppointment": Sight.APPLICANT,
    "BookingAnswer": Sight.ANSWER,
    "CalledOffDay": Sight.ANSWER,
    "CaseAgent": Sight.CASE,
    "CaseClock": Sight.CASE,
    "CaseEvent": Sight.CASE,
    "CaseExtension": Sight.CASE,
    "CaseFile": Sight.ANSWER,
    "CaseHandover": Sight.DESK,
    "CaseNotice": Sight.DESK,
    "CaseRemedy": Sight.CASE,
    "CatalogueAudit": Sight.ANSWER,
    "CatalogueChanges": Sight.ANSWER,
    "CatalogueFinding": Sight.ANSWER,
    "Certificate": Sight.CASE,
    "CertificateRevocation": Sight.DESK,
    "ChangedDay": Sight.ANSWER,
    "ClaimedTasks": Sight.ANSWER,
    "ClosedAccounts": Sight.ANSWER,
    "Confirmed": Sight.ANSWER,
    "Consent": Sight.OWN,
    "ConsentText": Sight.EVERYBODY,
    "CorrectionNotice": Sight.CASE,
    "DataCorrection": Sight.DESK,
    "DataExport": Sight.ANSWER,
    "DataLook": Sight.OWN,
    "DeadLetter": Sight.DIVISION,
    "DecidedChange": Sight.ANSWER,
    "Decision": Sight.APPLICANT,
    "DeclaredInterests": Sight.ANSWER,
    "Delegation": Sight.DESK,
    "Device": Sight.OWN,
    "Division": Sight.EVERYBODY,
    "DueDate": Sight.CASE,
    "Edition": Sight.DIVISION,
    "EditionChange": Sight.ANSWER,
    "EditionDifference": Sight.ANSWER,
    "EditionDifferences": Sight.ANSWER,
    "EditionFieldChange": Sight.ANSWER,
    "EditionFile": Sight.ANSWER,
    "Evaluation": Sight.DESK,
    "EvaluationLoop": Sight.DESK,
    "EvaluationLoopAct": Sight.DESK,
    "EvaluationOffer": Sight.ANSWER,
    "EvaluationReceived": Sight.ANSWER,
    "EvaluationScore": Sight.EVERYBODY,
    "EvaluationSpan": Sight.EVERYBODY,
    "EvaluationTag": Sight.EVERYBODY,
    "ExchangeRegion": Sight.ANSWER,
    "FaceChallenge": Sight.ANSWER,
    "FeatureSwitch": Sight.DIVISION,
    "Feedback": Sight.DESK,
    "FieldProblem": Sight.EVERYBODY,
    "FormPrefill": Sight.ANSWER,
    "FoundServiceItem": Sight.EVERYBODY,
    "Handover": Sight.EVERYBODY,
    "HandoverEntry": Sight.DESK,
    "HandoverReceipt": Sight.DESK,
    "HomeVisit": Sight.DESK,
    "HouseholdCase": Sight.OWN,
    "HouseholdMember": Sight.DESK,
    "IdentityReview": Sight.DESK,
    "ItemDelegate": Sight.EVERYBODY,
    "ItemMaterial": Sight.EVERYBODY,
    "ItemOrgan": Sight.EVERYBODY,
    "ItemParameter": Sight.EVERYBODY,
    "ItemStep": Sight.EVERYBODY,
    "KeptRecord": Sight.ANSWER,
    "LegalBasis": Sight.EVERYBODY,
    "Me": Sight.OWN,
    "MeansAuthorisationWithdrawn": Sight.ANSWER,
    "MeansCheck": Sight.DESK,
    "MeansChecks": Sight.ANSWER,
    "MeansFinding": Sight.ANSWER,
    "NetworkIdentityRequest": Sight.ANSWER,
    "Notice": Sight.DESK,
    "NoticeDelivery": Sight.DESK,
    "NoticeInbox": Sight.OWN,
    "NoticePreferences": Sight.OWN,
    "NoticeSubscription": Sight.OWN,
    "OfficerAccount": Sight.STAFF,
    "OfficerChange": Sight.STAFF,
    "OpenedClaim": Sight.ANSWER,
    "OpenedDataCorrection": Sight.ANSWER,
    "OpenedDelegation": Sight.ANSWER,
    "OpenedFile": Sight.ANSWER,
    "OpenedHomeVisit": Sight.ANSWER,
    "OpenedPaper": Sight.ANSWER,
    "OpenedWindowCase": Sight.ANSWER,
    "OpeningHours": Sight.EVERYBODY,
    "OperationsFigure": Sight.ANSWER,
    "OperationsPart": Sight.ANSWER,
    "Organisation": Sight.EVERYBODY,
    "OrganisationLicence": Sight.EVERYBODY,
    "OrganisationStaff": Sight.PROVIDER,
    "OrganisationToken": Sight.ANSWER,
    "OtherParty": Sight.CASE,
    "PartyCase": Sight.OWN,
    "PartyInvitation": Sight.ANSWER,
    "PartyLeft": Sight.ANSWER,
    "Person": Sight.OWN,
    "PilotProgress": Sight.ANSWER,
    "PilotRegion": Sight.EVERYBODY,
    "PilotStep": Sight.ANSWER,
    "PlaceListing": Sight.EVERYBODY,
    "PlaceOffering": Sight.EVERYBODY,
    "PlaceVersion": Sight.PROVIDER,
    "PlatformFaceCheck": Sight.ANSWER,
    "PreCheck": Sight.ANSWER,
    "PreCheckQuestion": Sight.EVERYBODY,
    "Problem": Sight.EVERYBODY,
    "ProviderDone": Sight.ANSWER,
    "ProviderReview": Sight.DESK,
    "PublishedLine": Sight.EVERYBODY,
    "PublishedPart": Sight.EVERYBODY,
    "PublishedStatistics": Sight.EVERYBODY,
    "PutOnRecord": Sight.ANSWER,
    "Reconciliation": Sight.ANSWER,
    "ReconciliationDifference": Sight.ANSWER,
    "Redelivered": Sight.ANSWER,
    "RegionHallSlot": Sight.ANSWER,
    "RegionHalls": Sight.ANSWER,
    "RegionProgress": Sight.ANSWER,
    "RegionProgressStep": Sight.ANSWER,
    "RegisteredDocument": Sight.TEAM,
    "RegisteredDocuments": Sight.ANSWER,
    "RetentionPeriod": Sight.EVERYBODY,
    "RevealedPerson": Sight.ANSWER,
    "ReviewTask": Sight.DESK,
    "RuleFinding": Sight.EVERYBODY,
    "ScannedMaterial": Sight.ANSWER,
    "SecondFactor": Sight.ANSWER,
    "ServiceEvent": Sight.OWN,
    "ServiceItem": Sight.EVERYBODY,
    "ServiceTopic": Sight.EVERYBODY,
    "ServiceTopics": Sight.EVERYBODY,
    "SharedFact": Sight.ANSWER,
    "SharedFacts": Sight.ANSWER,
    "SignedIn": Sight.ANSWER,
    "SignedOut": Sight.ANSWER,
    "SmsCode": Sight.ANSWER,
    "SocialPlace": Sight.EVERYBODY,
    "StaffInvitation": Sight.ANSWER,
    "StatisticsAdjustment": Sight.STATISTICS,
    "StatisticsCase": Sight.ANSWER,
    "StatisticsCaseFigure": Sight.ANSWER,
    "StatisticsComparison": Sight.ANSWER,
    "StatisticsDifference": Sight.ANSWER,
    "StatisticsDifferingCase": Sight.ANSWER,
    "StatisticsFinding": Sight.STATISTICS,
    "StatisticsImport": Sight.STATISTICS,
    "StatisticsIndicator": Sight.EVERYBODY,
    "StatisticsLine": Sight.ANSWER,
    "StatisticsLineage": Sight.ANSWER,
    "StatisticsPart": Sight.ANSWER,
    "StatisticsReport": Sight.STATISTICS,
    "StatisticsReportEntry": Sight.STATISTICS,
    "StepUp": Sight.EVERYBODY,
    "SupervisedCase": Sight.SUPERVISION,
    "SupervisedStep": Sight.SUPERVISION,
    "SupervisionBoardRow": Sight.SUPERVISION,
    "SupervisionFinding": Sight.SUPERVISION,
    "SupervisionOrder": Sight.SUPERVISION,
    "SupervisionRule": Sight.EVERYBODY,
    "TouchedField": Sight.TEAM,
    "UrgentHelp": Sight.CASE,
    "UrgentPath": Sight.EVERYBODY,
    "VerifiedFact": Sight.ANSWER,
    "VideoCall": Sight.ANSWER,
    "VideoDesk": Sight.ANSWER,
    "VideoEntrance": Sight.ANSWER,
    "VideoSlot": Sight.EVERYBODY,
    "VideoTicket": Sight.DESK,
    "WayToProve": Sight.ANSWER,
    "WindowCase": Sight.DESK,
    "WindowCode": Sight.ANSWER,
    "WindowVisitor": Sight.DESK,
}
"""By the name of the type, in the order of the alphabet. Whoever adds a type adds its line."""
