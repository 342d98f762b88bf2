"""Files of editions at the officers' counter: brought in, compared, taken out, and how far one is."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import strawberry

from backend.casework.catalogue import desk
from backend.casework.catalogue.desk import ExportedFile
from backend.casework.catalogue.differences import Difference, DifferenceKind, Differences
from backend.casework.catalogue.reports import PublishReport
from backend.casework.catalogue.transfer import FileFormat
from resolvers.access import PARENT
from resolvers.context import Info
from resolvers.editions import KEEPER, PREVIEW, CatalogueChanges, EditionFieldChange
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.scalars import Upload

strawberry.enum(FileFormat, description="What a file of editions may be.")
strawberry.enum(DifferenceKind, description="What a file says of an edition, compared with the catalogue.")


# --- in -------------------------------------------------------------------------------------------------


@input_type(description="A file of editions.")
class ImportEditionsInput(MutationInput):
    """Input of ``importEditions``."""

    file: Upload = input_field(
        description="A .json or .xlsx file of at most 8 MiB, as `exportEditions` gives it."
    )
    preview: bool = input_field(description=PREVIEW, default=False)


@mutation(
    access=KEEPER,
    description="Publish the editions of a file, all or none. Every wrong row is named by its number.",
    returns=CatalogueChanges,
    weight=500,
)
async def import_editions(info: Info, input: ImportEditionsInput) -> PublishReport:  # noqa: A002 - GraphQL's name
    """A file."""
    return await desk.import_for(
        officer_of(info),
        info.context.work,
        name=input.file.file_name,
        content=input.file.content,
        dry_run=input.preview,
        idempotency_key=input.idempotency_key,
    )


@query(
    access=KEEPER,
    description="How many rows of a running import or preview of the officer's own were read so far; null where"
    " none is known. Told about once a second, and for ten minutes.",
)
async def import_progress(
    info: Info,
    idempotency_key: Annotated[str, strawberry.argument(description="The key with which it was sent.")],
) -> int | None:
    """How far it is."""
    return await desk.progress_for(officer_of(info), info.context.work, idempotency_key)


# --- compared -------------------------------------------------------------------------------------------


@object_type(reads=Difference, description="One edition that differs between a file and the catalogue.")
class EditionDifference:
    """One edition."""

    kind: DifferenceKind = field(
        access=PARENT, description="Only in the file, in both but different, or only in the catalogue."
    )
    item_code: str = field(access=PARENT, description="基本编码 under which the item is declared.")
    division: str = field(access=PARENT, description="Code of the division.")
    in_force_from: date = field(access=PARENT, description="First day.")
    fields: list[EditionFieldChange] = field(
        access=PARENT, description="What differs: `before` is the catalogue, `after` the file."
    )


def _added(root: strawberry.Parent[Differences]) -> int:
    return root.counts[DifferenceKind.ADDED]


def _changed(root: strawberry.Parent[Differences]) -> int:
    return root.counts[DifferenceKind.CHANGED]


def _missing(root: strawberry.Parent[Differences]) -> int:
    return root.counts[DifferenceKind.MISSING]


def _differing(root: strawberry.Parent[Differences]) -> Sequence[Difference]:
    return root.told


@object_type(reads=Differences, description="A file of editions compared with the catalogue.")
class EditionDifferences:
    """Counts, and the first differences one by one."""

    added: int = field(access=PARENT, description="Editions only the file has.", resolver=_added)
    changed: int = field(access=PARENT, description="Editions that say something else.", resolver=_changed)
    missing: int = field(
        access=PARENT,
        description="Editions of the file's items and divisions that only the catalogue has.",
        resolver=_missing,
    )
    differences: list[EditionDifference] = field(
        access=PARENT, description="The first 200.", resolver=_differing
    )


@input_type(description="A file of editions to compare.")
class DiffEditionsInput(MutationInput):
    """Input of ``diffEditions``."""

    file: Upload = input_field(description="A .json or .xlsx file of at most 8 MiB.")


@mutation(
    access=KEEPER,
    description="Compare a file with the catalogue of today and later, in the divisions and items of which it speaks."
    " Changes nothing.",
    returns=EditionDifferences,
    weight=500,
)
async def diff_editions(info: Info, input: DiffEditionsInput) -> Differences:  # noqa: A002 - GraphQL's name
    """A file."""
    return await desk.diff_for(
        officer_of(info), info.context.work, name=input.file.file_name, content=input.file.content
    )


# --- out ------------------------------------------------------------------------------------------------


def _content(root: strawberry.Parent[ExportedFile]) -> str:
    return b64encode(root.content).decode()


@object_type(reads=ExportedFile, description="A file of editions.")
class EditionFile:
    """One file."""

    name: str = field(access=PARENT, description="A name for it.")
    media_type: str = field(access=PARENT, description="Its media type.")
    content: str = field(access=PARENT, description="Its bytes, base64.", resolver=_content)
    editions: int = field(access=PARENT, description="How many editions it holds.")


@input_type(description="Which editions, and as what.")
class ExportEditionsInput(MutationInput):
    """Input of ``exportEditions``."""

    division: str = input_field(description="This division and everything in it.")
    items: list[str] | None = input_field(description="Only these 基本编码; none for all.", default=None)
    format: FileFormat = input_field(description="As what.", default=FileFormat.XLSX)


@mutation(
    access=KEEPER,
    description="The editions that count today or later, as a file that `importEditions` takes back unchanged.",
    returns=EditionFile,
    weight=500,
)
async def export_editions(info: Info, input: ExportEditionsInput) -> ExportedFile:  # noqa: A002 - GraphQL's name
    """A file."""
    return await desk.export_for(
        officer_of(info),
        info.context.work,
        division=input.division,
        items=input.items or (),
        form=input.format,
    )


QUERIES: Sequence[Any] = (import_progress,)
MUTATIONS: Sequence[Any] = (import_editions, diff_editions, export_editions)
