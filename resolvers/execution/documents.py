"""What may be said to the schema: trusted documents by id, and free documents within limits.

Outside of development citizens and visitors speak in trusted documents only; officers, and teams with
the right to, speak freely. Parsing and validating happen once per document. An id is the SHA-256 of the
document's text (UTF-8). ``graphql/operations.json`` maps the ids of our own operations to their files;
those of front-end teams are in a registry, which is asked when an id is not one of our own.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import inf
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import orjson
import strawberry
import structlog
from graphql import (
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from backend.errors import BadSettings
from backend.frontends.actions import Draft
from backend.frontends.queries import Registered
from backend.kit.bearer import digest_of
from backend.viewer import Officer, Provider, Team, TeamRight, Viewer
from resolvers.execution.gate import Asked
from resolvers.execution.limits import Limits, Measured, Prices
from resolvers.execution.port import Document, DocumentRefused, Operation, refused
from resolvers.execution.remembered import Remembered
from resolvers.execution.sharing import shared_seconds, touched
from resolvers.problems import ProtocolCode, protocol_error

log = structlog.get_logger()

FREE_CHARACTERS = 100_000
TRUSTED_CHARACTERS = 1_000_000
"""Of documents that are kept ready; a character takes up to 120 bytes, half of that without its place."""
KNOWN_IDS = 2000
TRUSTED_FOR = 60.0
"""Seconds after which the registry is asked again for a document, should its news not have arrived."""
UNKNOWN_FOR = 2.0
"""Seconds for which an id stays unknown."""
INDEX = "operations.json"

_ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_NUL = re.compile(r"\x00|\\u(?:0000|\{0+\})")
"""PostgreSQL's text cannot hold U+0000, so no document may bring one in."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a document is answered."""

    trusted: bool = False
    """Whether it was registered."""
    client: str | None = None
    """Whose budget it is charged to besides the viewer's: the team that registered it."""
    deprecated_at: datetime | None = None
    sunset_on: date | None = None


class Registry(Protocol):
    """Where the documents of front-end teams are."""

    async def find(self, digest: str) -> Registered | None:
        """The usable document of this id."""
        ...

    def used(self, digest: str) -> None:
        """Count one use."""
        ...

    def on_change(self, forget: Callable[[str], None]) -> None:
        """Call ``forget`` with the id of a document that has changed; with an empty one for any of them."""
        ...


_FREE = Terms()
_HOUSE = Terms(trusted=True)


class Documents:
    """The documents of one schema. In development everybody speaks freely and may introspect."""

    def __init__(
        self,
        schema: strawberry.Schema,
        trusted: Mapping[str, str],
        *,
        development: bool,
        limits: Limits | None = None,
        registry: Registry | None = None,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry has no public way to graphql-core's schema
        self._development = development
        self._limits = limits or Limits()
        self._registry = registry
        self._prices = Prices(self._schema)
        self._rules = (
            *specified_rules,
            MaybeNullValidationRule,
            OneOfInputValidationRule,
            *(() if development else (NoSchemaIntrospectionCustomRule,)),
        )
        self._measured: WeakKeyDictionary[Document, Measured] = WeakKeyDictionary()
        self._shared_for: WeakKeyDictionary[Document, Mapping[str, int | None]] = WeakKeyDictionary()
        self._terms: WeakKeyDictionary[Document, Terms] = WeakKeyDictionary()
        self._prepare = Remembered(self._prepare_now, most=FREE_CHARACTERS)
        self._prepare_registered = Remembered(self._prepare_trusted, most=TRUSTED_CHARACTERS)
        self._changes = 0
        self._looked_up: OrderedDict[str, tuple[float, Registered | None]] = OrderedDict()
        self._trusted = {name: self._checked(name, text) for name, text in trusted.items()}
        if registry is not None:
            registry.on_change(self.forget)

    async def operation(self, asked: Asked, viewer: Viewer) -> Operation:
        """The operation that is asked for. Raises ``RequestRefused``."""
        free = self._development or speaks_freely(viewer)
        if asked.document_id is not None:
            document = await self._find(asked.document_id)
            if document is not None:
                return document.operation(asked.operation_name)
            if not (free and asked.query):
                raise refused(400, ProtocolCode.DOCUMENT_UNKNOWN, "There is no document with this id.")
        if not free:
            raise refused(
                403, ProtocolCode.DOCUMENT_NOT_TRUSTED, "Send the `documentId` of a registered document."
            )
        return self.free(asked.query or "").operation(asked.operation_name)

    def terms(self, operation: Operation) -> Terms:
        """On what terms it is answered."""
        return self._terms.get(operation.document, _FREE)

    def forget(self, digest: str) -> None:
        """A registered document may have changed; an empty id: any of them."""
        self._changes += 1
        if digest:
            self._looked_up.pop(digest, None)
        else:
            self._looked_up.clear()

    def examine(self, text: str) -> Draft:
        """What is to be known about a document before it is registered. Raises ``DocumentRefused``."""
        document = self.free(text)
        if "" in document.operations:
            raise DocumentRefused(
                protocol_error(ProtocolCode.DOCUMENT_INVALID, "Every operation has a name.")
            )
        measured = self._measured[document]
        return Draft(
            text=text,
            operations=tuple(document.operations),
            touches=dict(touched(self._schema, document.ast)),
            cost=max(measured.cost_at_most(name) for name in document.operations),
        )

    def cost(self, operation: Operation, variables: Mapping[str, Any]) -> int:
        """What the operation costs with these variables, see ``limits``."""
        return self._measured[operation.document].cost(operation.name, variables)

    def shared_for(self, operation: Operation) -> int | None:
        """For how many seconds everybody may be given the same answer; None if it is the viewer's own.

        Only trusted documents are shared: they are few, so nobody can fill a cache with others.
        """
        if not self.terms(operation).trusted:
            return None
        known = self._shared_for.get(operation.document)
        if known is None:
            known = self._shared_for[operation.document] = shared_seconds(
                self._schema, operation.document.ast
            )
        return known[operation.name]

    def trusted(self, given: str) -> Document:
        """The house's own document of that id. Raises ``RequestRefused``."""
        match = _ID.fullmatch(given)
        document = self._trusted.get(match[1]) if match else None
        if document is None:
            raise refused(400, ProtocolCode.DOCUMENT_UNKNOWN, "There is no document with this id.")
        return document

    async def _find(self, given: str) -> Document | None:
        match = _ID.fullmatch(given)
        if match is None:
            return None
        document = self._trusted.get(match[1])
        if self._registry is not None:
            document = document or await self._registered(self._registry, match[1])
            if document is not None:
                self._registry.used(match[1])
        return document

    async def _registered(self, registry: Registry, digest: str) -> Document | None:
        now = time.monotonic()
        at, known = self._looked_up.get(digest, (-inf, None))
        if now - at >= (TRUSTED_FOR if known else UNKNOWN_FOR):
            changes = self._changes
            known = await registry.find(digest)
            if changes == self._changes:  # else this may be what it was before
                self._looked_up[digest] = (now, known)
            if len(self._looked_up) > KNOWN_IDS:
                self._looked_up.popitem(last=False)
        if known is None:
            return None
        prepared = self._prepare_registered(known.text)
        if not isinstance(prepared, Document):
            # It fitted the schema that it was accepted for: the check before a release was left out.
            log.error("registered_document_does_not_fit", digest=digest)
            raise DocumentRefused(*prepared)
        self._terms[prepared] = Terms(
            trusted=True,
            client=f"team:{known.team_id}" if known.team_id else None,
            deprecated_at=known.deprecated_at,
            sunset_on=known.sunset_on,
        )
        return prepared

    def free(self, text: str) -> Document:
        """The document of that text. Raises ``DocumentRefused``."""
        if len(text) > self._limits.source:
            sentence = f"A document has at most {self._limits.source} characters."
            raise DocumentRefused(protocol_error(ProtocolCode.DOCUMENT_TOO_COMPLEX, sentence))
        prepared = self._prepare(text)
        if isinstance(prepared, Document):
            return prepared
        raise DocumentRefused(*prepared)

    def _checked(self, name: str, text: str) -> Document:
        prepared = self._prepare_trusted(text)
        if isinstance(prepared, Document):
            self._terms[prepared] = _HOUSE
            return prepared
        reasons = "; ".join(error.message for error in prepared)
        raise BadSettings(f"The trusted document {name} does not fit the schema: {reasons}")

    def _prepare_trusted(self, text: str) -> Document | tuple[GraphQLError, ...]:
        """The same; errors tell no places in a text that the client does not have, which saves half the memory."""
        return self._prepare_now(text, no_location=True)

    def _prepare_now(self, text: str, *, no_location: bool = False) -> Document | tuple[GraphQLError, ...]:
        """Parse, measure, validate. Errors are an answer like any other, and kept like one."""
        try:
            return self._prepare_or_raise(text, no_location=no_location)
        except RecursionError:
            return (protocol_error(ProtocolCode.DOCUMENT_TOO_COMPLEX, "The document is nested too deeply."),)
        except GraphQLError as error:
            return (_coded(error),)

    def _prepare_or_raise(self, text: str, *, no_location: bool) -> Document | tuple[GraphQLError, ...]:
        if _NUL.search(text):
            raise protocol_error(ProtocolCode.DOCUMENT_INVALID, "A document has no NUL characters.")
        ast = parse(text, max_tokens=self._limits.tokens, no_location=no_location)
        measured = Measured(self._prices, ast)
        sentence = measured.too_large(self._limits)
        if sentence is not None:
            raise protocol_error(ProtocolCode.DOCUMENT_TOO_COMPLEX, sentence)
        errors = validate(self._schema, ast, self._rules, max_errors=10, hide_suggestions=True)
        if errors:
            return tuple(_coded(error) for error in errors)
        operations = {
            node.name.value if node.name else "": node.operation
            for node in ast.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        if not operations:
            raise protocol_error(ProtocolCode.DOCUMENT_INVALID, "The document has no operation.")
        document = Document(text=text, ast=ast, operations=operations)
        self._measured[document] = measured
        return document


def _coded(error: GraphQLError) -> GraphQLError:
    if error.extensions and "code" in error.extensions:
        return error
    return GraphQLError(
        error.message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        extensions={"code": ProtocolCode.DOCUMENT_INVALID},
    )


def speaks_freely(viewer: Viewer) -> bool:
    """Whether this viewer may send documents that nobody registered, also in production."""
    match viewer:
        case Officer() | Provider():
            return True
        case Team():
            return TeamRight.SPEAK_FREELY in viewer.rights
        case _:
            return False


def document_id(text: str) -> str:
    """The id of a document: SHA-256 of its text, 64 hexadecimal digits."""
    return digest_of(text)


def index_operations(folder: Path) -> dict[str, str]:
    """What ``operations.json`` in ``folder`` should say: id -> path, in the order of the paths."""
    paths = sorted(folder.glob("operations/**/*.graphql"))
    return {
        document_id(path.read_text(encoding="utf-8")): path.relative_to(folder).as_posix() for path in paths
    }


def examiner(schema: strawberry.Schema) -> Callable[[str], Draft]:
    """``Documents.examine`` for the command line: what does not fit is a ``ValueError`` with a sentence."""
    documents = Documents(schema, {}, development=False)

    def examine(text: str) -> Draft:
        try:
            return documents.examine(text)
        except DocumentRefused as refusal:
            raise ValueError("; ".join(error.message for error in refusal.errors)) from None

    return examine


def read_operations(folder: Path) -> dict[str, str]:
    """The trusted documents of ``folder`` (``graphql/``), id -> text. Raises ``BadSettings``."""
    try:
        index = orjson.loads((folder / INDEX).read_bytes())
        texts = {name: (folder / path).read_text(encoding="utf-8") for name, path in index.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise BadSettings(f"{folder / INDEX} cannot be read: {type(error).__name__}") from error
    stale = sorted(index[name] for name, text in texts.items() if document_id(text) != name)
    if stale:
        raise BadSettings(f"{folder / INDEX} is not current for: {', '.join(stale)}")
    return texts
