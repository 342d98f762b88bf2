"""The six domains of civil affairs: data plus judgement. ``DOMAINS`` is the only list."""

from backend.casework.catalogue.standards import Standards
from backend.domains import children, elderly_care, social_assistance

DOMAINS = (elderly_care, children, social_assistance)


def standards() -> Standards:
    """Every item of every domain, checked. Raises ``UnsoundDefinition``."""
    return Standards.of(item for domain in DOMAINS for item in domain.ITEMS)
