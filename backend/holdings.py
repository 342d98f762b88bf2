"""What the whole house keeps of a person, area by area, and which tables hold nothing that is theirs to be told.

A test compares both lists with the tables: whoever adds one says here whose it is.
"""

from collections.abc import Mapping

from backend.casework.own_data import HOLDINGS as OF_CASEWORK
from backend.casework.retention import RETENTIONS as PERIODS_OF_CASEWORK
from backend.exchange.sharing import HOLDINGS as OF_EXCHANGE
from backend.operations.own_data import HOLDINGS as OF_OPERATIONS
from backend.people.privacy.holdings import HOLDINGS as OF_PEOPLE
from backend.people.privacy.retention import RETENTIONS as PERIODS_OF_PEOPLE
from backend.providers.orders.retention import RETENTIONS as PERIODS_OF_ORDERS
from backend.providers.own_data import HOLDINGS as OF_PROVIDERS

HOLDINGS = (*OF_PEOPLE, *OF_PROVIDERS, *OF_EXCHANGE, *OF_OPERATIONS, *OF_CASEWORK)
RETENTIONS = (*PERIODS_OF_PEOPLE, *PERIODS_OF_ORDERS, *PERIODS_OF_CASEWORK)
"""How long it is kept; in this order, as what points to something goes before it."""

NOT_TOLD: Mapping[str, str] = {
    "announced_year": "the calendar",
    "announcement": "told to everybody",
    "api_client": "of third parties",
    "api_client_secret": "of third parties",
    "api_use": "of third parties: sums",
    "appointment_calendar": "an organ's timetable",
    "appointment_calendar_item": "an organ's timetable",
    "appointment_day": "an organ's timetable",
    "appointment_party": "a guard of the database: ids and blind indexes of rows that are told",
    "appointment_place": "an organ's timetable",
    "appointment_slot": "an organ's timetable",
    "audit_batch": "digests of entries that are told",
    "base_code": "the catalogue",
    "breaker": "whether a province's platform answers",
    "case_objection": "what somebody else said; its outcome is in the timeline",
    "case_sample": "which decided cases another officer looks at again",
    "catalogue_batch": "the catalogue",
    "catalogue_version": "the catalogue",
    "certificate_revocation": "between two officers; its outcome is told with the document",
    "delivery": "how a case travels; what it came to is in the timeline",
    "edition": "the catalogue",
    "evaluation_act": "between organs, while a bad evaluation is followed",
    "evaluation_count": "sums",
    "evaluation_loop": "between organs, while a bad evaluation is followed",
    "evaluation_publication": "sums",
    "evaluation_score": "sums",
    "exchange_hop": "how a case travels: digests and signatures of what was sent",
    "exchange_key": "keys of regions",
    "feature_switch": "what is turned off where",
    "flow_back": "between regions; what it came to is in the timeline",
    "flow_back_batch": "between regions: the cases that are told",
    "front_end_document": "of front-end teams",
    "front_end_document_use": "of front-end teams",
    "front_end_team": "of front-end teams",
    "handover": "between organs; what it came to is in the timeline",
    "handover_entry": "between organs; what it came to is in the timeline",
    "idempotency_record": "digests of requests, for thirty days",
    "imported_case": "cases of old systems, without anything that names anybody",
    "inbound_event": "what provinces said; what it came to is in the timeline and the decision",
    "number_series": "counters",
    "officer": "of officers",
    "officer_change": "of officers",
    "officer_interest": "of officers",
    "organ": "public bodies",
    "organisation": "of third parties",
    "organisation_paper": "of third parties",
    "pilot_step": "phases of pilot regions",
    "place": "of third parties",
    "place_version": "of third parties",
    "practice_window": "when regions practise",
    "provider_review": "of third parties",
    "provider_token": "of third parties",
    "reconciliation": "sums of days",
    "review_act": "what officers wrote for each other while they decided (政府信息公开条例 Art. 16)",
    "review_task": "the organ's way of working (政府信息公开条例 Art. 16); the steps are in the timeline",
    "statistics_adjustment": "sums",
    "statistics_fact": "how a case counts; the case is told",
    "statistics_figure": "sums",
    "statistics_import": "batches of old systems",
    "statistics_report": "sums",
    "statistics_report_entry": "what officers did with sums",
    "service_order_event": "how an order moved; what it came to is told with the order",
    "subsidy_use": "what an order drew on a case; the sum is told with the order",
    "supervised_case": "how an organ is measured",
    "supervised_step": "how an organ is measured",
    "supervision_change": "how an organ is measured",
    "supervision_count": "how an organ is measured",
    "supervision_finding": "how an organ is measured",
    "supervision_order": "between organs",
    "unclaimed_file": "names of files that are about to go",
    "video_desk": "public bodies",
    "webhook": "of third parties",
    "webhook_delivery": "of third parties: ids and states of what is told",
    "webhook_secret": "of third parties",
}
"""Tables without a part in the file, and why."""
