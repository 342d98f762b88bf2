"""The six domains of civil affairs: data plus judgement. ``DOMAINS`` is the only list."""

from backend.casework.catalogue.standards import Standards
from backend.domains import elderly_care

DOMAINS = (elderly_care,)


def standards() -> Standards:
    """Every item of every domain, checked. Raises ``UnsoundDefinition``."""
    return Standards.of(item for domain in DOMAINS for item in domain.ITEMS)
