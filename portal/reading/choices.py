"""The contract's choices: each is a plain enum of ours, and says there what its class says here."""

from inspect import cleandoc

from graphql import GraphQLSchema, is_enum_type, is_introspection_type


def describe_choices(schema: GraphQLSchema) -> None:
    """Strawberry takes an enum as it finds it, wherever that is named first; only the words that
    explain it are missing. Nobody has to register one, in any order.
    """
    for kind in schema.type_map.values():
        if is_enum_type(kind) and not is_introspection_type(kind) and kind.description is None:
            chosen = kind.extensions["strawberry-definition"].wrapped_cls
            kind.description = cleandoc(chosen.__doc__ or "") or None
