"""graphql/access.md: who may do what and who sees what, from the declarations themselves."""

from collections.abc import Iterator, Mapping

from graphql import GraphQLField, GraphQLSchema, get_named_type

from auth.kinds import AgencyKind
from auth.roles import ROLES, SCOPES, Role, Scope, excluded_by, invitable
from portal.acting import codes
from portal.acting.exposed import Exposed
from portal.database import RULES
from portal.edge.codes import Code
from portal.reading.covering import WITHHELD
from portal.reading.declare import SOURCES, declared
from portal.store.rules import SIGNED_IN

YES, NO = "yes", "·"
HEAD = """# Who may do what

Written by `poe contract` from `auth/roles.py`, the mutations and the row rules; do not edit it.

A role belongs to a membership. An API client has scopes, never more than the person who answers for
it. What a caller may not see is not there: by id, in lists, in counts. What is visible and not
theirs to change answers `NotPermitted`, with the rule and who could grant it.
"""


def access_table(schema: GraphQLSchema) -> str:
    """The page as Markdown."""
    parts = [HEAD, *_roles(), *_queries(schema), *_mutations(schema), *_rows(), *_codes()]
    return "\n".join(parts) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: list[str], rows: Iterator[list[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows), ""]


def _short(role: Role) -> str:
    return role.value.replace("_", " ")


def _roles() -> list[str]:
    """Role by scope, then how each is given."""
    rows = ([_short(r), *(YES if s in SCOPES[r] else NO for s in Scope)] for r in Role)
    table = _table(["role", *(f"`{s}`" for s in Scope)], rows)
    return ["## Roles and scopes", "", *table, *_giving()]


def _giving() -> list[str]:
    says = (
        "Administrators give roles from their agency's list, never to themselves, and only where"
        " there are two administrators. A role that *handles cases* rests while training, vetting"
        " or the confidentiality declaration has lapsed or is not recorded. *Takes two*: one"
        " administrator asks and another confirms. *By invitation*: an administrator's invitation"
        " can carry it."
    )
    head = [
        "role",
        "handles cases",
        "takes two",
        "by invitation",
        "never beside",
        "kinds of agency",
    ]
    return ["## How roles are given", "", says, "", *_table(head, map(_given, Role))]


def _given(role: Role) -> list[str]:
    trait = ROLES[role]
    beside = ", ".join(_short(other) for other in Role if other in excluded_by(role))
    kinds = ", ".join(kind.value.replace("_", " ") for kind in AgencyKind if kind in trait.kinds)
    every = len(trait.kinds) == len(AgencyKind)
    told = (trait.cases, trait.second_person, invitable(role))
    return [_short(role), *(YES if each else NO for each in told), beside or NO,
            "all" if every else kinds]  # fmt: skip


def _queries(schema: GraphQLSchema) -> list[str]:
    """Role by root field for reading: everyone may ask, the rows decide what comes back."""
    fields = schema.query_type.fields if schema.query_type else {}
    says = (
        "Every signed-in caller may ask each of these; the row rules below decide what comes back."
        " `open`: only rows that are open to everyone signed in, such as public initiatives."
    )
    rows = (
        [f"`{name}`", *(_reach(field, role) for role in Role)] for name, field in fields.items()
    )
    head = ["field", *(_short(role) for role in Role)]
    return ["## Root fields: reading", "", says, "", *_table(head, rows)]


def _reach(field: GraphQLField, role: Role) -> str:
    """How far a role reads with a root field: most rows need the scope to read work."""
    kind = get_named_type(field.type)
    listed = getattr(kind, "fields", {}).get("nodes")
    name = get_named_type(listed.type).name if listed else kind.name
    source = SOURCES.get(name)
    everyones = source is not None and RULES[source.table.fullname].see == SIGNED_IN
    own = name in {"Me", "Area"}
    return YES if everyones or own or Scope.INITIATIVES_READ in SCOPES[role] else "open"


def _mutations(schema: GraphQLSchema) -> list[str]:
    """Role by mutation: the scope each needs. Rows and agencies narrow it further."""
    fields = schema.mutation_type.fields if schema.mutation_type else {}
    says = (
        "`yes`: the role's scopes allow it. The rules of `access.py` narrow it further, for example"
        " to the lead agency or to one's own agency's actions."
    )
    exposed: dict[str, Exposed] = {n: declared(f)["exposed"] for n, f in fields.items()}
    rows = (
        [f"`{n}`", f"`{e.needs}`" if e.needs else NO, *(_may(e, role) for role in Role)]
        for n, e in exposed.items()
    )
    head = ["mutation", "scope", *(_short(role) for role in Role)]
    return ["## Root fields: changing", "", says, "", *_table(head, rows)]


def _may(exposed: Exposed, role: Role) -> str:
    """What needs no scope, people do about themselves."""
    return YES if not exposed.needs or exposed.needs in SCOPES[role] else NO


def _rows() -> list[str]:
    """Who sees each table's rows."""
    rows = ([f"`{name}`", rule.says] for name, rule in sorted(RULES.items()))
    return ["## Who sees which rows", "", *_table(["table", "who"], rows)]


def _codes() -> list[str]:
    """First the codes of requests that never became an answer, then those of answers."""
    rows = ([f"`{code.value}`", str(code.status), code.meaning] for code in Code)
    says = (
        "In `errors[].extensions.code`. As `application/json`, a fault of the query or its"
        " variables comes with status 200, as GraphQL over HTTP asks."
    )
    return [
        *("## Error codes", "", says, "", *_table(["code", "HTTP status", "meaning"], rows)),
        *("## Codes of refusals", "", *_meanings(codes.REFUSALS)),
        *("## Codes of field errors and warnings", ""),
        *("In `errors[].code` of a `ValidationError`:", "", *_meanings(codes.FAULTS)),
        *("In `warnings[].code` of a payload:", "", *_meanings(codes.WARNINGS)),
        *("In `extensions.withheld[].code` of an answer:", "", *_meanings(WITHHELD)),
    ]


def _meanings(meanings: Mapping[str, str]) -> list[str]:
    rows = ([f"`{code}`", meaning] for code, meaning in meanings.items())
    return _table(["code", "meaning"], rows)
