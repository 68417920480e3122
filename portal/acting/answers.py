"""A mutation's answer as JSON: the payload is read by SQL, a refusal is projected from its parts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from graphql import GraphQLObjectType
from sqlalchemy import Uuid, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

from portal.acting.exposed import Exposed
from portal.acting.work import Warned
from portal.errors import Conflict, Invalid, NotAllowed, NotVisible, Refusal
from portal.reading.binding import Asked
from portal.reading.plans import Operation, Plan, Plans, as_bytes, freeze

ROW = "arg_row"


@dataclass
class Answer:
    """The answer of one root field of a mutation, in the selection's order."""

    plans: Plans
    operation: Operation
    exposed: Exposed
    key: str
    details: list[Any]
    rows: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.composer = self.operation.composer(self.plans.schema)

    def fields(self, type_name: str) -> dict[str, list[Any]]:
        """What is asked of one member of the union."""
        kind = self.plans.schema.get_type(type_name)
        assert isinstance(kind, GraphQLObjectType)
        return self.composer.below(kind, self.details)

    async def read(self, session: AsyncSession, asked: Asked, row_id: UUID) -> bool:
        """Read the payload's row as the caller sees it now; False when the caller does not."""
        connection = await session.connection()
        found = True
        for key, details in self.fields(self.exposed.payload).items():
            if details[0].node.name.value == self.exposed.field:
                plan = self._plan(key, details)
                values = plan.arguments(self.operation.variables, asked, {ROW: row_id})
                row = (await connection.exec_driver_sql(plan.sql, tuple(values))).scalar_one()
                self.rows[key] = row or b"null"
                found = found and row is not None
        return found

    def _plan(self, key: str, details: list[Any]) -> Plan:
        def make() -> Plan:
            composer = self.operation.composer(self.plans.schema)
            kind = self.plans.schema.get_type(self.exposed.shows)
            assert isinstance(kind, GraphQLObjectType)
            row = composer.related(kind, details, bindparam(ROW, None, type_=Uuid()), None)
            return freeze(as_bytes(row), composer.binds)

        return self.plans.get(self.operation.key(self.key, key), make)

    def done(self, warned: Sequence[Warned], deleted: str | None = None) -> bytes:
        """The payload; its row has been read, unless the verb deleted it."""
        plain = {
            "__typename": self.exposed.payload,
            "deletedId": deleted,
            "warnings": warning_parts(warned),
        }
        pieces = []
        for key, details in self.fields(self.exposed.payload).items():
            name = details[0].node.name.value
            value = (
                self.rows[key] if name == self.exposed.field else self._plain(details, plain[name])
            )
            pieces.append(f'"{key}":'.encode() + value)
        return b"{" + b",".join(pieces) + b"}"

    def refused(self, refusal: Refusal) -> bytes:
        """A refusal, as a member of the union."""
        type_name, parts = refusal_parts(refusal)
        plain = {"__typename": type_name, **parts}
        pieces = [
            f'"{key}":'.encode() + self._plain(details, plain[details[0].node.name.value])
            for key, details in self.fields(type_name).items()
        ]
        return b"{" + b",".join(pieces) + b"}"

    def _plain(self, details: list[Any], value: Any) -> bytes:  # noqa: ANN401 - any JSON
        return json.dumps(self._project(details, value)).encode()

    def _project(self, details: list[Any], value: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, list):
            return [self._project(details, item) for item in value]
        if not isinstance(value, dict):
            return value
        kind = self.plans.schema.get_type(value["__typename"])
        assert isinstance(kind, GraphQLObjectType)
        below = self.composer.below(kind, details)
        return {key: self._project(d, value[d[0].node.name.value]) for key, d in below.items()}


def refusal_parts(refusal: Refusal) -> tuple[str, dict[str, Any]]:
    """A refusal as (type name, all its fields)."""
    match refusal:
        case Invalid(findings=findings):
            errors = [
                {
                    "__typename": "FieldError",
                    "path": ["input", *f.path],
                    "message": f.message,
                    "code": f.code,
                }
                for f in findings
            ]
            first = errors[0]
            message = (
                first["message"] if len(errors) == 1 else f"{len(errors)} fields need attention."
            )
            return "ValidationError", {
                "message": message, "code": "VALIDATION", "path": first["path"], "errors": errors,
            }  # fmt: skip
        case NotAllowed(rule=rule, granted_by=granted_by):
            return "NotPermitted", {
                "message": str(refusal), "code": "NOT_PERMITTED", "path": ["input"],
                "rule": rule, "grantedBy": granted_by,
            }  # fmt: skip
        case NotVisible(path=path):
            return "NotFound", {
                "message": str(refusal),
                "code": "NOT_FOUND",
                "path": ["input", *path],
            }
        case Conflict(current=current):
            return "Conflict", {
                "message": str(refusal), "code": "CONFLICT", "path": ["input", "expectedVersion"],
                "currentVersion": current,
            }  # fmt: skip
    raise refusal


def warning_parts(warned: Sequence[Warned]) -> list[dict[str, Any]]:
    """Warnings with all their fields."""
    return [
        {"__typename": "Warning", "path": ["input", *w.path], "message": w.message, "code": w.code}
        for w in warned
    ]
