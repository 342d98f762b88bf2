"""The six domains of civil affairs: data plus judgement. ``DOMAINS`` is the only list."""

from backend.casework.catalogue.standards import Standards
from backend.domains import children, community, elderly_care, funeral, marriage, social_assistance

DOMAINS = (elderly_care, children, community, social_assistance, marriage, funeral)


def standards() -> Standards:
    """Every item of every domain, checked. Raises ``UnsoundDefinition``."""
    return Standards.of(item for domain in DOMAINS for item in domain.ITEMS)
