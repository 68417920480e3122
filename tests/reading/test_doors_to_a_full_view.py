"""What only a full view of a case shows is read by no way that does not write down to whom."""

import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
    parse,
)
from graphql.execution.values import get_variable_values
from support.asking import the_schema
from support.running import core
from support.twins import FULL_VIEW

from portal.database import RULES, statements
from portal.reading.declare import SOURCES
from portal.reading.plans import Operation, Plans, query_plan

SCHEMA = core(the_schema())
KEPT = {
    name
    for name, rule in RULES.items()
    if any("referral_child_keys('full')" in trigger for trigger in rule.triggers)
}
"""The tables whose rows carry the keys of a case's full view."""
READS = re.compile(rf'\b(?:FROM|JOIN)\s+"?({"|".join(sorted(KEPT))})\b')
FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\(.*?\$\$(.*?)\$\$", re.DOTALL)
OPENS = re.compile(r"\bconsult(?:_listed)?\(")
OPENED = {"ReferralFile"}
"""Types behind the one field that takes a purpose."""
NOTED = {name for name, source in SOURCES.items() if source.noted}
"""Types of which each row that is shown writes its case down."""
HOW_MANY = {
    name
    for noted in NOTED
    for name in (f"{noted}Connection.totalCount", f"{noted}Connection.pageInfo",
                 f"{noted}Edge.cursor")
}  # fmt: skip
"""Of those lists what shows no row."""
LOOKED_UP = {
    "ReferralFilter.person", "ReferralFilter.urn", "ReferralFilter.highRisk",
    "HearingFilter.withoutSupporter", "Hearing.withoutSupporter",
}  # fmt: skip
"""By these queues are worked, by whoever could open the case: the answer is a summary."""
TOTALS = {"Query.caseTotals", "CaseTotal.key", "CaseTotal.whole", "CaseTotal.cases"}
VALUES = {
    "String": '"A 12"', "ID": f'"Referral:{UUID(int=0)}"', "Int": "3", "Boolean": "true",
    "Date": '"2026-11-16"', "DateTime": '"2026-11-16T09:00:00Z"', "UUID": f'"{UUID(int=0)}"',
    "Decimal": '"1"',
}  # fmt: skip
Path = tuple[str, ...]


def literal(kind: Any) -> str:
    """Some value of an input type."""
    if isinstance(kind, GraphQLNonNull):
        return literal(kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{literal(kind.of_type)}]"
    return next(iter(kind.values)) if isinstance(kind, GraphQLEnumType) else VALUES[kind.name]


def called(name: str, field: Any, **more: str) -> str:
    """The field with the arguments that it cannot do without, and these."""
    given = {n: literal(a.type) for n, a in field.args.items() if is_required_argument(a)}
    said = ", ".join(f"{n}: {v}" for n, v in {**given, **more}.items())
    return f"{name}({said})" if said else name


def below(kind: Any) -> str:
    """What is asked of a field: of a list, its rows."""
    if is_leaf_type(kind):
        return ""
    inner = next((one for one in ("nodes", "node") if one in getattr(kind, "fields", ())), None)
    return f"{{ {inner} {{ __typename }} }}" if inner else "{ __typename }"


@lru_cache(maxsize=1)
def ways() -> dict[str, Path]:
    """How each type is come to from the root, without opening a case first."""
    found: dict[str, Path] = {"Query": ()}
    ahead: deque[Any] = deque([SCHEMA.query_type])
    while ahead:
        kind = ahead.popleft()
        if kind.name in NOTED:
            continue
        for name, field in kind.fields.items():
            for step in steps(name, field):
                target = step[-1].removeprefix("... on ")
                one = get_named_type(field.type) if target == step[-1] else SCHEMA.type_map[target]
                if is_object_type(one) and one.name not in OPENED | found.keys():
                    found[one.name] = (*found[kind.name], *step)
                    ahead.append(one)
    return found


def steps(name: str, field: Any) -> Iterator[Path]:
    """What is asked to come through a field; a record of any type is looked up by its id."""
    if not is_interface_type(get_named_type(field.type)):
        yield (called(name, field),)
    elif name == "node":
        for one in SCHEMA.get_possible_types(get_named_type(field.type)):
            yield f'node(id: "{one.name}:{UUID(int=0)}")', f"... on {one.name}"


def asked() -> Iterator[tuple[str, str]]:
    """(field or filter, document) for each of each type."""
    for kind_name, path in ways().items():
        for name, field in SCHEMA.type_map[kind_name].fields.items():
            if get_named_type(field.type).name in OPENED:
                continue
            leaf = below(get_named_type(field.type))
            yield f"{kind_name}.{name}", within(path, f"{called(name, field)} {leaf}")
            if "filter" in field.args:
                filters = get_named_type(field.args["filter"].type)
                for one, given in filters.fields.items():
                    narrow = called(name, field, filter=f"{{{one}: {literal(given.type)}}}")
                    yield f"{filters.name}.{one}", within(path, f"{narrow} {leaf}")


def within(path: Path, asks: str) -> str:
    return "{ " + " { ".join((*path, asks)) + " }" * (len(path) + 1)


@lru_cache(maxsize=1)
def written() -> dict[str, str]:
    """The statement for each."""
    plans = Plans(SCHEMA, size=10)
    found: dict[str, str] = {}
    for what, document in asked():
        tree = parse(document)
        values = get_variable_values(SCHEMA, (), {})
        operation = Operation(document, tree, tree.definitions[0], values)  # type: ignore[arg-type]
        found[what] = found.get(what, "") + query_plan(plans, operation).sql
    return found


def functions() -> set[str]:
    """Functions in whose text such a table is read."""
    bodies = [m for s in statements() for m in FUNCTION.findall(s)]
    return {name for name, body in bodies if READS.search(body)}


def test_every_table_of_the_full_view_is_known_here() -> None:
    assert set(FULL_VIEW) | {"event_codes"} <= KEPT
    assert len(ways()) > 200
    assert len(written()) > 1_500


def test_nothing_of_a_full_view_is_shown_without_writing_down_to_whom() -> None:
    """Whatever the path: by id, in a list, of a case or of what hangs on it, by any filter."""
    by_function = re.compile(rf"\b({'|'.join(sorted(functions()))})\(")
    past = {
        what
        for what, sql in written().items()
        if (READS.search(sql) or by_function.search(sql)) and not OPENS.search(sql)
    }
    assert past == HOW_MANY | LOOKED_UP | TOTALS


def test_each_noted_row_is_noted_by_whichever_path_it_comes() -> None:
    through = {
        what for what in written() for noted in NOTED
        if what in {f"{noted}Connection.nodes", f"{noted}Edge.node"} or what.startswith(f"{noted}.")
    }  # fmt: skip
    assert len(through) > 2 * len(NOTED)
    assert all(OPENS.search(written()[what]) for what in through)
    roots = SCHEMA.query_type.fields.items()
    assert [n for n, f in roots if get_named_type(f.type).name in OPENED] == ["referralFile"]
