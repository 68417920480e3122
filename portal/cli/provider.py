"""`portal provider`: the identity providers at which agencies' people sign in."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import click
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.events import EventOutcome, note
from auth.federation.directory import Directory
from auth.federation.federation import BACK
from auth.federation.outbound import Outbound
from auth.federation.providers import NewProvider, end, living, renew_secret
from auth.federation.providers import add as add_provider
from auth.federation.tables import ALGORITHMS, MAPPABLE, IdentityProvider, ProofOfUs
from auth.keys.ring import KeyRing
from auth.oauth.provider import JWKS_PATH
from auth.roles import Role
from auth.tables import Agency
from portal.cli.common import fail, settings_here, with_engines
from portal.cli.serve import keys_of
from portal.errors import Invalid, NotVisible, Refusal
from portal.settings import Mode, Settings
from portal.store.engines import Engines

OWNER = "PORTAL_OWNER_DATABASE_URL"
LOGOUT = "/sign-in/logout/"
PROVIDER = click.argument("provider_id", metavar="PROVIDER", type=click.UUID)
SECRET = click.option(
    "--secret-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with the client secret, which the portal seals; remove it afterwards.",
)


class Mapped(click.ParamType[tuple[str, Role]]):
    """THEIRS=OURS: a role of the directory, and the role here that it gives."""

    name = "THEIRS=OURS"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Role]:
        if isinstance(value, tuple):
            return value
        theirs, _, ours = str(value).rpartition("=")
        if not theirs.strip() or ours not in set(MAPPABLE):
            self.fail("write it as THEIRS=OURS, where OURS is one of: " + ", ".join(MAPPABLE))
        return theirs.strip(), Role(ours)


@click.group("provider")
def provider() -> None:
    """Identity providers: where an agency's people sign in with their own accounts.

    Each speaks for one agency. Operators add and end them; who is let in decides an invitation.
    """


@provider.command("add")
@click.option("--agency", required=True, help="Whose people sign in there: name or id.")
@click.option("--issuer", required=True, help="The provider's issuer, exactly as it says it.")
@click.option("--client-id", required=True, help="Under which id it knows the portal.")
@click.option(
    "--proof",
    type=click.Choice([proof.value for proof in ProofOfUs]),
    default=ProofOfUs.PRIVATE_KEY_JWT.value,
    show_default=True,
    help="How the portal proves that it is the portal; the first needs no secret.",
)
@SECRET
@click.option(
    "--algorithm",
    "algorithms",
    type=click.Choice(ALGORITHMS),
    multiple=True,
    default=("ES256", "PS256", "RS256"),
    show_default=True,
    help="What it may sign with. Can be given several times.",
)
@click.option("--mfa-acr", multiple=True, help="An acr value that means two factors, as agreed.")
@click.option("--phr-acr", multiple=True, help="An acr value that means: cannot be phished.")
@click.option("--roles-claim", help="The claim with the directory's roles, if they are mapped.")
@click.option("--role", "roles", type=Mapped(), multiple=True, help="A role that it gives here.")
def add(agency: str, proof: str, secret_file: Path | None, **agreed: object) -> None:
    """Let an agency's people sign in at its own provider.

    Asks the provider first, and saves nothing if it does not answer as agreed. Sign-ins with local
    accounts of this agency end with it. Prints the addresses that the provider must know.
    """
    secret = _read(secret_file)
    settings = settings_here(os.environ, OWNER)
    directory = Directory(Outbound(local=settings.mode is Mode.DEMO))
    keyring = keys_of(settings)

    async def do(db: AsyncSession) -> Deed:
        agency_id = await _agency(db, agency)
        how = {"proof": ProofOfUs(proof), "secret": secret, **agreed}
        new = NewProvider(agency_id, **how)  # type: ignore[arg-type]  # the options are its names
        made = await add_provider(db, new, directory, keyring, now=datetime.now(UTC))
        return Deed(made.id, agency_id)

    made = _done(settings, "provider_added", do).id
    click.echo(f"Added {made}.\nGive the provider's administrator these addresses:")
    click.echo(_addresses(settings, made))


@provider.command("list")
def list_providers() -> None:
    """List the providers in use: the agency, its id, the issuer."""

    async def look(engines: Engines) -> list[str]:
        async with AsyncSession(engines.owner) as db:
            lines = []
            for one in await living(db):
                found = await db.get(IdentityProvider, one.id)
                issuer = found.issuer if found else ""
                lines.append(f"{one.id}  {one.agency}  {issuer}")
            return lines

    for line in with_engines(settings_here(os.environ, OWNER), look):
        click.echo(line)


@provider.command("secret")
@PROVIDER
@SECRET
def secret(provider_id: UUID, secret_file: Path | None) -> None:
    """Sign in at PROVIDER with a new secret, before the old one runs out."""
    given = _read(secret_file)
    if given is None:
        fail("Name a file with the new secret: --secret-file FILE.")
    settings = settings_here(os.environ, OWNER)
    keyring: KeyRing = keys_of(settings)

    async def do(db: AsyncSession) -> Deed:
        found = await renew_secret(db, provider_id, given, keyring)
        return Deed(found.id, found.agency_id)

    _done(settings, "provider_secret_renewed", do)
    click.echo(f"Renewed the secret for {provider_id}.")


@provider.command("end")
@PROVIDER
def end_provider(provider_id: UUID) -> None:
    """End PROVIDER: nobody signs in there any more, and whoever did is signed out at once.

    Its people need local accounts then (`portal invite`), or another provider.
    """

    async def do(db: AsyncSession) -> Deed:
        found = await db.get(IdentityProvider, provider_id)
        sessions = await end(db, provider_id, now=datetime.now(UTC))
        return Deed(provider_id, found.agency_id if found else None, sessions)

    done = _done(settings_here(os.environ, OWNER), "provider_ended", do)
    click.echo(f"Ended {provider_id}, and {done.sessions} sessions with it.")


@dataclass(frozen=True)
class Deed:
    """What was done to which provider of whom."""

    id: UUID
    agency_id: UUID | None
    sessions: int = 0


def _done(settings: Settings, kind: str, do: Callable[[AsyncSession], Awaitable[Deed]]) -> Deed:
    """Do it as the operator, with its line among the sign-in events; a refusal says why."""

    async def work(engines: Engines) -> Deed | str:
        async with AsyncSession(engines.owner, expire_on_commit=False) as db:
            try:
                deed = await do(db)
            except Refusal as refusal:
                return _told(refusal)
            reason = f"by the operator: {deed.id}"
            note(db, kind, EventOutcome.DONE, reason, uuid4(), agency_id=deed.agency_id)
            await db.commit()
            return deed

    done = with_engines(settings, work)
    if isinstance(done, str):
        fail(done)
    return done


async def _agency(db: AsyncSession, said: str) -> UUID:
    """By id or by name, whatever its case."""
    try:
        wanted = col(Agency.id) == UUID(said.removeprefix("Agency:"))
    except ValueError:
        wanted = func.lower(col(Agency.name)) == said.strip().lower()
    found = (await db.execute(select(col(Agency.id)).where(wanted))).scalar_one_or_none()
    if found is None:
        raise Invalid.field("agency", "There is no such agency. Give its full name, or its id.")
    return found


def _read(file: Path | None) -> str | None:
    return file.read_text().strip() if file else None


def _addresses(settings: Settings, provider_id: UUID) -> str:
    base = settings.base_url
    return (
        f"  redirect URI             {base}{BACK}{provider_id}\n"
        f"  back-channel logout URI  {base}{LOGOUT}{provider_id}\n"
        f"  the portal's keys        {base}{JWKS_PATH}"
    )


def _told(refusal: Refusal) -> str:
    if isinstance(refusal, NotVisible):
        return "There is no such provider, or it has ended: `portal provider list`."
    if isinstance(refusal, Invalid):
        return "\n".join(finding.message for finding in refusal.findings)
    return str(refusal)
