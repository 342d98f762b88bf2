"""Marriage (婚姻登记): six items."""

from backend.domains.marriage import archive, divorce, registration

ITEMS = (*registration.ITEMS, *divorce.ITEMS, *archive.ITEMS)
