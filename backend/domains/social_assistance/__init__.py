"""Social assistance (社会救助): nine items."""

from backend.domains.social_assistance import disability, emergency, extreme_poverty, household, outreach

ITEMS = (*household.ITEMS, *extreme_poverty.ITEMS, *emergency.ITEMS, *outreach.ITEMS, *disability.ITEMS)
