"""A verb as a mutation: its input, its payload and its result union, all derived from the verb."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Union

import strawberry
from strawberry.types.base import get_object_definition

from auth.roles import Scope
from portal import problems
from portal.acting.inputs import COMMON, Param, make_input, params_of

Verb = Callable[..., Awaitable[Any]]
_PAYLOADS: dict[str, Any] = {}


@dataclass(frozen=True)
class Exposed:
    """What the executor needs to run a mutation."""

    name: str
    verb: Verb
    params: list[Param]
    shows: str
    payload: str
    field: str | None
    """The payload's field that holds the row; None when the verb deletes it."""
    needs: str
    """The scope without which the verb always refuses, "" for none: shown in access.md."""
    fresh: bool = False
    """Whether it asks for a fresh proof of who is calling, since it gives access to others."""
    own_word: bool = False
    """Whether it is somebody's own word, which no program can give in their name."""

    @property
    def in_person(self) -> bool:
        """Whether no program does it, not even in somebody's name: a consent lends nobody the
        power to say who else is let in.
        """
        return self.own_word or self.needs in {Scope.AGENCIES_MANAGE, Scope.PARTNERSHIP_MANAGE}

    @property
    def deletes(self) -> str:
        """The type that a `delete_…` verb removes, from its name."""
        return "".join(part.capitalize() for part in self.name.split("_")[1:])


def mutation(  # noqa: PLR0913 - what a mutation is has this many sides
    verb: Verb,
    shows: type | str,
    *,
    needs: str,
    fresh: bool = False,
    own_word: bool = False,
    link: str = "",
) -> Any:  # noqa: ANN401
    """The mutation that runs `verb` and answers with the row it returns, shown as `shows`.

    The input has the verb's parameters and an idempotency key; the description is the
    verb's docstring.
    `shows` is the GraphQL type of the returned row, or "Deleted". A `fresh` one wants a person who
    proved within ten minutes who they are (auth/strength.py); `own_word` takes
    it from no program, whatever it was allowed. `link` describes what the payload of
    this type shows once; it is the same for all mutations that answer with the type.
    """
    called = verb.__name__.rstrip("_")  # an underscore only avoids a keyword
    says = inspect.cleandoc(verb.__doc__ or "").split("\n\n")[0]
    params = params_of(verb)
    key = Param(
        "idempotency_key", str, COMMON["idempotency_key"], inspect.Parameter.empty, lambda v, _: v
    )
    title = "".join(part.capitalize() for part in called.split("_"))
    given = make_input(
        f"{title}Input", [*params, key], f"What `{title[0].lower()}{title[1:]}` needs."
    )
    shown, payload, row_field, union = _result(shows, link)
    exposed = Exposed(called, verb, params, shown, payload, row_field, needs, fresh, own_word)

    def never(input: object) -> None:
        raise AssertionError("mutations are run by act()")

    parameter = inspect.Parameter(
        "input",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[given, strawberry.argument(description="What to do.")],
    )
    never.__signature__ = inspect.Signature([parameter], return_annotation=union)  # type: ignore[attr-defined]
    never.__annotations__ = {"input": parameter.annotation, "return": union}
    return strawberry.field(
        resolver=never, description=says, metadata={"exposed": exposed}, name=None
    )


def _result(shows: type | str, link: str) -> tuple[str, str, str | None, Any]:
    """(type's name, payload type's name, its row field, the union) for rows shown as `shows`; made
    once for each.
    """
    name = shows if isinstance(shows, str) else get_object_definition(shows, strict=True).name
    row_field = None if name == "Deleted" else name[0].lower() + name[1:]
    if name not in _PAYLOADS:
        payload = _deleted() if row_field is None else _payload(name, shows, link)
        union = strawberry.union(
            f"{name}Result",
            description=f"The {name} after the change, or why nothing was changed."
            if row_field
            else "The id of what was deleted, or why nothing was.",
        )
        members = (
            payload,
            problems.ValidationError,
            problems.NotPermitted,
            problems.NotFound,
            problems.Conflict,
        )
        _PAYLOADS[name] = Annotated[Union[members], union]  # noqa: UP007 - members are values here
    return name, f"{name}Payload", row_field, _PAYLOADS[name]


def _payload(name: str, shows: Any, link: str) -> type:  # noqa: ANN401 - a Strawberry type
    field = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    body: dict[str, Any] = {
        "__annotations__": {field: shows, "warnings": list[problems.Warning]},
        field: strawberry.field(description=f"The {name} as it is now."),
        "warnings": strawberry.field(description="What was accepted and deserves a second look."),
    }
    if link:
        body["__annotations__"]["link"] = str | None
        body["link"] = strawberry.field(description=link)
    return strawberry.type(
        type(f"{name}Payload", (), body), description=f"The {name} after the change."
    )


def _deleted() -> type:
    body: dict[str, Any] = {
        "__annotations__": {"deleted_id": strawberry.ID, "warnings": list[problems.Warning]},
        "deleted_id": strawberry.field(description="The id of what is gone."),
        "warnings": strawberry.field(description="What deserves a second look."),
    }
    return strawberry.type(type("DeletedPayload", (), body), description="Something was deleted.")
