"""Children (儿童福利): nine items."""

from backend.domains.children import adoption, allowances, care, grants

ITEMS = (*allowances.ITEMS, *care.ITEMS, *adoption.ITEMS, *grants.ITEMS)
