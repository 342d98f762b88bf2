"""What the schema says about the price and the sharing of its fields, for front ends to read.

``@cost`` and ``@listSize`` are those of the GraphQL Cost Directives specification; ``@cacheControl``
is the one that gateways and clients know from Apollo. ``resolvers.execution.limits`` counts with them.
"""

import strawberry
from strawberry import UNSET
from strawberry.schema_directive import Location

DEFAULT_WEIGHT = 1
MUTATION_WEIGHT = 10
"""A write takes a transaction, an entry in the audit and its announcements."""
ASSUMED_SIZE = 10
"""Entries of a list that says nothing else about itself."""
LARGEST_PAGE = 50
"""The most that ``first`` and ``last`` may ask for."""
SLICING = ("first", "last")
"""Arguments that say how many entries a list answers."""
SIZED = "edges"
"""The field of a connection to which the connection's size applies."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What the field itself weighs; 1 where it is not said. What is selected below it is added.",
)
class Cost:
    """The weight of a field."""

    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many entries are reckoned with: what a slicing argument says, else `assumedSize`. What is"
    " selected below counts so many times; on a connection, what is selected below `sizedFields`.",
)
class ListSize:
    """The size of a list."""

    assumed_size: int
    slicing_arguments: list[str] | None = UNSET
    sized_fields: list[str] | None = UNSET
    require_one_slicing_argument: bool | None = UNSET


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cacheControl",
    description="For how many seconds the answer may be shared: it depends on arguments and language, never on"
    " who asks.",
)
class CacheControl:
    """How long an answer is good for everybody."""

    max_age: int


DIRECTIVES = (Cost, ListSize, CacheControl)
