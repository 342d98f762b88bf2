"""Children (儿童福利): nine items."""

from backend.domains.children import adoption, allowances, care, grants, left_behind

ITEMS = (*allowances.ITEMS, *care.ITEMS, *left_behind.ITEMS, *adoption.ITEMS, *grants.ITEMS)
