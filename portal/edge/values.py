"""Values that do not fit their type, be they in the variables or in the document: each fault with
its place and what to write, in our own words, since graphql-core's are about Python.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    SKIP,
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLScalarType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    Node,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    VariableNode,
    VisitorAction,
    assert_leaf_type,
    is_enum_type,
    is_input_object_type,
    is_input_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
)
from graphql.pyutils import Undefined, suggestion_list

from portal.edge.codes import Code

Place: TypeAlias = tuple[str | int, ...]
Leaf: TypeAlias = GraphQLScalarType | GraphQLEnumType
MANY = 40
"""So many values of an enum are listed in a message."""
LONG = 40
"""Characters of a value in a message."""
UNKNOWN = object()
"""The value of a variable, while only the document is looked at."""
WORDS = {
    "String": "is no text. Write it in quotation marks.",
    "Int": "is no whole number between -2147483648 and 2147483647. Write it in digits, without"
    " quotation marks.",
    "Float": "is no number. Write it in digits, without quotation marks.",
    "Boolean": "is neither true nor false. Write one of them, without quotation marks.",
    "ID": "is no id. Pass an `id` back unread, in quotation marks.",
    "Date": 'is no day. Write year, month and day, such as "2026-11-16".',
    "DateTime": 'is no time. Write it with its offset, such as "2026-11-16T09:30:00Z".',
    "Decimal": 'is no number. Write it in digits, such as "52.5".',
    "UUID": 'is no UUID. Write it such as "2bd3c175-4b85-58a3-b75c-f5bb96ae30dc".',
}


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and in which part of the document, if it stands there."""

    place: Place
    says: str
    node: Node | None = None

    def error(self, code: Code) -> GraphQLError:
        """As the client sees it."""
        extensions = {"code": code.value, "inputPath": list(self.place)}
        return GraphQLError(f"{written(self.place)} {self.says}", self.node, extensions=extensions)


@dataclass(frozen=True)
class Bare:
    """What stands in a document without quotation marks."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Form:
    """How values are looked at: as JSON, or as parts of a document."""

    look: Callable[[Any], object]
    """A dict or list of further values, None, UNKNOWN, or the leaf as a message shows it."""
    fits: Callable[[Leaf, Any], object]
    """Raises, or says Undefined, where a leaf is none of its type."""
    node: Callable[[Any], Node | None]


def variable_faults(
    schema: GraphQLSchema, definitions: Iterable[VariableDefinitionNode], given: Mapping[str, Any]
) -> Iterator[GraphQLError]:
    """Everything in the variables that does not fit what the document declares."""
    for definition in definitions:
        name, kind = definition.variable.name.value, type_from_ast(schema, definition.type)
        if kind is None or not is_input_type(kind):
            continue
        if name in given:
            for fault in faults(given[name], kind, (name,), JSON):
                yield fault.error(Code.BAD_USER_INPUT)
        elif is_non_null_type(kind) and definition.default_value is None:
            says = "is missing. Send it in `variables`."
            yield Fault((name,), says, definition).error(Code.BAD_USER_INPUT)


class ValuesInWords(ValuesOfCorrectTypeRule):
    """graphql-core's rule for the values in a document, with our words."""

    def is_valid_value_node(
        self, node: ValueNode, input_type: GraphQLInputType | None
    ) -> VisitorAction:
        """Report what is wrong with a value, in its argument."""
        if input_type is not None:
            for fault in faults(node, input_type, (self._argument(),), DOCUMENT):
                self.report_error(fault.error(Code.GRAPHQL_VALIDATION_FAILED))
        return SKIP

    def _argument(self) -> str:
        argument, directive = self.context.get_argument(), self.context.get_directive()
        around = directive or self.context.get_field_def()
        known = around.args.items() if around else ()
        return next((name for name, each in known if each is argument), "value")


def faults(value: Any, kind: GraphQLInputType, place: Place, form: Form) -> Iterator[Fault]:  # noqa: ANN401 - JSON or a node
    """Everything in a value that does not fit its type."""
    found = form.look(value)
    if found is UNKNOWN:
        return
    if is_non_null_type(kind):
        if found is None:
            yield Fault(place, "is null, and must not be.", form.node(value))
            return
        kind = kind.of_type
    if found is None:
        return
    if is_list_type(kind):
        yield from _items(value, found, kind.of_type, place, form)
    elif not is_input_object_type(kind):
        yield from _leaf(value, assert_leaf_type(kind), place, form)
    elif isinstance(found, dict):
        yield from _fields(value, found, kind, place, form)
    else:
        yield Fault(place, "must be an object of fields, in braces.", form.node(value))


def _items(
    value: Any,  # noqa: ANN401 - JSON or a node
    found: object,
    kind: GraphQLInputType,
    place: Place,
    form: Form,
) -> Iterator[Fault]:
    """One that is no list counts as a list of one."""
    if not isinstance(found, list):
        yield from faults(value, kind, place, form)
        return
    for at, item in enumerate(found):
        yield from faults(item, kind, (*place, at), form)


def _fields(
    value: Any,  # noqa: ANN401 - JSON or a node
    found: dict[str, Any],
    kind: GraphQLInputObjectType,
    place: Place,
    form: Form,
) -> Iterator[Fault]:
    for name, field in kind.fields.items():
        if name in found:
            yield from faults(found[name], field.type, (*place, name), form)
        elif is_required_input_field(field):
            yield Fault((*place, name), "is missing, and needed.", form.node(value))
    for name, strange in found.items():
        if name not in kind.fields:
            near = _near(name, kind.fields)
            hint = f"Did you mean `{near[0]}`?" if near else "Leave it out."
            says = f"is no field of {kind.name}. {hint}"
            yield Fault((*place, _short(name)), says, form.node(strange))


def _leaf(value: Any, kind: Leaf, place: Place, form: Form) -> Iterator[Fault]:  # noqa: ANN401
    try:
        fits = form.fits(kind, value) is not Undefined
    except Exception:  # noqa: BLE001 - whatever a scalar's parser thinks of it
        fits = False
    if not fits:
        found = form.look(value)
        yield Fault(place, f"{_shown(found)} {_wanted(kind, found)}", form.node(value))


def _wanted(kind: Leaf, found: object) -> str:
    if not is_enum_type(kind):
        return WORDS.get(kind.name, f"is no {kind.name}.")
    near = _near(str(found).upper(), kind.values)
    hint = f"Did you mean {near[0]}? " if near else ""
    more = ", …" if len(kind.values) > MANY else ""
    return f"is no {kind.name}. {hint}Choose from {', '.join(list(kind.values)[:MANY])}{more}."


def _near(found: str, names: Iterable[str]) -> list[str]:
    # The contract's names are ASCII; a letter that becomes two when written small, as İ does, is
    # more than graphql-core's measure has room for.
    return suggestion_list(found, list(names)) if found.isascii() else []


def written(place: Place) -> str:
    """`input.areas[2]:` as a message begins."""
    first, *rest = place
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)
    return f"`{first}{''.join(steps)}`"


def _shown(found: object) -> str:
    match found:
        case bool():
            return "(true)" if found else "(false)"
        case str():
            return f"(“{_short(found)}”)"
        case dict():
            return "(an object)"
        case list():
            return "(a list)"
    return f"({_short(str(found))})"


def _short(text: str) -> str:
    plain = "".join(c if c.isprintable() else "?" for c in text[: LONG + 1])
    return plain if len(text) <= LONG else f"{plain[:LONG]}…"


def _looked(node: ValueNode) -> object:  # noqa: PLR0911 - a kind of node each
    match node:
        case VariableNode():
            return UNKNOWN
        case NullValueNode():
            return None
        case ObjectValueNode():
            return {field.name.value: field.value for field in node.fields}
        case ListValueNode():
            return list(node.values)
        case BooleanValueNode():
            return node.value
        case EnumValueNode() | IntValueNode() | FloatValueNode():
            return Bare(node.value)
        case StringValueNode():
            return node.value
    return node


def _fits_node(kind: Leaf, node: Any) -> object:  # noqa: ANN401 - graphql-core tells const nodes apart
    if kind.coerce_input_literal is not None:
        return kind.coerce_input_literal(node)
    return kind.parse_literal(node)


JSON = Form(lambda value: value, lambda kind, value: kind.coerce_input_value(value), lambda _: None)
DOCUMENT = Form(_looked, _fits_node, lambda node: node)
