"""`portal agency` and `portal invite`: how a real installation begins, as its operator."""

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import click
from sqlalchemy.ext.asyncio import AsyncSession

from auth.people.founding import (
    Listed,
    NewAgency,
    add_agency,
    agencies,
    agency_named,
    invite_first,
)
from auth.people.invitations import link_of
from auth.roles import ADMINISTRATORS, Role, invitable
from auth.tables import AgencyKind
from portal.cli.common import fail, settings_here, with_engines
from portal.clock import LONDON, Clock
from portal.errors import Invalid
from portal.settings import Settings
from portal.store.engines import Engines

T = TypeVar("T")
OWNER = "PORTAL_OWNER_DATABASE_URL"
CARRIED = [role.value for role in Role if role in ADMINISTRATORS or invitable(role)]


@click.group("agency")
def agency() -> None:
    """The agencies and joint bodies that take part."""


@agency.command("add")
@click.argument("name")
@click.option("--short", "short_name", required=True, help="What partners call it.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in AgencyKind]),
    required=True,
    help="What kind of body it is.",
)
@click.option(
    "--area", "areas", multiple=True, help="An ONS code where it works, such as E08000015."
)
@click.option("--team", "teams", multiple=True, help="A team that work can be addressed to.")
@click.option(
    "--host", help="For a joint body: the agency that hosts it, which gains nothing by it."
)
@click.option(
    "--shows-names", is_flag=True, help="Partners see its people's names, not only roles."
)
@click.option("--outside", is_flag=True, help="Named by partners, and no partner itself.")
def add(name: str, kind: str, **said: object) -> None:
    """Let the agency or joint body NAME take part. Prints its id.

    `--area` and `--team` can be given several times.
    """
    new = NewAgency(name=name, kind=AgencyKind(kind), **said)  # type: ignore[arg-type]  # its options
    settings = settings_here(os.environ, OWNER)
    today = Clock(settings.today).now().astimezone(LONDON).date()
    made = _done(settings, lambda db: add_agency(db, new, today=today))
    click.echo(f"Added {name}: {made}")
    click.echo(
        f'Next, twice: portal invite --agency "{name}" --role agency_administrator --for WHO'
    )


@agency.command("list")
def list_agencies() -> None:
    """List the agencies: id, kind, name, and how many members and administrators each has."""
    settings = settings_here(os.environ, OWNER)
    today = Clock(settings.today).now().astimezone(LONDON).date()
    for one in _done(settings, lambda db: agencies(db, today)):
        click.echo(_line(one))


@click.command("invite")
@click.option("--agency", "said", required=True, help="Which agency: its name, short name or id.")
@click.option(
    "--role",
    type=click.Choice(CARRIED),
    help="What they are from the start, if anything; never a role that handles cases.",
)
@click.option("--for", "for_whom", required=True, help="Whom you mean, for the agency's list.")
def invite(said: str, role: str | None, for_whom: str) -> None:
    """Invite somebody as the portal's operator, and print the link: once, for a week.

    An agency needs two administrators before any role changes: invite two people, and hand each
    link to its person over a way you trust. It is written down that you did.
    """
    settings = settings_here(os.environ, OWNER)
    carried = Role(role) if role else None

    async def do(db: AsyncSession) -> str:
        agency = await agency_named(db, said)
        return await invite_first(db, agency, carried, for_whom, now=datetime.now(UTC))

    token = _done(settings, do)
    click.echo(f"{settings.base_url}{link_of(token)}")
    click.echo("Good once, for 7 days. It is shown here only: the portal keeps no copy.", err=True)


def _line(one: Listed) -> str:
    ended = f", ended on {one.ended_on}" if one.ended_on else ""
    few = "" if one.administrators > 1 or one.ended_on else "  (needs two administrators)"
    counted = f"{_count(one.members, 'member')}, {_count(one.administrators, 'administrator')}"
    return f"{one.id}  {one.kind.value:18} {one.name}: {counted}{ended}{few}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _done(settings: Settings, do: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """As the tables' owner, in one transaction; what is wrong ends the command."""

    async def work(engines: Engines) -> T | Invalid:
        async with AsyncSession(engines.owner, expire_on_commit=False) as db:
            try:
                done = await do(db)
            except Invalid as refusal:
                return refusal
            await db.commit()
            return done

    done = with_engines(settings, work)
    if isinstance(done, Invalid):
        fail("\n".join(finding.message for finding in done.findings))
    return done
