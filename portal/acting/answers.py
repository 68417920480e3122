"""A mutation's answer as JSON: the row is read by SQL, a refusal is written from its parts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from portal.acting.exposed import Exposed
from portal.acting.work import Warned
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotVisible, Refusal
from portal.reading.compose import Details, object_type
from portal.reading.fields import by_key
from portal.reading.plans import Operation, Plan, Plans, freeze

ROW = "arg_row"
KNOWN = "(SELECT {}::uuid AS principal_id, {}::uuid AS agency_id, {}::uuid[] AS team_ids)"
"""The caller of a transaction that has been opened before."""
Parts = dict[str, Any]


@dataclass
class Answer:
    """The answer of one root field of a mutation, in the selection's order."""

    plans: Plans
    operation: Operation
    exposed: Exposed
    key: str
    details: Details
    rows: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.composer = self.operation.composer(self.plans)

    def fields(self, type_name: str) -> dict[str, Details]:
        """What is asked of one member of the union."""
        return self.composer.below(object_type(self.plans.schema.get_type(type_name)), self.details)

    def prepare(self) -> None:
        """Plan what the payload asks, and check its arguments: GraphQLError while nothing has run
        yet, since after the verb it would come too late.
        """
        for key, details in self._rows():
            self._plan(key, details).binds.values(self.operation.variables)

    def _rows(self) -> Iterator[tuple[str, Details]]:
        """Where the payload asks for the row."""
        for key, details in self.fields(self.exposed.payload).items():
            if details[0].node.name.value == self.exposed.field:
                yield key, details

    async def read(self, session: AsyncSession, context: Context, row_id: UUID) -> bool:
        """Read the payload's row as the caller sees it now; False when the caller does not."""
        connection, caller = await session.connection(), context.caller
        known = (caller.principal_id, caller.agency_id, list(caller.team_ids))
        found = True
        for key, details in self._rows():
            plan = self._plan(key, details)
            values = plan.arguments(self.operation.variables, context.asked(), {ROW: row_id})
            read = await connection.exec_driver_sql(plan.opened_by(KNOWN), (*values, *known))
            row = read.mappings().one()["answer"]
            self.rows[key] = row or b"null"
            found = found and row is not None
        return found

    def _plan(self, key: str, details: Details) -> Plan:
        def make() -> Plan:
            composer = self.operation.composer(self.plans)
            kind = object_type(self.plans.schema.get_type(self.exposed.shows))
            row = by_key(composer, kind, details, composer.binds.number(ROW))
            return freeze(row, composer.binds)

        return self.plans.get(self.operation.key(self.key, key), make)

    def done(
        self, warned: Sequence[Warned], deleted: str | None = None, link: str | None = None
    ) -> bytes:
        """The payload; its row has been read, unless the verb deleted it."""
        warnings = [_about("Warning", w.path, w.message, w.code) for w in warned]
        parts = {"deletedId": deleted, "warnings": warnings, "link": link}
        return self._written(self.exposed.payload, parts)

    def refused(self, refusal: Refusal) -> bytes:
        """A refusal, as a member of the union."""
        return self._written(*refusal_parts(refusal))

    def _written(self, type_name: str, parts: Parts) -> bytes:
        plain = {"__typename": type_name, **parts}
        pieces = []
        for key, details in self.fields(type_name).items():
            row = self.rows.get(key) if type_name == self.exposed.payload else None
            value = (
                row
                or json.dumps(self._project(details, plain[details[0].node.name.value])).encode()
            )
            pieces.append(f'"{key}":'.encode() + value)
        return b"{" + b",".join(pieces) + b"}"

    def _project(self, details: Details, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """What the selection asks of a value that is already at hand."""
        if isinstance(value, list):
            return [self._project(details, item) for item in value]
        if not isinstance(value, Mapping):
            return value
        kind = object_type(self.plans.schema.get_type(value["__typename"]))
        below = self.composer.below(kind, details)
        return {key: self._project(d, value[d[0].node.name.value]) for key, d in below.items()}


def refusal_parts(refusal: Refusal) -> tuple[str, Parts]:
    """A refusal as (type name, all its fields)."""
    match refusal:
        case Invalid(findings=findings):
            errors = [_about("FieldError", f.path, f.message, f.code) for f in findings]
            one = errors[0]
            message = (
                one["message"] if len(errors) == 1 else f"{len(errors)} fields need attention."
            )
            parts: Parts = {"message": message, "code": "VALIDATION", "path": one["path"]}
            return "ValidationError", {**parts, "errors": errors}
        case NotAllowed(rule=rule, granted_by=granted_by):
            parts = _about("NotPermitted", (), str(refusal), "NOT_PERMITTED")
            return "NotPermitted", {**parts, "rule": rule, "grantedBy": granted_by}
        case NotVisible(path=path):
            return "NotFound", _about("NotFound", path, str(refusal), "NOT_FOUND")
        case Conflict(current=current):
            parts = _about("Conflict", ("expectedVersion",), str(refusal), "CONFLICT")
            return "Conflict", {**parts, "currentVersion": current}
    raise refusal


def _about(type_name: str, path: Sequence[str], message: str, code: str) -> Parts:
    return {
        "__typename": type_name,
        "path": ["input", *path],
        "message": message,
        "code": code,
    }
