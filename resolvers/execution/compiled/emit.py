"""Writing the Python of a plan: one function per selection set and concrete type.

What is generated reads attributes, calls resolvers and tests classes. Whatever a test does not expect goes
to a helper of ``run`` that decides it as graphql-core would or raises ``Anomaly``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ArgumentNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    Undefined,
    VariableNode,
    is_abstract_type,
    is_leaf_type,
    specified_scalar_types,
)
from graphql.execution import Executor, default_type_resolver
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import get_argument_values
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from resolvers.execution.compiled.run import SAFE, Anomaly, Asked, Run, check_safe, items_of

MOST_FUNCTIONS = 2000
"""Beyond this a plan costs more than it saves; the limits of documents keep honest ones far below."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Direct = Callable[[StrawberryField], bool]
"""Whether a field's ``get_result`` does nothing but read its attribute or call its resolver."""


class NotCompiled(Exception):
    """The operation holds something that is not compiled; the text says what."""


@dataclass(slots=True)
class Emitter:
    """Collects functions and the names they use; ``finish`` makes them callable."""

    schema: Schema
    executor: Executor[Any]
    """Built for this very operation and valuation; collects fields the way graphql-core does."""
    direct: Direct
    asked: list[Asked] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    _selections: dict[Any, str] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names.update(
            Anomaly=Anomaly,
            Undefined=Undefined,
            awaitable=optimized_is_awaitable,
            items_of=items_of,
            safe=SAFE,
        )

    def finish(self) -> Mapping[str, Any]:
        """The functions by name."""
        exec(compile(self.text, "<compiled operation>", "exec"), self.names)  # noqa: S102 - our own text: no part of a document but names that GraphQL's grammar allows
        return self.names

    @property
    def text(self) -> str:
        """The generated module."""
        return "\n\n".join(self.source) + "\n"

    # --- selections --------------------------------------------------------------------------------

    def selection(self, of: GraphQLObjectType, fields: GroupedFieldSet, place: int | None) -> str:
        """Write the function that makes the object of ``fields``; its name.

        ``place`` is the field in ``asked`` whose value it completes, None for the operation's root.
        """
        function = self._name("select")
        leaves, rest = [], list[str]()
        for key, details in fields.items():
            expression = self._at_once(of, details)
            leaves.append(f"        {key!r}: {expression or 'None'},")
            if expression is None:
                rest.extend(self._afterwards(of, key, details))
        check = [] if place is None else self._object_check(of, place)
        if rest:
            body = ["    d = {", *leaves, "    }", *rest, "    return d"]
        else:
            body = ["    return {", *leaves, "    }"]
        self._write(f"def {function}(r, v):  # {of.name}", *check, *body)
        return function

    def root(self, of: GraphQLObjectType, details: FieldDetailsList) -> tuple[str, str]:
        """Write resolver and completion of one mutation root; the names of both."""
        if details[0].node.name.value == "__typename":
            function = self._name("typename")
            self._write(f"def {function}(r, v):", f"    return {of.name!r}")
            return function, function
        place = self._ask(of, details)
        resolve = self._name("resolve")
        self._write(f"def {resolve}(r, v):", f"    return {self._as_core_does(place)}")
        return resolve, self._completion(of.fields[self.asked[place].name].type, details, place)

    def _object_check(self, of: GraphQLObjectType, place: int) -> list[str]:
        """The test that a value may be shown as ``of``, remembered by class where the class decides."""
        known, check, is_type_of = self._name("classes"), self._name("check"), of.is_type_of
        classes = self.names[known] = set[type]()
        by_class = is_type_of is None or getattr(is_type_of, "by_class", False)

        def checked(r: Run, value: Any) -> None:
            if value is None:
                raise Anomaly("null")
            check_safe(value)
            if is_type_of is not None and is_type_of(value, r.raw_info(place)) is not True:
                raise Anomaly("another type")
            if by_class and type(value) is value.__class__:
                classes.add(type(value))

        self.names[check] = checked
        return [f"    if v.__class__ not in {known}:", f"        {check}(r, v)"]

    # --- fields ------------------------------------------------------------------------------------

    def _at_once(self, of: GraphQLObjectType, details: FieldDetailsList) -> str | None:
        """The expression of a field that needs no statement of its own: leaves read from attributes."""
        name = details[0].node.name.value
        if name == "__typename":
            return repr(of.name)
        attribute = self._attribute(of, name)
        return None if attribute is None else self._leaf(of.fields[name].type, f"v.{attribute}")

    def _attribute(self, of: GraphQLObjectType, name: str) -> str | None:
        """The attribute that a field reads, None where a resolver or a check is called."""
        declared = _strawberry_field(of, name)
        if declared is None or declared.base_resolver or not self.direct(declared):
            return None
        if declared.default_resolver is not getattr or not declared.is_basic_field:
            return None
        return declared.python_name if _IDENTIFIER.fullmatch(declared.python_name) else None

    def _afterwards(self, of: GraphQLObjectType, key: str, details: FieldDetailsList) -> list[str]:
        """The statements of a field that are run once the object's dictionary is there."""
        place = self._ask(of, details)
        name = self.asked[place].name
        completion = self._completion(of.fields[name].type, details, place)
        attribute = self._attribute(of, name)
        if attribute is not None:
            # What is read from an attribute is hardly ever awaitable, and the completion notices.
            return [f"    d[{key!r}] = {completion}(r, v.{attribute})"]
        # Most resolvers answer at once, with something of a class that was seen before.
        leaf = self._leaf(of.fields[name].type, "x")
        shown = f"{completion}(r, x)" if leaf is None else leaf
        return [
            f"    x = {self._resolved(place)}",
            "    if x is not None and x.__class__ not in safe and awaitable(x):",
            f"        r.pending.append((x, {completion}, d, {key!r}))",
            "    else:",
            f"        d[{key!r}] = {shown}",
        ]

    def _ask(self, of: GraphQLObjectType, details: FieldDetailsList) -> int:
        """Remember a field of the operation; its place in ``asked``."""
        node = details[0].node
        name = node.name.value
        if name.startswith("__") or name not in of.fields:
            raise NotCompiled(f"the field {name}")
        declared = of.fields[name]
        static = not any(_has_variable(argument) for argument in node.arguments or ())
        arguments = (
            get_argument_values(declared, node, self.executor.variable_values, None, hide_suggestions=True)
            if static and declared.args
            else {}
            if static
            else None
        )
        nodes = [detail.node for detail in details]
        self.asked.append(Asked(of, name, nodes, _strawberry_field(of, name), arguments))
        return len(self.asked) - 1

    def _resolved(self, place: int) -> str:
        """The expression that calls the resolver of the field at ``place`` for the source ``v``."""
        asked = self.asked[place]
        declared, info = asked.field, f"(r.infos[{place}] or r.info({place}))"
        definition = asked.parent.fields[asked.name]
        handlers = (
            declared is not None and self.schema.schema_converter._get_field_exception_handlers(declared)  # noqa: SLF001 - as in from_resolver
        )
        if declared is None or declared.extensions or handlers or declared.is_basic_field:
            return self._as_core_does(place)
        base = declared.base_resolver
        by_keyword, by_place = dict[str, str](), ""
        if base is not None:
            by_place = "v" if base.self_parameter else ""
            for parameter, value in (
                (base.parent_parameter, "v"),
                (base.root_parameter, "v"),
                (base.info_parameter, info),
            ):
                if parameter:
                    by_keyword[parameter.name] = value
        known = f"r.given[{place}]"
        spread = [f"**({known} if {known} is not None else r.arguments({place}))"] if definition.args else []
        if base is not None and callable(base.wrapped_func) and self.direct(declared):
            self.names[f"call_{place}"] = base.wrapped_func
            given = ", ".join(filter(None, [by_place, *spread, *(f"{k}={v}" for k, v in by_keyword.items())]))
            return f"call_{place}({given})"
        self.names[f"field_{place}"] = declared.get_result
        keywords = ", ".join([*spread, *(f"{key!r}: {value}" for key, value in by_keyword.items())])
        return f"field_{place}(v, {info}, [{by_place}], {{{keywords}}})"

    def _as_core_does(self, place: int) -> str:
        """The call that graphql-core itself would make: nothing left out, so nothing to be right about."""
        asked = self.asked[place]
        resolve = asked.parent.fields[asked.name].resolve
        if resolve is None:
            raise NotCompiled(f"{asked.parent.name}.{asked.name} has no resolver")
        self.names[f"core_{place}"] = resolve
        return f"core_{place}(v, r.raw_info({place}), **r.raw_arguments({place}))"

    # --- values ------------------------------------------------------------------------------------

    def _completion(self, of: GraphQLOutputType, details: FieldDetailsList, place: int) -> str:
        """Write the function ``(r, x)`` that completes a value of type ``of``; its name."""
        function = self._name("complete")
        inner = of.of_type if isinstance(of, GraphQLNonNull) else of
        if isinstance(inner, GraphQLObjectType) and isinstance(of, GraphQLNonNull):
            return self._of_object(inner, details, place)
        self._write(f"def {function}(r, x):", *self._completed(of, inner, details, place))
        return function

    def _completed(
        self, of: GraphQLOutputType, inner: GraphQLOutputType, details: FieldDetailsList, place: int
    ) -> list[str]:
        if is_leaf_type(inner):
            return [f"    return {self._leaf(of, 'x')}"]
        null = "raise Anomaly" if isinstance(of, GraphQLNonNull) else "return None"
        head = ["    if x is None:", f"        {null}"]
        if isinstance(inner, GraphQLList):
            item = self._item(inner.of_type, details, place)
            return [
                *head,
                "    if x.__class__ is not list and x.__class__ is not tuple:",
                "        x = items_of(x)",
                "    try:",
                f"        return [{item} for i in x]",
                "    except BaseException:",
                "        r.memory.left.append(x)",
                "        raise",
            ]
        if is_abstract_type(inner):
            return [*head, f"    return {self._of_abstract(inner, details, place)}(r, x)"]
        if isinstance(inner, GraphQLObjectType):
            return [*head, f"    return {self._of_object(inner, details, place)}(r, x)"]
        raise NotCompiled(f"the type {inner}")

    def _item(self, of: GraphQLOutputType, details: FieldDetailsList, place: int) -> str:
        leaf = self._leaf(of, "i")
        return leaf or f"{self._completion(of, details, place)}(r, i)"

    def _of_object(self, of: GraphQLObjectType, details: FieldDetailsList, place: int) -> str:
        key = (of.name, *(id(detail.node) for detail in details))
        known = self._selections.get(key)
        if known is None:
            collected = self.executor.collect_subfields(of, details)
            if collected.new_defer_usages:
                raise NotCompiled("@defer")
            known = self._selections[key] = self.selection(of, collected.grouped_field_set, place)
        return known

    def _of_abstract(self, of: GraphQLAbstractType, details: FieldDetailsList, place: int) -> str:
        function, resolve_type = self._name("dispatch"), of.resolve_type or default_type_resolver
        table = {
            possible.name: self._of_object(possible, details, place)
            for possible in self.schema._schema.get_possible_types(of)  # noqa: SLF001 - Strawberry has no public way to it
        }
        names = self.names

        def dispatch(r: Run, value: Any) -> Any:
            check_safe(value)
            name = resolve_type(value, r.raw_info(place), of)
            if name.__class__ is not str or name not in table:
                raise Anomaly("no such type")
            return names[table[name]](r, value)

        self.names[function] = dispatch
        return function

    def _leaf(self, of: GraphQLOutputType, value: str) -> str | None:
        """The expression of a leaf of type ``of`` read from ``value``; None for what is not a leaf."""
        inner = of.of_type if isinstance(of, GraphQLNonNull) else of
        if not isinstance(inner, GraphQLScalarType | GraphQLEnumType):
            return None
        slow = self._leaf_function(inner, nullable=inner is of)
        test, shown = "False", "y"
        if isinstance(inner, GraphQLEnumType):
            definition = inner.extensions.get("strawberry-definition")
            if isinstance(definition, StrawberryEnumDefinition):
                members, enum = self._name("members"), self._name("enum")
                self.names[enum] = definition.wrapped_cls
                every: Iterable[Any] = definition.wrapped_cls
                self.names[members] = {member: inner.coerce_output_value(member) for member in every}
                test, shown = f"y.__class__ is {enum}", f"{members}[y]"
        elif specified_scalar_types.get(inner.name) is inner:
            test = {
                "String": "y.__class__ is str",
                "ID": "y.__class__ is str",
                "Boolean": "y.__class__ is bool",
                "Int": "y.__class__ is int and -2147483648 <= y <= 2147483647",
            }.get(inner.name, "False")
        if test == "False":
            coerce = self._name("shown")
            self.names[coerce] = inner.coerce_output_value
            return (
                f"(z if (y := {value}).__class__ in safe and (z := {coerce}(y)) is not None"
                f" and z is not Undefined else {slow}(y))"
            )
        return (
            f"({shown} if (({test.replace('y.__class__', f'(y := {value}).__class__', 1)})) else {slow}(y))"
        )

    def _leaf_function(self, of: GraphQLScalarType | GraphQLEnumType, *, nullable: bool) -> str:
        function = f"leaf_{of.name}{'' if nullable else '_not_null'}"
        coerce = of.coerce_output_value

        def leaf(value: Any) -> Any:
            if value is None:
                if nullable:
                    return None
                raise Anomaly("null")
            check_safe(value)
            shown = coerce(value)
            if shown is None or shown is Undefined:
                raise Anomaly("nothing to show")
            return shown

        self.names.setdefault(function, leaf)
        return function

    # --- text --------------------------------------------------------------------------------------

    def _name(self, kind: str) -> str:
        self._kept.append(kind)
        if len(self._kept) > MOST_FUNCTIONS:
            raise NotCompiled("too many functions")
        return f"{kind}_{len(self._kept)}"

    def _write(self, *lines: str) -> None:
        self.source.append("\n".join(lines))


def _strawberry_field(of: GraphQLObjectType, name: str) -> StrawberryField | None:
    found = of.fields[name].extensions.get("strawberry-definition")
    return found if isinstance(found, StrawberryField) else None


def _has_variable(node: Any) -> bool:
    """Whether a variable has a part in an argument's value."""
    match node:
        case VariableNode():
            return True
        case ArgumentNode():
            return _has_variable(node.value)
    return any(
        _has_variable(inner)
        for inner in (*(getattr(node, "values", None) or ()), *(getattr(node, "fields", None) or ()))
    ) or (hasattr(node, "value") and not isinstance(node.value, str | bool) and _has_variable(node.value))
