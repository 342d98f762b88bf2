"""GraphiQL with example operations: for developers' browsers, never for citizens'.

The page is Strawberry's and takes its scripts from a public network, each with its checksum.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from graphql import OperationDefinitionNode, parse
from strawberry.http.ides import get_graphql_ide_html

Examples = Sequence[tuple[str, Mapping[str, Any]]]
"""Names of trusted operations, and variables to begin with."""

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self' https: data: blob: 'unsafe-inline' 'unsafe-eval';"
    " connect-src 'self' ws: wss: https:; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""What the page needs of its browser; other pages of this server may load nothing."""

_ONE_QUERY = "          query: query,\n          variables: variables,\n"
_TITLE = "<title>Strawberry GraphiQL</title>"


def graphiql_page(documents: Mapping[str, str], examples: Examples) -> str:
    """The page, with a tab for each of ``examples``; ``documents`` are id -> text."""
    by_name = {_name(text): text for text in documents.values()}
    tabs = [
        {"query": by_name[name], "variables": orjson.dumps(variables, option=orjson.OPT_INDENT_2).decode()}
        for name, variables in examples
    ]
    page = get_graphql_ide_html("graphiql")
    for part in (_ONE_QUERY, _TITLE):
        if part not in page:
            raise ValueError("Strawberry's page has changed: look at it and mend graphiql_page")
    # Inside a script no text may look like its end.
    told = orjson.dumps(tabs).decode().replace("</", "<\\/")
    return page.replace(_ONE_QUERY, f"          defaultTabs: {told},\n").replace(
        _TITLE, "<title>Jinmin GraphiQL</title>"
    )


def _name(text: str) -> str:
    for node in parse(text).definitions:
        if isinstance(node, OperationDefinitionNode) and node.name:
            return node.name.value
    return ""
