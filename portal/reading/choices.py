"""The contract's choices: each is a plain enum of ours, and says there what its class says here,
and what the text below each member says.
"""

import ast
from collections.abc import Iterator
from enum import Enum
from inspect import cleandoc, getsource
from itertools import pairwise
from textwrap import dedent

from graphql import GraphQLSchema, is_enum_type, is_introspection_type


def describe_choices(schema: GraphQLSchema) -> None:
    """Strawberry takes an enum as it finds it, wherever that is named first; only the words that
    explain it are missing. Nobody has to register one, in any order.
    """
    for kind in schema.type_map.values():
        if is_enum_type(kind) and not is_introspection_type(kind):
            chosen = kind.extensions["strawberry-definition"].wrapped_cls
            if kind.description is None:
                kind.description = cleandoc(chosen.__doc__ or "") or None
            for name, says in explained(chosen):
                kind.values[name].description = says


def explained(chosen: type[Enum]) -> Iterator[tuple[str, str]]:
    """Each member that has a text below it, and the text. Python throws it away, so that it is read
    from the source. What was made without any has none, which the promises refuse.
    """
    try:
        [declared] = ast.parse(dedent(getsource(chosen))).body
    except (OSError, TypeError):
        return
    steps = declared.body if isinstance(declared, ast.ClassDef) else []
    for step, below in pairwise(steps):
        match step, below:
            case (
                ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, cleandoc(text)
