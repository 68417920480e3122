"""@skip and @include: under which values of the variables a selection is answered."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from graphql import BooleanValueNode, DirectiveNode, SelectionNode, VariableNode

Conditions: TypeAlias = frozenset[tuple[str, bool]]
"""Variables and the values they must have, all of them."""


def conditions_of(node: SelectionNode, inherited: Conditions) -> Conditions | None:
    """The selection's own conditions and those around it; None if it is never answered."""
    found = set(inherited)
    for directive in node.directives or ():
        wanted = {"include": True, "skip": False}.get(directive.name.value)
        if wanted is None:
            continue
        match _if(directive):
            case VariableNode() as variable:
                found.add((variable.name.value, wanted))
            case BooleanValueNode() as constant if constant.value is not wanted:
                return None
    return frozenset(found)


def holds(alternatives: Iterable[Conditions], variables: Mapping[str, object]) -> bool:
    """Whether one of the alternatives is met."""
    return any(
        all(variables.get(name) is wanted for name, wanted in conditions)
        for conditions in alternatives
    )


def _if(directive: DirectiveNode) -> object:
    return next((a.value for a in directive.arguments or () if a.name.value == "if"), None)
