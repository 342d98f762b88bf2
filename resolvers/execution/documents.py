"""What may be said to the schema: trusted documents by id, and free documents within limits.

Outside of development citizens and visitors speak in trusted documents only, officers freely.

Parsing and validating happen once per document. An id is the SHA-256 of the document's text (UTF-8);
``graphql/operations.json`` maps the ids of our own operations to their files.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import strawberry
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
from backend.viewer import Officer, Viewer
from resolvers.execution.gate import Asked
from resolvers.execution.limits import Limits, Measured, Prices
from resolvers.execution.port import Document, DocumentRefused, Operation, refused
from resolvers.execution.sharing import shared_seconds
from resolvers.problems import ProtocolCode, protocol_error

KEPT_FREE_DOCUMENTS = 256
INDEX = "operations.json"

_ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_NUL = re.compile(r"\x00|\\u(?:0000|\{0+\})")
"""PostgreSQL's text cannot hold U+0000, so no document may bring one in."""


class Documents:
    """The documents of one schema. In development everybody speaks freely and may introspect."""

    def __init__(
        self,
        schema: strawberry.Schema,
        trusted: Mapping[str, str],
        *,
        development: bool,
        limits: Limits | None = None,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry has no public way to graphql-core's schema
        self._development = development
        self._limits = limits or Limits()
        self._prices = Prices(self._schema)
        self._rules = (
            *specified_rules,
            MaybeNullValidationRule,
            OneOfInputValidationRule,
            *(() if development else (NoSchemaIntrospectionCustomRule,)),
        )
        self._measured: WeakKeyDictionary[Document, Measured] = WeakKeyDictionary()
        self._shared_for: WeakKeyDictionary[Document, Mapping[str, int | None]] = WeakKeyDictionary()
        self._prepare = lru_cache(maxsize=KEPT_FREE_DOCUMENTS)(self._prepare_now)
        self._trusted = {name: self._checked(name, text) for name, text in trusted.items()}
        self._trusted_documents = set(self._trusted.values())

    def operation(self, asked: Asked, viewer: Viewer) -> Operation:
        """The operation that is asked for. Raises ``RequestRefused``."""
        free = self._development or isinstance(viewer, Officer)
        if asked.document_id is not None and not (
            free and asked.query and self._find(asked.document_id) is None
        ):
            return self.trusted(asked.document_id).operation(asked.operation_name)
        if not free:
            raise refused(
                403, ProtocolCode.DOCUMENT_NOT_TRUSTED, "Send the `documentId` of a registered document."
            )
        return self.free(asked.query or "").operation(asked.operation_name)

    def is_trusted(self, operation: Operation) -> bool:
        """Whether it is an operation of a trusted document."""
        return operation.document in self._trusted_documents

    def cost(self, operation: Operation, variables: Mapping[str, Any]) -> int:
        """What the operation costs with these variables, see ``limits``."""
        return self._measured[operation.document].cost(operation.name, variables)

    def shared_for(self, operation: Operation) -> int | None:
        """For how many seconds everybody may be given the same answer; None if it is the viewer's own."""
        known = self._shared_for.get(operation.document)
        if known is None:
            known = self._shared_for[operation.document] = shared_seconds(
                self._schema, operation.document.ast
            )
        return known[operation.name]

    def trusted(self, given: str) -> Document:
        """The document of that id. Raises ``RequestRefused``."""
        document = self._find(given)
        if document is None:
            raise refused(400, ProtocolCode.DOCUMENT_UNKNOWN, "There is no document with this id.")
        return document

    def _find(self, given: str) -> Document | None:
        match = _ID.fullmatch(given)
        return self._trusted.get(match[1]) if match else None

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
        prepared = self._prepare_now(text)
        if isinstance(prepared, Document):
            return prepared
        reasons = "; ".join(error.message for error in prepared)
        raise BadSettings(f"The trusted document {name} does not fit the schema: {reasons}")

    def _prepare_now(self, text: str) -> Document | tuple[GraphQLError, ...]:
        """Parse, measure, validate. Errors are an answer like any other, and kept like one."""
        try:
            return self._prepare_or_raise(text)
        except RecursionError:
            return (protocol_error(ProtocolCode.DOCUMENT_TOO_COMPLEX, "The document is nested too deeply."),)
        except GraphQLError as error:
            return (_coded(error),)

    def _prepare_or_raise(self, text: str) -> Document | tuple[GraphQLError, ...]:
        if _NUL.search(text):
            raise protocol_error(ProtocolCode.DOCUMENT_INVALID, "A document has no NUL characters.")
        ast = parse(text, max_tokens=self._limits.tokens)
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


def document_id(text: str) -> str:
    """The id of a document: SHA-256 of its text, 64 hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def index_operations(folder: Path) -> dict[str, str]:
    """What ``operations.json`` in ``folder`` should say: id -> path, in the order of the paths."""
    paths = sorted(folder.glob("operations/**/*.graphql"))
    return {
        document_id(path.read_text(encoding="utf-8")): path.relative_to(folder).as_posix() for path in paths
    }


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
