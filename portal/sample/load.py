"""Loads the whole sample into an empty database."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import SQLModel

from auth.notices import Notice, NoticeKind
from portal.changes.tables import Change, History
from portal.sample.agreements import agreement_rows
from portal.sample.asked import audit_rows
from portal.sample.cases import case_rows
from portal.sample.conferences import conference_case, conference_rows
from portal.sample.covering import cover_rows
from portal.sample.emergencies import emergency_rows
from portal.sample.following import pathway_teams
from portal.sample.initiatives import IMPORTED, public_rows
from portal.sample.joining import consent_to, joining_rows
from portal.sample.mail import mail_rows
from portal.sample.matters import matter_rows
from portal.sample.outside import onward_rows, outside_rows
from portal.sample.partnership import AGENCIES, PEOPLE, fixed, load_partnership
from portal.sample.programs import ROTA, example_program
from portal.sample.repeats import earlier_cases
from portal.sample.safe_routes import invented_rows
from portal.sample.scales import scale_rows
from portal.sample.terms import holidays, terms
from portal.store.rules import table_of

_FIXED_ID = "md5(concat_ws('/', c.object_type, c.object_id, c.version, c.kind))::uuid"


async def load_sample(owner: AsyncConnection) -> None:
    """The partners, then what they do together; does nothing where there is anything already."""
    await load_partnership(owner)
    if (await owner.execute(text("SELECT count(*) FROM initiative"))).scalar_one() == 0:
        people = [_notice(), *joining_rows(), *example_program(IMPORTED), consent_to(ROTA.id)]
        together = [
            *public_rows(),
            *invented_rows(),
            *people,
            *terms(),
            *holidays(),
            *agreement_rows(),
        ]
        together += [*pathway_teams(), *scale_rows(), *cover_rows(), *conference_rows()]
        cases = [*case_rows(), *matter_rows(), *emergency_rows(), *outside_rows()]
        cases += onward_rows()
        cases += conference_case()
        cases += earlier_cases()
        await add_all(owner, [*together, *audit_rows(), *mail_rows(), *cases])
        await _settle_past(owner)


def _notice() -> Notice:
    """What the portal has told one of the people."""
    who = "wirral.coordinator"
    agency, name, _, _ = PEOPLE[who]
    return Notice(
        id=fixed("notice", who),
        person_id=fixed("person", name),
        at=IMPORTED,
        kind=NoticeKind.ROLE_CHANGED,
        says=f"You are now initiative coordinator of {AGENCIES[agency][0]}.",
    )


async def add_all(owner: AsyncConnection, rows: Iterable[SQLModel]) -> None:
    """Insert rows in the order given, as the tables' owner."""
    async with AsyncSession(bind=owner, expire_on_commit=False) as session:
        for row in rows:
            session.add(row)
            await session.flush()
        await session.commit()  # into the owner's own transaction


async def _settle_past(owner: AsyncConnection) -> None:
    """Give the recorded changes fixed ids and the day of the import: the sample is always the same.

    New rows come first and the old ones go last, because history refers to them.
    """
    columns = [c.name for c in table_of(Change).columns if c.name not in {"id", "at"}]
    kept = ", ".join(f'"{name}"' for name in columns)
    for statement in (
        f"INSERT INTO change (id, at, {kept}) SELECT DISTINCT ON ({_FIXED_ID})"  # noqa: S608
        f" {_FIXED_ID}, :at, {kept} FROM change c ORDER BY {_FIXED_ID}",
        f"UPDATE {History.__tablename__} h SET at = :at, change_id = {_FIXED_ID}"  # noqa: S608
        " FROM change c WHERE c.id = h.change_id AND c.at <> :at",
        "DELETE FROM change WHERE at <> :at",
    ):
        await owner.execute(text(statement), {"at": IMPORTED})
