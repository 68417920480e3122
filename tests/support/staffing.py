"""An agency of its own for a test, with people in it, so that nobody else's test minds."""

from dataclasses import dataclass, field
from datetime import date
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy import insert

from auth.people.tables import Standing
from auth.roles import Role
from auth.tables import Agency, AgencyKind, Membership, MembershipRole, Person
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import JOINED
from portal.store.engines import Engines
from portal.store.rules import table_of

FOR_LONG = date(2030, 12, 31)
ADMIN = (Role.AGENCY_ADMINISTRATOR,)
_NUMBERS = count(1)


@dataclass
class Staff:
    """The agency, its members by name, and the people they are."""

    agency: UUID
    members: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)

    def __getitem__(self, name: str) -> UUID:
        return self.members[name]

    def id(self, name: str) -> str:
        """A member's id as the API writes it."""
        return f"Membership:{self.members[name]}"


async def staff(
    engines: Engines,
    kind: AgencyKind = AgencyKind.CHARITY,
    *,
    host: UUID | None = None,
    trained: bool = True,
    **roles: tuple[Role, ...],
) -> Staff:
    """A new agency with these people, all of them trained, vetted and bound to confidentiality."""
    number, made = next(_NUMBERS), Staff(uuid4())
    name = f"Test agency {number} {made.agency.hex[:6]}"
    async with engines.owner.begin() as owner:
        agency = Agency(id=made.agency, name=name, short_name=f"T{number}", kind=kind, host_id=host)
        await owner.execute(insert(table_of(Agency)).values(agency.model_dump()))
    for member, held in roles.items():
        await hire(engines, made, member, held, trained=trained)
    return made


async def hire(  # noqa: PLR0913 - a member has this many sides
    engines: Engines,
    made: Staff,
    name: str,
    held: tuple[Role, ...] = (),
    *,
    person: UUID | None = None,
    trained: bool = True,
) -> UUID:
    """One more member; with `person` a further membership of somebody known."""
    member, who = uuid4(), person or uuid4()
    until = FOR_LONG if trained else None
    async with engines.owner.begin() as owner:
        if person is None:
            await owner.execute(insert(table_of(Person)).values(id=who, name=name.title()))
        row = {"id": member, "person_id": who, "agency_id": made.agency, "starts_on": JOINED}
        await owner.execute(insert(table_of(Membership)).values(row))
        for role in held:
            gift = MembershipRole(membership_id=member, role=role)
            await owner.execute(insert(table_of(MembershipRole)).values(gift.model_dump()))
        standing = Standing(
            membership_id=member,
            training_until=until,
            vetting_until=until,
            confidentiality_until=until,
            recorded_at=IMPORTED,
        )
        await owner.execute(insert(table_of(Standing)).values(standing.model_dump()))
    made.members[name], made.people[name] = member, who
    return member
