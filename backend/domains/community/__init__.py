"""Community (社区治理与服务): six items."""

from backend.domains.community import proof, residents, together

ITEMS = (*residents.ITEMS, *proof.ITEMS, *together.ITEMS)
