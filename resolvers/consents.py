"""What a citizen consents to: the texts in all their versions, and what was said to them when."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.people.identity import queries
from backend.people.identity.models import ConsentKind
from backend.people.identity.texts import TEXTS, current_text
from backend.people.identity.texts import ConsentText as ConsentTextData
from resolvers.access import PARENT, PUBLIC, SIGNED_IN
from resolvers.context import Info
from resolvers.fields import field, object_type, query
from resolvers.pagination import After, Connection, First, Node, keyset_page, page_size, read_cursor
from resolvers.sessions import citizen_of

strawberry.enum(ConsentKind, description="What needs a consent of its own (单独同意).")


@object_type(reads=queries.ConsentView, description="A consent, as it was given.")
class Consent(Node):
    """One consent to one version of a text."""

    kind: ConsentKind = field(access=PARENT, description="To what.")
    version: str = field(access=PARENT, description="Which version of the text.")
    given_at: datetime = field(access=PARENT, description="When.")
    withdrawn_at: datetime | None = field(
        access=PARENT, description="When it was taken back, or a newer version took its place."
    )
    by_guardian: bool = field(access=PARENT, description="Whether a guardian gave it for a child under 14.")
    child_name: str | None = field(
        access=PARENT, description="For the guardian who gave it: the child, masked."
    )
    current: bool = field(
        access=PARENT,
        description="False when it was withdrawn, or the text has changed since: it no longer counts then.",
    )


def _title(root: strawberry.Parent[ConsentTextData], info: Info) -> str:
    return root.title.of(info.context.language)


def _body(root: strawberry.Parent[ConsentTextData], info: Info) -> str:
    return root.body.of(info.context.language)


def _plain(root: strawberry.Parent[ConsentTextData], info: Info) -> str:
    return root.plain.of(info.context.language)


@object_type(reads=ConsentTextData, description="The text somebody consents to, in the viewer's language.")
class ConsentText:
    """A consent text."""

    kind: ConsentKind = field(access=PARENT, description="To what.")
    version: str = field(access=PARENT, description="To be named when consenting.")
    in_force_from: date = field(
        access=PARENT, description="From this day on a consent to the version before it counts no longer."
    )
    title: str = field(access=PARENT, description="Its title.", resolver=_title)
    text: str = field(
        access=PARENT, description="The whole text; paragraphs end with a line break.", resolver=_body
    )
    plain_text: str = field(
        access=PARENT,
        description="The same in plain words, for elder mode and reading aloud.",
        resolver=_plain,
    )


@query(
    access=PUBLIC,
    description="The text in force for a kind of consent.",
    returns=ConsentText,
    shared_for=60,
)
async def consent_text(
    info: Info,  # noqa: ARG001 - every root field takes it
    kind: Annotated[ConsentKind, strawberry.argument(description="To what.")],
) -> ConsentTextData:
    """The text in force."""
    return current_text(kind)


@query(
    access=PUBLIC,
    description="Every version of a text that there is, the newest first: what somebody agreed to can be read again.",
    returns=list[ConsentText],
    shared_for=60,
)
async def consent_texts(
    info: Info,  # noqa: ARG001 - every root field takes it
    kind: Annotated[ConsentKind, strawberry.argument(description="To what.")],
) -> list[ConsentTextData]:
    """All versions."""
    texts = [text for text in TEXTS if text.kind is kind]
    return sorted(texts, key=lambda text: text.in_force_from, reverse=True)


@query(
    access=SIGNED_IN,
    description="Every consent of the viewer, and those given for a child as its guardian, also those that were"
    " withdrawn; the newest first.",
    returns=Connection[Consent],
)
async def consent_history(
    info: Info, first: First = 20, after: After = None
) -> Connection[queries.ConsentView]:
    """What was agreed to when."""
    place = read_cursor(after, UUID)
    rows = await queries.consents_once(
        citizen_of(info),
        info.context.resources,
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


QUERIES = (consent_text, consent_texts, consent_history)
