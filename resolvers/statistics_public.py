"""The bulletin: what everybody may see of a published report, small counts suppressed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from backend.errors import NotFound
from backend.kit import regions
from backend.statistics.public import release
from backend.statistics.public.release import PublicLine, PublicPart, PublicReport
from resolvers.access import PARENT, PUBLIC
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.fields import field, object_type, query
from resolvers.statistics import PeriodArgument, StatisticsIndicator

PublicDivision = Annotated[
    str, strawberry.argument(description="000000 for the nation, or a province's six digits.")
]


def _part_division(root: strawberry.Parent[PublicPart]) -> regions.Division | None:
    return None if root.division is None else regions.find(root.division)


@object_type(reads=PublicPart, description="One part of a published total.")
class PublishedPart:
    """A part."""

    key: str = field(access=PARENT, description="A division's code, or SEX:1, AGE:80-89, AREA:U …")
    division: Division | None = field(
        access=PARENT, description="The division that it is of.", resolver=_part_division
    )
    value: str | None = field(access=PARENT, description="How much; null where it is suppressed.")


@object_type(reads=PublicLine, description="One indicator of a bulletin.")
class PublishedLine:
    """A line."""

    indicator: StatisticsIndicator = field(access=PARENT, description="What is counted.")
    value: str | None = field(access=PARENT, description="How much; null where it is suppressed.")
    suppressed: bool = field(access=PARENT, description="Whether the total is suppressed.")
    parts: list[PublishedPart] = field(
        access=PARENT, description="By division directly below, and by group.", most=60
    )


def _public_division(root: strawberry.Parent[PublicReport]) -> regions.Division | None:
    return regions.find(root.division)


def _public_period(root: strawberry.Parent[PublicReport]) -> str:
    return root.period.code


@object_type(reads=PublicReport, description="公报: a published report, small counts suppressed.")
class PublishedStatistics:
    """A bulletin."""

    division: Division | None = field(access=PARENT, description="Whose.", resolver=_public_division)
    period: str = field(access=PARENT, description="Of when.", resolver=_public_period)
    published_at: datetime = field(access=PARENT, description="When it was published.")
    lines: list[PublishedLine] = field(access=PARENT, description="Its lines.", most=60)


@query(
    access=PUBLIC,
    description="The bulletin of the nation or a province.",
    returns=PublishedStatistics | None,
    weight=20,
)
async def published_statistics(
    info: Info, period: PeriodArgument, division: PublicDivision = regions.NATION
) -> PublicReport | None:
    """A bulletin."""
    try:
        return await release.published(info.context.viewer, division=division, period=period)
    except NotFound:
        return None


@query(
    access=PUBLIC,
    description="The latest monthly bulletins, at most twelve, the newest first.",
    returns=list[PublishedStatistics],
    weight=50,
)
async def latest_published_statistics(
    info: Info, division: PublicDivision = regions.NATION
) -> Sequence[PublicReport]:
    """Bulletins."""
    return await release.latest(info.context.viewer, division=division, limit=12)


QUERIES = (published_statistics, latest_published_statistics)
