"""A real installation begins with the commands printed in deploy/README.md, and nothing else."""

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from support.asking import Portal, the_schema
from support.commands import run
from support.databases import environ_of

from auth.events import AuthEvent
from auth.people.invitations import accept
from auth.tables import Agency
from portal.settings import Settings
from portal.store.bootstrap import bootstrap
from portal.store.engines import Engines
from portal.store.server import Server

Do = Callable[[Engines], Awaitable[Any]]
GIVEN = "...on RoleRequestPayload { roleRequest { id state } }"


@dataclass
class Founded:
    """The database after the printed commands: what each said, and the links that were shown."""

    environ: dict[str, str]
    said: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def do(self, work: Do) -> Any:
        """Something with its engines, in a loop of its own, as commands have one."""

        async def working() -> Any:
            engines = Engines(Settings.from_env(self.environ))
            try:
                return await work(engines)
            finally:
                await engines.dispose()

        return asyncio.run(working())

    def come(self, link: str, name: str) -> UUID:
        """Somebody opens the link; the membership they get."""

        async def joining(engines: Engines) -> UUID:
            async with AsyncSession(engines.auth) as db, db.begin():
                token = link.partition("=")[2]
                return (await accept(db, token, name=name, now=datetime.now(UTC)))[1]

        member: UUID = self.do(joining)
        return member

    def ask(self, what: str, who: UUID, *given: Any) -> dict[str, Any]:
        """`ask` or `do`, as the API answers it today."""

        async def asking(engines: Engines) -> Any:
            today = datetime.now(UTC).date()
            portal = Portal(the_schema(), engines.command, today=today)
            return await getattr(portal, what)(who, *given)

        answer: dict[str, Any] = self.do(asking)
        return answer


def printed() -> list[str]:
    guide = Path("deploy/README.md").read_text()
    section = guide[guide.index("## 4.") : guide.index("## 5.")]
    script = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)[0]
    return [line for line in script.splitlines() if line]


@pytest.fixture(scope="module")
def founded(server: Server) -> Founded:
    bootstrap(server.dsn, "founded")
    made = Founded(environ_of(server, "founded"))
    assert run("migrate", environ=made.environ).exit_code == 0
    for line in printed():
        name, *arguments = shlex.split(line)
        assert name == "portal"
        ran = run(*arguments, environ=made.environ)
        assert ran.exit_code == 0, ran.output
        made.said.append(ran.stdout)
        if arguments[0] == "invite":
            made.links.append(ran.stdout.strip())
    return made


def test_the_printed_commands_leave_three_agencies_and_four_links(founded: Founded) -> None:
    assert len(founded.links) == 4
    assert all(link.startswith("http://localhost:8000/join?invitation=") for link in founded.links)
    listed = founded.said[-1]
    assert "Wirral Council: 0 members, 0 administrators  (needs two administrators)" in listed
    assert "joint_body" in listed


def test_what_the_operator_did_is_on_record_without_the_tokens(founded: Founded) -> None:
    async def lines(engines: Engines) -> list[Any]:
        async with engines.owner.connect() as owner:
            found = select(col(AuthEvent.kind), col(AuthEvent.reason), col(AuthEvent.agency_id))
            return list(await owner.execute(found.order_by(col(AuthEvent.at))))

    kept = [line for line in founded.do(lines) if "operator" in line.reason]
    kinds = [line.kind for line in kept]
    assert kinds.count("agency_added") == 3
    assert kinds.count("invited") == 4
    assert all(line.agency_id for line in kept)
    assert not any(link.partition("=")[2] in str(kept) for link in founded.links)


def test_two_who_came_by_the_links_let_the_others_in_and_give_roles(founded: Founded) -> None:
    first, second = (founded.come(link, f"Person {n}") for n, link in enumerate(founded.links[2:]))
    me = founded.ask("ask", first, "{ me { agency { name } roles } }")["me"]
    assert me == {"agency": {"name": "Wirral Council"}, "roles": ["AGENCY_ADMINISTRATOR"]}
    shown = "...on InvitationPayload { link }"
    given = {"forWhom": "Third", "role": "INITIATIVE_COORDINATOR"}
    link = founded.ask("do", first, "invite", given, shown)["link"]
    third = founded.come(link, "Third")
    wanted = {"membership": f"Membership:{third}", "role": "CASEWORKER"}
    asked = founded.ask("do", first, "grantRole", wanted, GIVEN)["roleRequest"]
    assert asked["state"] == "WAITING"
    done = founded.ask("do", second, "confirmRoleRequest", {"id": asked["id"]}, GIVEN)
    assert done["roleRequest"]["state"] == "CONFIRMED"
    days = ("trainingUntil", "vettingUntil", "confidentialityUntil")
    standing = {"membership": f"Membership:{third}", **dict.fromkeys(days, "2099-01-01")}
    founded.ask("do", second, "recordStanding", standing)
    me = founded.ask("ask", third, "{ me { roles } }")["me"]
    assert me["roles"] == ["CASEWORKER", "INITIATIVE_COORDINATOR"]
    logged = {"title": "Safer streets", "startsOn": "2026-11-01", "endsOn": "2027-12-01"}
    assert founded.ask("do", third, "logInitiative", logged)["__typename"] == "InitiativePayload"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("agency", "add", "Wirral council", "--short", "W", "--kind", "council"), "agency called"),
        (("agency", "add", "A", "--short", "A", "--kind", "council", "--area", "X"), "no areas"),
        (("agency", "add", "A", "--short", "A", "--kind", "joint_body"), "has a host"),
        (("agency", "add", " ", "--short", "A", "--kind", "charity"), "Give a name"),
        (("agency", "add", "A", "--short", "A", "--kind", "charity", "--host", "Wirral"), "a host"),
        (("agency", "add", "A", "--short", "A", "--kind", "joint_body", "--host", "No"), "no such"),
        (("invite", "--agency", "Nobody", "--for", "X"), "no such agency"),
        (("invite", "--agency", "Wirral", "--for", " "), "for whom"),
        (
            ("invite", "--agency", "Wirral", "--for", "X", "--role", "partnership_administrator"),
            "Nobody has this role in a council",
        ),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    founded: Founded, arguments: tuple[str, ...], says: str
) -> None:
    ran = run(*arguments, environ=founded.environ)
    assert ran.exit_code == 1
    assert says in ran.output

    async def names(engines: Engines) -> list[str]:
        async with engines.owner.connect() as owner:
            return list((await owner.execute(select(col(Agency.name)))).scalars())

    assert len(founded.do(names)) == 3


@pytest.mark.parametrize("role", ["caseworker", "marac_coordinator", "conduct_lead", "auditor"])
def test_an_operators_invitation_carries_no_case_role_either(founded: Founded, role: str) -> None:
    ran = run("invite", "--agency", "Wirral", "--for", "X", "--role", role, environ=founded.environ)
    assert ran.exit_code == 2
    assert "Invalid value for '--role'" in ran.output
