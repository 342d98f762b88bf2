"""Requests that nobody honest sends: documents, variables, bodies, forms, addresses and heads, made up by chance."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
    type_from_ast,
)

from tests.support.hostile_documents import DOCUMENTS

MEBIBYTE = 1024 * 1024
JSON = {"content-type": "application/json"}
FORM = {"x-jinmin-preflight": "1"}
WORDS = (
    "",
    "x",
    "德清县" * 30,
    "a" * 5000,
    "'; DROP TABLE person; --",
    "{{7*7}}${7*7}%s%n",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "\u202e\u0301\ufeff",
    "\ud83d\ude00" * 50,
    "9" * 400,
    "-1",
    "2026-02-30",
    "QXBwbGljYXRpb246MQ==",
    "000511001000",
    "330521",
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request. ``kind`` names its family, for whoever reads about a failure."""

    kind: str
    method: str = "POST"
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str | None:
        """Whose token it brings, if it says so."""
        return self.headers.get("authorization")


@dataclass(frozen=True, slots=True)
class Attacker:
    """Knows the schema and the house's own documents (name -> text), as everybody may."""

    schema: GraphQLSchema
    documents: Mapping[str, str]

    def requests(self, random: Random) -> Iterator[Hostile]:
        """Requests without end; the same ones for the same ``random``."""
        families: Sequence[Callable[[Random], Hostile]] = (
            self.document,
            self.document,
            self.largest,
            self.variables,
            self.variables,
            body,
            form,
            head,
            self.address,
        )
        while True:
            yield random.choice(families)(random)

    def document(self, random: Random) -> Hostile:
        """A free document that is hard to parse, to measure or to validate."""
        text = random.choice(DOCUMENTS)(random)
        return Hostile("document", body=orjson.dumps({"query": text}), headers=JSON)

    def largest(self, random: Random) -> Hostile:
        """A valid document that asks for as much as it may."""
        assert self.schema.query_type is not None
        roots = [name for name, one in self.schema.query_type.fields.items() if not is_leaf_type(one.type)]
        name = random.choice([*roots, "serviceItems", "serviceItem", "applications"])
        declared = self.schema.query_type.fields[name]
        times, each = random.choice(((1, 900), (3, 300), (12, 75), (38, 20), (38, 6)))
        selected = self._whole(declared, random.randint(2, 8), [each])
        arguments = self._arguments(declared, random)
        parts = [f"{f'a{n}: ' if times < 41 else ''}{name}{arguments} {selected}" for n in range(times)]
        if random.random() < 0.3:  # all under one name: they have to be merged
            parts = [f"{name}{arguments} {selected}" for _ in range(times)]
        return Hostile("largest", body=orjson.dumps({"query": "{ " + " ".join(parts) + " }"}), headers=JSON)

    def variables(self, random: Random) -> Hostile:
        """One of the house's own operations with variables that fit badly, or well and are hostile all the same."""
        text = random.choice(list(self.documents.values()))
        given = {}
        for node in parse(text).definitions:
            if isinstance(node, OperationDefinitionNode):
                for variable in node.variable_definitions or ():
                    kind = type_from_ast(self.schema, variable.type)
                    given[variable.variable.name.value] = (
                        self._value(kind, random, 0) if random.random() < 0.85 else anything(random, 0)
                    )
        return Hostile("variables", body=_json({"query": text, "variables": given}), headers=JSON)

    def address(self, random: Random) -> Hostile:
        """A GET, with everything in the address."""
        text = random.choice([*self.documents.values(), "{ __typename }", "mutation { x }"])
        given = {"query": text, "variables": random.choice(("{}", "[" * 3000, "null", "{", '{"a": 1e400}'))}
        query = random.choice(
            (
                urlencode(given),
                urlencode(given) + "&query=" * 4000,
                "query=%ff%fe&variables=%00",
                "query=" + "%7B" * 5000,
                "documentId=" + "0" * 64 + "&" * 20_000,
                "&".join(f"a{n}=1" for n in range(4000)),
            )
        )
        return Hostile("address", "GET", query=query[:30_000])

    def _whole(self, declared: GraphQLField, depth: int, left: list[int]) -> str:
        kind, parts = get_named_type(declared.type), list[str]()
        for name, inner in getattr(kind, "fields", {}).items():
            if left[0] <= 0 or any(is_required_argument(given) for given in inner.args.values()):
                continue
            if is_leaf_type(get_named_type(inner.type)):
                parts.append(name)
                left[0] -= 1
            elif depth > 0 and isinstance(get_named_type(inner.type), GraphQLObjectType):
                left[0] -= 1
                parts.append(f"{name} {self._whole(inner, depth - 1, left)}")
        return "{ " + (" ".join(parts) or "__typename") + " }" if not is_leaf_type(kind) else ""

    def _arguments(self, declared: GraphQLField, random: Random) -> str:
        given = {
            name: {"code": '"000511001000"', "division": '"330521"', "first": "50", "id": '"x"'}.get(name)
            for name, one in declared.args.items()
            if is_required_argument(one) or name == "first"
        }
        known = {name: value or f'"{random.choice(("1", "x"))}"' for name, value in given.items()}
        return "(" + ", ".join(f"{name}: {value}" for name, value in known.items()) + ")" if known else ""

    def _value(self, kind: Any, random: Random, depth: int) -> Any:
        """Something that fits ``kind``, or nearly."""
        if random.random() < 0.06 or depth > 6:
            return anything(random, depth)
        if isinstance(kind, GraphQLNonNull):
            return self._value(kind.of_type, random, depth)
        if random.random() < 0.1:
            return None
        if isinstance(kind, GraphQLList):
            count = random.choice((0, 1, 3, 200 if depth < 2 else 2))
            return [self._value(kind.of_type, random, depth + 1) for _ in range(count)]
        if isinstance(kind, GraphQLInputObjectType):
            return {name: self._value(one.type, random, depth + 1) for name, one in kind.fields.items()}
        return _leaf(kind, random, depth)


def _leaf(kind: Any, random: Random, depth: int) -> Any:
    if getattr(kind, "values", None):
        return random.choice(list(kind.values))
    return {
        "Int": random.choice((0, -1, 50, 2**31, 10**15)),
        "Boolean": random.choice((True, False)),
        "JSON": anything(random, depth),
    }.get(kind.name, random.choice(WORDS))


def anything(random: Random, depth: int) -> Any:
    """Some JSON, now and then large or deep."""
    choice = random.randrange(14)
    if choice == 0 and depth < 3:
        return {f"k{n}": random.choice(WORDS) for n in range(random.choice((3, 300)))}
    if choice == 1 and depth < 3:
        return [random.choice((1, "x", None))] * random.choice((3, 100_000))
    if choice == 2:
        value: Any = "x"
        for _ in range(random.choice((5, 60, 500))):
            value = [value] if random.random() < 0.5 else {"a": value}
        return value
    return random.choice((*WORDS, 0, -1, 1.5, 2**53, 10**18, True, False, None, "\0", "a\0b", [], {}))


# --- bodies, forms, heads ----------------------------------------------------------------------------


def body(random: Random) -> Hostile:
    """JSON that is none, or none of ours."""
    size = random.choice((10, 1000, 100_000, MEBIBYTE // 8))
    raw: bytes = random.choice(
        (
            b"",
            b"null",
            b"1",
            b'"x"',
            b"[]",
            b"NaN",
            b"{",
            b"\xff\xfe",
            b"\xef\xbb\xbf{}",
            b"[" * size,
            b'{"a":' * size,
            b"[" + b"1," * size + b"1]",
            b"[" + b'{"query":"{__typename}"},' * (size // 30) + b"{}]",
            b"{" + b",".join(b'"k%d":1' % n for n in range(size // 10)) + b"}",
            b'{"query":' + b"9" * size + b"}",
            b'{"query":"' + b"\\u0000" * size + b'"}',
            b'{"query":"{__typename}","variables":{"a":"\\u0000'
            + b"x" * size
            + b'","b":['
            + b"[]," * size
            + b"1]}}",
            b'{"query":"{__typename}","variables":{"a":' + b"[" * 900 + b"]" * 900 + b"}}",
            b'{"query":"{__typename}","variables":' + b"[" * 900 + b"]" * 900 + b"}",
            b'{"query":"{__typename}","operationName":"' + b"x" * size + b'"}',
            b'{"query":"' + b"{" * size + b'"}',
            b'{"documentId":"' + b"0" * size + b'"}',
            b'{"query":"\\ud800"}',
            b'{"query":"{__typename}","variables":{"\\ud800":"\\udfff"}}',
            b'{"query":"{__typename}","extensions":{"persistedQuery":{"sha256Hash":[]}}}',
            random.randbytes(min(size, 5000)),
        )
    )
    kind = random.choice(
        ("application/json",) * 6
        + (
            "text/plain",
            "application/json; charset=utf-16",
            "application/x-www-form-urlencoded",
            "x" * 5000,
            "",
        )
    )
    return Hostile("body", body=raw, headers={"content-type": kind})


def form(random: Random) -> Hostile:
    """A form that is hard to take apart."""
    size = random.choice((10, 1000, 30_000, MEBIBYTE // 4))
    part = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    send = (
        b'{"query":"mutation($input: UploadMaterialInput!) { uploadMaterial(input: $input) { __typename } }"'
    )
    raw: bytes = random.choice(
        (
            b"",
            b"--b",
            b"\r\n" * size,
            b"\r\n--" * size,
            b"\r\n--a" * size,
            b"--b\r\n" + b"\r\n--" * size,
            b"--b\r\n\r\n" + b"\r" * size,
            b"--b\r\n\r\n" + b"\r\n--a" * size,
            b"--b\r\n\r\n\r\n--b" * (size // 12),
            b"--b\r\n" + b"X: y\r\n" * size,
            b"--b\r\n" + b"X" * size + b": y\r\n\r\n",
            b"--b\r\nX: " + b"y" * size + b"\r\n\r\n",
            b'--b\r\nContent-Disposition: form-data; name="' + b"x" * size + b'"\r\n\r\n\r\n--b--',
            b"--b\r\nContent-Disposition: form-data; " + b"a=b; " * size + b'name="x"\r\n\r\n\r\n--b--',
            b'--b\r\nContent-Disposition: form-data; name="' + b'\\"' * size + b'"\r\n\r\n\r\n--b--',
            b"".join(part % (b"f%d" % n, b"x") for n in range(size // 60)) + b"--b--",
            part % (b"operations", send + b',"variables":{"input":' + b"[" * 900 + b"]" * 900 + b"}}")
            + part % (b"map", b"{}")
            + b"--b--",
            part % (b"operations", send + b"}")
            + part % (b"map", b"{" + b",".join(b'"%d":["variables.a"]' % n for n in range(size // 20)) + b"}")
            + b"--b--",
            part % (b"operations", send + b',"variables":{"a":' + b'{"a":' * 400 + b"null" + b"}" * 402)
            + part % (b"map", b'{"0":["variables' + b".a" * min(size, 200_000) + b'"]}')
            + b'--b\r\nContent-Disposition: form-data; name="0"; filename="x"\r\n\r\nx\r\n--b--',
            part % (b"operations", b"null") + part % (b"map", b"1") + b"--b--",
            random.randbytes(min(size, 5000)),
        )
    )
    kind = random.choice(
        ("multipart/form-data; boundary=b",) * 8
        + (
            "multipart/form-data",
            "multipart/form-data; boundary=" + "b" * 3000,
            "multipart/form-data; boundary=b; charset=utf-7",
            "multipart/form-data; " + "a=b; " * 1000 + "boundary=b",
        )
    )
    return Hostile("form", body=raw, headers={"content-type": kind, **FORM})


def head(random: Random) -> Hostile:
    """An ordinary question under a head that is not."""
    long = random.choice((100, 5000, 20_000))
    given: Mapping[str, str] = random.choice(
        (
            {"accept": "a/b;q=1," * (long // 8)},
            {"accept": ";" * long},
            {"accept": "*/*;q=" + "9" * long},
            {"accept": "application/json;q=nan, application/json;q=-1, */*;q=inf"},
            {"accept": "text/event-stream"},
            {"accept-language": "zh;q=0.1," * (long // 9)},
            {"accept-language": "-" * long},
            {"accept-language": "en;q=1e999, zh;q=nan"},
            {"authorization": "Bearer " + "a." * (long // 2)},
            {"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."},
            {"authorization": "Bearer e30.e30.e30"},
            {"authorization": "Basic " + "=" * long},
            {"authorization": " "},
            {"x-request-id": "x" * long},
            {"if-none-match": '"x",' * (long // 4)},
            {"last-event-id": "x" * long},
            {"content-encoding": "gzip"},
            {"transfer-encoding": "gzip, chunked"},
            {"content-length": "9" * 30},
            {"content-length": "-1"},
            {"host": "x" * long},
            {"origin": "null"},
            {"x-forwarded-for": "1.2.3.4, " * (long // 9)},
            {f"x-{n}": "y" for n in range(long // 10)},
        )
    )
    return Hostile("head", body=b'{"query":"{ __typename }"}', headers={**JSON, **given})


def _json(value: Any) -> bytes:
    """``value`` as JSON of at most one MiB; what is larger, or too deep, is cut in the middle."""
    try:
        raw = orjson.dumps(value)
    except orjson.JSONEncodeError:
        raw = b'{"query":"{ __typename }","variables":' + b'{"a":' * 2000
    return raw[: MEBIBYTE - 1]
