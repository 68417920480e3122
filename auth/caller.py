"""Who is calling: what Python knows of the principal that the database has opened."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from auth.roles import Role, Scope
from auth.strength import Strength


@dataclass(frozen=True)
class Caller:
    """A person acting as one membership, or an API client of an agency."""

    principal_id: UUID
    kind: str  # "membership" or "client"
    agency_id: UUID
    person_id: UUID | None = None
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Scope] = frozenset()
    team_ids: frozenset[UUID] = field(default_factory=frozenset)
    authenticated_at: datetime | None = None
    acr: Strength | None = None
    delegated: bool = False
    """Whether a program acts in the person's name."""

    def can(self, scope: Scope) -> bool:
        """Whether roles and token together allow this."""
        return scope in self.scopes
