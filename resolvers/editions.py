"""Regions' editions at the officers' counter: see them, publish them one by one or as a file, take them out."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from backend.casework.catalogue import desk
from backend.casework.catalogue.auditing import AuditReport, Finding, FindingKind
from backend.casework.catalogue.desk import EditionView
from backend.casework.catalogue.drafts import LOCAL_FIELDS
from backend.casework.catalogue.reports import Change, FieldChange, PublishReport
from backend.casework.catalogue.transfer import FileFormat
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.divisions import Division, DivisionCode
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import After, Connection, First, Node, keyset_page, page_size, read_cursor
from resolvers.scalars import Json

KEEPER = officer(OfficerRole.OPERATIONS)

strawberry.enum(FileFormat, description="What a file of editions may be.")
strawberry.enum(FindingKind, description="What needs somebody's eye.")


# --- editions -------------------------------------------------------------------------------------------


def _item_name(root: strawberry.Parent[EditionView], info: Info) -> str:
    return root.item_name.of(info.context.language)


def _parameters(root: strawberry.Parent[EditionView]) -> Json:
    return Json(dict(root.parameters))


def _said(root: strawberry.Parent[EditionView]) -> Json:
    return Json(dict(root.said))


@object_type(reads=EditionView, description="实施清单: one version of what a division says about an item.")
class Edition(Node):
    """One version."""

    item_code: str = field(access=PARENT, description="基本编码 under which the item is declared.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    division: Division = field(access=PARENT, description="Whose edition it is.")
    version: int = field(access=PARENT, description="Counts up from 1; a version is never changed.")
    in_force_from: date = field(access=PARENT, description="First day.")
    in_force_until: date | None = field(access=PARENT, description="Last day; none: open end.")
    parameters: Json = field(
        access=PARENT, description="Figures it sets, by name; amounts in fen.", resolver=_parameters
    )
    promised_days: int | None = field(
        access=PARENT, description="承诺办结时限; none: as the level above says."
    )
    said: Json = field(
        access=PARENT,
        description="The other local fields that say something, by their names in `PublishEditionInput`"
        " (snake case); what is missing is as the level above says.",
        resolver=_said,
    )
    published_at: datetime = field(access=PARENT, description="When it was published.")
    published_by: str = field(access=PARENT, description="By whom: a typed id, never a name.")


@query(
    access=KEEPER,
    description="A division's editions with all their versions, by descending item and version; within the"
    " officer's own division.",
    returns=Connection[Edition],
)
async def editions(
    info: Info,
    division: DivisionCode,
    code: Annotated[str | None, strawberry.argument(description="Only this item, by its 基本编码.")] = None,
    first: First = 20,
    after: After = None,
) -> Connection[EditionView]:
    """A page of versions."""
    place = read_cursor(after, str, int)
    rows = await desk.editions_of(
        officer_of(info),
        info.context.work,
        division=division,
        item_code=code,
        before=(place[0], place[1]) if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.item_code, row.version))


# --- publishing -----------------------------------------------------------------------------------------


def _place(root: strawberry.Parent[Change]) -> str:
    return str(root.place)


def _field_name(root: strawberry.Parent[FieldChange]) -> str:
    return root.field


def _before(root: strawberry.Parent[FieldChange]) -> Json:
    return Json(root.before)


def _after(root: strawberry.Parent[FieldChange]) -> Json:
    return Json(root.after)


@object_type(reads=FieldChange, description="One field that says something else than before.")
class EditionFieldChange:
    """One field."""

    name: str = field(access=PARENT, description="The field.", resolver=_field_name)
    before: Json | None = field(access=PARENT, description="What it said.", resolver=_before)
    after: Json | None = field(access=PARENT, description="What it says.", resolver=_after)


@object_type(
    reads=Change, description="An edition that is new, or differs from the one of the same first day."
)
class EditionChange:
    """One edition."""

    row: str = field(access=PARENT, description="Row of the file, with its sheet.", resolver=_place)
    item_code: str = field(access=PARENT, description="基本编码 under which the item is declared.")
    division: str = field(access=PARENT, description="Code of the division.")
    fields: list[EditionFieldChange] = field(
        access=PARENT, description="What differs; empty for a new edition."
    )


@object_type(reads=PublishReport, description="What publishing came to, or would come to.")
class CatalogueChanges:
    """Counts, and the first changes one by one."""

    rows: int = field(access=PARENT, description="How many rows there were.")
    added: int = field(access=PARENT, description="New editions.")
    changed: int = field(access=PARENT, description="Editions that became a new version.")
    unchanged: int = field(access=PARENT, description="Rows that say what was said already.")
    changes: list[EditionChange] = field(
        access=PARENT, description="The first 200; none where an earlier request is answered again."
    )


PREVIEW = "Tell what would change and change nothing."


@input_type(
    description="What a division says about an item. Only what the standard leaves to the regions; what is left"
    " out is as the level above says."
)
class PublishEditionInput(MutationInput):
    """Input of ``publishEdition``."""

    item: str = input_field(description="基本编码.")
    division: str = input_field(description="Whose edition it is, six digits.")
    in_force_from: date = input_field(description="First day.")
    in_force_until: date | None = input_field(description="Last day; none: open end.", default=None)
    parameters: Json | None = input_field(description="Figures by name; amounts in fen.", default=None)
    promised_days: int | None = input_field(description="承诺办结时限; may only be shorter.", default=None)
    organ_credit_code: str = input_field(description="实施主体统一社会信用代码.", default="")
    organ_name: str = input_field(description="实施主体名称.", default="")
    organ_level: str = input_field(description="行使层级, as the division's.", default="")
    organ_nature: str = input_field(description="实施主体性质, 1 to 3.", default="")
    power_source: str = input_field(description="权力来源, 1 to 6.", default="")
    delegate_credit_code: str = input_field(description="受委托组织统一社会信用代码.", default="")
    delegate_name: str = input_field(description="受委托组织名称.", default="")
    delegate_level: str = input_field(description="受委托组织层级.", default="")
    local_catalog_code: str = input_field(description="地方基本编码.", default="")
    local_task_code: str = input_field(description="地方实施编码.", default="")
    hall_zh: str = input_field(description="办理地点.", default="")
    hall_en: str = input_field(description="办理地点 in English.", default="")
    hours_zh: str = input_field(description="办理时间.", default="")
    hours_en: str = input_field(description="办理时间 in English.", default="")
    enquiries: str = input_field(description="咨询方式.", default="")
    complaints: str = input_field(description="监督投诉方式.", default="")
    guidance_zh: str = input_field(description="补充说明.", default="")
    guidance_en: str = input_field(description="补充说明 in English.", default="")
    preview: bool = input_field(description=PREVIEW, default=False)


def _row(given: PublishEditionInput) -> Mapping[str, Any]:
    """The input as a row of a file would say it, so that there is one way in."""
    said = {local.name: getattr(given, local.name) for local in LOCAL_FIELDS}
    return {
        "item": given.item,
        "division": given.division,
        "parameters": given.parameters,
        **{name: value for name, value in said.items() if value not in {None, ""}},
    }


@mutation(
    access=KEEPER,
    description="Publish the next version of an edition: what the standard leaves to the regions, within the"
    " officer's own division. Departures from the standard are named one by one.",
    returns=CatalogueChanges,
)
async def publish_edition(info: Info, input: PublishEditionInput) -> PublishReport:  # noqa: A002 - GraphQL's name
    """One edition."""
    return await desk.publish_for(
        officer_of(info),
        info.context.work,
        _row(input),
        dry_run=input.preview,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="An official base code for an item.")
class OfficialBaseCode:
    """One line."""

    item: str = input_field(description="The item, by any base code that it has or had.")
    official: str = input_field(description="官方基本编码, 12 digits.")
    source: str = input_field(description="The list that gives it.")


@input_type(description="Official base codes.")
class GiveBaseCodesInput(MutationInput):
    """Input of ``giveBaseCodes``."""

    codes: list[OfficialBaseCode] = input_field(description="At most 500.")
    preview: bool = input_field(description=PREVIEW, default=False)


@mutation(
    access=KEEPER,
    description="Give items their official base codes, all or none; for officers of the ministry. Earlier codes"
    " still find the items, and cases keep what they began with.",
    returns=CatalogueChanges,
)
async def give_base_codes(info: Info, input: GiveBaseCodesInput) -> PublishReport:  # noqa: A002 - GraphQL's name
    """Some codes."""
    return await desk.give_codes_for(
        officer_of(info),
        info.context.work,
        [{"item": one.item, "official": one.official, "source": one.source} for one in input.codes],
        dry_run=input.preview,
        idempotency_key=input.idempotency_key,
    )


# --- audit ----------------------------------------------------------------------------------------------


@object_type(reads=Finding, description="One thing in the catalogue that needs somebody's eye.")
class CatalogueFinding:
    """One finding."""

    kind: FindingKind = field(access=PARENT, description="What was found.")
    item_code: str = field(access=PARENT, description="基本编码 under which the item is declared.")
    item_name: str = field(access=PARENT, description="Name of the item, in Chinese.")
    subject: str = field(access=PARENT, description="The figure, rule, basis, code or division it is about.")
    detail: str = field(access=PARENT, description="More about it; may be empty.")


@object_type(reads=AuditReport, description="What in the catalogue still needs somebody's eye.")
class CatalogueAudit:
    """The audit."""

    findings: list[CatalogueFinding] = field(
        access=PARENT, description="Of the standards all; of editions the first 200 that depart."
    )
    editions: int = field(
        access=PARENT, description="Editions looked through, within the officer's division."
    )
    not_conforming: int = field(access=PARENT, description="How many of them depart from today's standard.")


@query(
    access=KEEPER,
    description="Figures and bases that nobody has verified, base codes assigned here, and editions that no"
    " longer conform.",
    returns=CatalogueAudit,
)
async def catalogue_audit(info: Info) -> AuditReport:
    """The audit within the officer's division."""
    return await desk.audit_for(officer_of(info), info.context.work)


QUERIES: Sequence[Any] = (editions, catalogue_audit)
MUTATIONS: Sequence[Any] = (publish_edition, give_base_codes)
