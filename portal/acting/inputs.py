"""A verb's signature becomes its GraphQL input, so that the two cannot drift apart."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry

from portal.errors import Finding, Invalid, NotVisible
from portal.reading.binding import storable
from portal.reading.ids import BadId, from_global


@dataclass(frozen=True)
class Ref:
    """Marks a UUID parameter: the API's id of a row of this type."""

    type_name: str


class Keep(Enum):
    """The default of a parameter that a change leaves alone when it is not given; null
    clears it.
    """

    KEEP = "keep"


KEEP = Keep.KEEP
COMMON = {
    "expected_version": "The version you read; Conflict when the record has a newer one.",
    "idempotency_key": (
        "Your own key for this change, up to 80 characters: repeating it within 7 days changes"
        " nothing."
    ),
}


@dataclass(frozen=True)
class Param:
    """One parameter: how the API types it, what it says, and how a value becomes the verb's
    argument.
    """

    name: str
    kind: Any
    says: str
    default: object
    convert: Callable[[Any, tuple[str, ...]], Any]
    nullable: bool = False
    """Whether null says something: that there is none."""

    @property
    def required(self) -> bool:
        """Whether the input must hold it."""
        return self.default is inspect.Parameter.empty


def params_of(verb: Callable[..., object]) -> list[Param]:
    """The parameters of a verb after `work`."""
    hints = get_type_hints(verb, include_extras=True)
    listed = list(inspect.signature(verb).parameters.values())[1:]
    return [_param(p.name, hints[p.name], p.default, verb.__qualname__) for p in listed]


def _param(name: str, hint: object, default: object, where: str) -> Param:
    kind, says, convert = _read(hint, where)
    said = says or COMMON.get(name)
    if not said:
        raise TypeError(f"{where}: describe `{name}` with Annotated[..., 'what it is']")
    return Param(name, kind, said, default, convert, _takes_null(hint))


def _takes_null(hint: object) -> bool:
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return NoneType in get_args(hint)


def _read(hint: Any, where: str) -> tuple[Any, str, Callable[[Any, tuple[str, ...]], Any]]:  # noqa: ANN401
    """(API type, description, conversion) of an annotation."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        says = next((m for m in reversed(marks) if isinstance(m, str)), "")
        ref = next((m for m in marks if isinstance(m, Ref)), None)
        if ref is not None:
            return strawberry.ID, says or f"The id of the {ref.type_name}.", _id_of(ref)
        kind, deeper, convert = _read(inner, where)
        return kind, says or deeper, convert
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part not in (NoneType, Keep)]
        if len(parts) != 1:
            raise TypeError(f"{where}: a union of {parts} has no GraphQL input")
        kind, says, convert = _read(parts[0], where)
        return kind | None, says, lambda v, path: None if v is None else convert(v, path)
    if get_origin(hint) is list:
        kind, says, convert = _read(get_args(hint)[0], where)
        return (
            GenericAlias(list, (kind,)),
            says,
            lambda v, path: [convert(i, (*path, str(n))) for n, i in enumerate(v)],
        )
    if is_dataclass(hint) and isinstance(hint, type):
        return input_of(hint), "", lambda v, path: _build(hint, v, path)
    return hint, "", lambda v, path: v


def _list_of(kind: Any) -> Any:  # noqa: ANN401 - any type
    return list[kind]


def _id_of(ref: Ref) -> Callable[[Any, tuple[str, ...]], UUID]:
    def convert(text: str, path: tuple[str, ...]) -> UUID:
        try:
            type_name, row_id = from_global(text)
        except BadId as bad:
            raise Invalid(Finding(path, str(bad), "BAD_ID")) from None
        if type_name != ref.type_name:
            raise NotVisible(path)
        return row_id

    return convert


@cache
def input_of(shape: type) -> type:
    """The GraphQL input of a dataclass that a verb takes as part of its input."""
    hints = get_type_hints(shape, include_extras=True)
    params = [
        _param(
            f.name,
            hints[f.name],
            inspect.Parameter.empty if f.default is MISSING else f.default,
            shape.__name__,
        )
        for f in fields(shape)
    ]
    return make_input(f"{shape.__name__}Input", params, inspect.cleandoc(shape.__doc__ or ""))


def _build(shape: type, given: Mapping[str, Any], path: tuple[str, ...]) -> object:
    hints = get_type_hints(shape, include_extras=True)
    converters = {
        camel(name): (name, _read(hint, shape.__name__)[2]) for name, hint in hints.items()
    }
    found = {}
    for key, value in given.items():
        name, convert = converters[key]
        found[name] = convert(value, (*path, key))
    return shape(**found)


def make_input(name: str, params: list[Param], says: str) -> type:
    """A Strawberry input type made of parameters."""
    body: dict[str, Any] = {"__annotations__": {}}
    for param in params:
        body["__annotations__"][param.name] = (
            param.kind if param.required else _optional(param.kind)
        )
        extra = {} if param.required else {"default": strawberry.UNSET}
        body[param.name] = strawberry.field(description=param.says, **extra)
    return strawberry.input(type(name, (), body), description=says)


def _optional(kind: Any) -> Any:  # noqa: ANN401 - any type
    return kind | None


def arguments(params: list[Param], given: Mapping[str, Any]) -> dict[str, Any]:
    """The verb's keyword arguments from the coerced input; the first bad id ends it, at
    its path.
    """
    faults = list(_unstorable(given, ()))
    if faults:
        raise Invalid(*faults)
    found = {}
    for param in params:
        name = camel(param.name)
        if name not in given:
            continue
        if given[name] is not None or param.nullable:
            found[param.name] = param.convert(given[name], (name,))
        elif param.default is KEEP:
            says = "This cannot be cleared. Leave it out to keep it as it is."
            raise Invalid.field(name, says, "REQUIRED")
        # Null for something that has a default means the default.
    return found


def _unstorable(value: Any, path: tuple[str, ...]) -> Iterator[Finding]:  # noqa: ANN401 - any input
    """Whatever the database cannot take, at its place; no verb has to look for it."""
    if isinstance(value, Mapping):
        parts: Iterable[tuple[object, Any]] = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        if not storable(value):
            message = "Remove NUL, halves of surrogate pairs, infinities and impossible times."
            yield Finding(path, message, "UNSTORABLE")
        return
    for name, part in parts:
        yield from _unstorable(part, (*path, str(name)))


def camel(name: str) -> str:
    """`starts_on` as the API writes it: `startsOn`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
