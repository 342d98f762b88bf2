"""Reading the catalogue: what applies where. The composed items come from the process's own ``Catalogue``."""

from collections.abc import Sequence

from backend.casework.catalogue.compose import OfferedItem
from backend.casework.catalogue.current import Catalogue
from backend.viewer import Actor, Viewer


async def offered_item(
    _viewer: Viewer | Actor, catalogue: Catalogue, *, code: str, division: str
) -> OfferedItem:
    """The item ``code`` as it applies in ``division`` today.

    Raises ``NotFound`` with UNKNOWN_ITEM or UNKNOWN_DIVISION, or WRONG_DIVISION when no level names an organ.
    """
    return await catalogue.offered(code, division)


async def offered_items(
    _viewer: Viewer, catalogue: Catalogue, *, division: str, after: str | None, limit: int
) -> Sequence[OfferedItem]:
    """Items offered in ``division`` by ascending base code, after ``after``: ``limit`` at most."""
    offered = await catalogue.all_offered(division)
    following = (one for one in offered.values() if after is None or one.base_code > after)
    return sorted(following, key=lambda one: one.base_code)[:limit]
