"""Identity providers of agencies: adding one after looking at it, listing them, ending one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.federation.directory import Described, Directory
from auth.federation.outbound import Unanswered, good_address
from auth.federation.tables import (
    ALGORITHMS,
    LIVING,
    MAPPABLE,
    IdentityProvider,
    ProofOfUs,
    ProviderSecret,
    RoleMapping,
)
from auth.keys.ring import KeyRing
from auth.keys.sealing import place
from auth.oauth.consents import Consent
from auth.oauth.ending import end_consents
from auth.roles import Role
from auth.sessions.tables import BrowserSession, SessionSecret
from auth.tables import Agency, AgencyKind
from portal.errors import Invalid, NotVisible


@dataclass(frozen=True)
class NewProvider:
    """What an agency and the operator have agreed on."""

    agency_id: UUID
    issuer: str
    client_id: str
    proof: ProofOfUs = ProofOfUs.PRIVATE_KEY_JWT
    secret: str | None = field(default=None, repr=False)
    algorithms: Collection[str] = ("ES256", "PS256", "RS256")
    mfa_acr: Collection[str] = ()
    phr_acr: Collection[str] = ()
    roles_claim: str | None = None
    roles: Collection[tuple[str, Role]] = ()
    id: UUID | None = None


@dataclass(frozen=True)
class Living:
    """An agency whose people sign in at their own provider."""

    id: UUID
    agency_id: UUID
    agency: str


async def living(db: AsyncSession) -> list[Living]:
    """Every agency with a provider, by name, as the sign-in page lists them."""
    found = (
        select(col(IdentityProvider.id), col(Agency.id), col(Agency.name))
        .join(Agency, col(Agency.id) == col(IdentityProvider.agency_id))
        .where(LIVING, col(Agency.ended_on).is_(None))
        .order_by(col(Agency.name))
    )
    return [Living(*row) for row in await db.execute(found)]


async def provider_of(db: AsyncSession, agency_id: UUID) -> UUID | None:
    """The agency's provider, if its people have one."""
    found = select(col(IdentityProvider.id)).where(
        col(IdentityProvider.agency_id) == agency_id, LIVING
    )
    return (await db.execute(found)).scalar_one_or_none()


async def find(db: AsyncSession, provider_id: UUID) -> IdentityProvider | None:
    """A provider that has not ended."""
    found = select(IdentityProvider).where(col(IdentityProvider.id) == provider_id, LIVING)
    return (await db.execute(found)).scalar_one_or_none()


async def add(
    db: AsyncSession, new: NewProvider, directory: Directory, keyring: KeyRing, *, now: datetime
) -> IdentityProvider:
    """Let an agency's people sign in at its own provider, once that has answered as agreed."""
    _check(new, local=directory.outbound.local)
    await _check_agency(db, new)
    await _look(new, directory)
    provider = IdentityProvider(
        id=new.id or uuid4(),
        agency_id=new.agency_id,
        issuer=new.issuer,
        client_id=new.client_id,
        proof=new.proof,
        algorithms=sorted(new.algorithms),
        mfa_acr=sorted(new.mfa_acr),
        phr_acr=sorted(new.phr_acr),
        roles_claim=new.roles_claim,
        started_at=now,
    )
    db.add(provider)
    await db.flush()
    if new.secret:
        sealed = _sealed(provider.id, new.secret, keyring)
        db.add(ProviderSecret(provider_id=provider.id, sealed=sealed))
    for app_role, role in sorted(set(new.roles)):
        db.add(RoleMapping(provider_id=provider.id, app_role=app_role, role=role))
    await db.flush()
    return provider


async def end(db: AsyncSession, provider_id: UUID, *, now: datetime) -> int:
    """Nobody signs in there any more, and who did is signed out, with the programs that
    they let act for them; how many sessions that ended."""
    ended = (
        update(IdentityProvider)
        .where(col(IdentityProvider.id) == provider_id, LIVING)
        .values(ended_at=now)
        .returning(col(IdentityProvider.id))
    )
    if (await db.execute(ended)).first() is None:
        raise NotVisible(("provider",))
    await db.execute(delete(ProviderSecret).where(col(ProviderSecret.provider_id) == provider_id))
    gone = await end_sessions(db, now, col(BrowserSession.provider_id) == provider_id)
    await end_consents(db, now, col(Consent.provider_id) == provider_id)
    return gone


async def end_sessions(db: AsyncSession, now: datetime, *which: object) -> int:
    """End the living sessions that fit; their cookies stop working with the next request. Before
    their consents are ended: a consent that is being given holds its session until it is seen."""
    ended = (
        update(BrowserSession)
        .where(*which, col(BrowserSession.ended_at).is_(None))  # type: ignore[arg-type]  # conditions
        .values(ended_at=now)
        .returning(col(BrowserSession.id))
    )
    ids: Sequence[UUID] = (await db.execute(ended)).scalars().all()
    await db.execute(delete(SessionSecret).where(col(SessionSecret.session_id).in_(ids)))
    return len(ids)


async def renew_secret(
    db: AsyncSession, provider_id: UUID, secret: str, keyring: KeyRing
) -> IdentityProvider:
    """Sign in there with a new secret from now on: those that partners give run out."""
    provider = await find(db, provider_id)
    if provider is None:
        raise NotVisible(("provider",))
    if provider.proof is ProofOfUs.PRIVATE_KEY_JWT:
        raise Invalid.field("secret", "The portal signs in there with its key, not with a secret.")
    renewed = (
        update(ProviderSecret)
        .where(col(ProviderSecret.provider_id) == provider_id)
        .values(sealed=_sealed(provider_id, secret, keyring))
    )
    await db.execute(renewed)
    return provider


def about_secret(provider_id: UUID) -> str:
    """The place a provider's secret is sealed for."""
    return place("provider_secret", provider_id)


def _sealed(provider_id: UUID, secret: str, keyring: KeyRing) -> bytes:
    if not 0 < len(secret) <= 512 or not secret.isascii() or not secret.isprintable():
        raise Invalid.field("secret", "Give the secret as the provider showed it, on one line.")
    return keyring.seal(secret.encode(), about_secret(provider_id))


def _check(new: NewProvider, *, local: bool) -> None:
    if not good_address(new.issuer, local=local) or urlsplit(new.issuer).query:
        raise Invalid.field("issuer", "Give the issuer's https address, exactly as it says it.")
    if not 0 < len(new.client_id) <= 255 or not new.client_id.isprintable():
        raise Invalid.field("clientId", "Give the id under which the provider knows the portal.")
    if (new.proof is ProofOfUs.PRIVATE_KEY_JWT) == bool(new.secret):
        raise Invalid.field("secret", "Give a secret for client_secret_..., and for nothing else.")
    if not new.algorithms or set(new.algorithms) - set(ALGORITHMS):
        raise Invalid.field("algorithms", "Choose one or more of: " + ", ".join(ALGORITHMS) + ".")
    if set(new.mfa_acr) & set(new.phr_acr):
        raise Invalid.field("acr", "A value means two factors or phishing-resistant, not both.")
    if bool(new.roles) != bool(new.roles_claim):
        raise Invalid.field("roles", "Roles are mapped by a claim's name and a list of roles.")
    if beyond := {role for _, role in new.roles} - set(MAPPABLE):
        said = ", ".join(sorted(beyond))
        raise Invalid.field("roles", f"A directory cannot give {said}: people decide on these.")


async def _check_agency(db: AsyncSession, new: NewProvider) -> None:
    agency = await db.get(Agency, new.agency_id)
    if agency is None or agency.ended_on is not None:
        raise Invalid.field("agency", "There is no such agency, or it has ended.")
    if agency.kind is AgencyKind.JOINT_BODY:
        message = "People of a joint body sign in with their own agency's account."
        raise Invalid.field("agency", message)
    for role in sorted({role for _, role in new.roles}):
        if not (await db.execute(select(func.grantable(agency.id, role.value)))).scalar_one():
            raise Invalid.field("roles", f"This agency's own list does not have the role {role}.")
    taken = select(col(IdentityProvider.agency_id)).where(
        LIVING,
        (col(IdentityProvider.agency_id) == new.agency_id)
        | (col(IdentityProvider.issuer) == new.issuer),
    )
    for agency_id in (await db.execute(taken)).scalars():
        if agency_id == new.agency_id:
            raise Invalid.field("agency", "This agency has a provider already: end that first.")
        raise Invalid.field("issuer", "This issuer speaks for another agency already.")


async def _look(new: NewProvider, directory: Directory) -> None:
    """It answers, is who it should be, and can do what was agreed."""
    try:
        about = await directory.describe(new.issuer)
        await directory.outbound.get_json(about.jwks_uri)
    except Unanswered as problem:
        raise Invalid.field("issuer", f"The provider cannot be used: {problem}.") from problem
    _check_promises(new, about)


def _check_promises(new: NewProvider, about: Described) -> None:
    if about.methods is not None and new.proof.value not in about.methods:
        can = ", ".join(sorted(about.methods))
        raise Invalid.field("proof", f"The provider does not take {new.proof.value}, but: {can}.")
    if about.algorithms and not about.algorithms & set(new.algorithms):
        can = ", ".join(sorted(about.algorithms))
        raise Invalid.field("algorithms", f"The provider signs with none of these, but: {can}.")
    unknown = {*new.mfa_acr, *new.phr_acr} - about.acr_values
    if about.acr_values and unknown:
        said = ", ".join(sorted(unknown))
        raise Invalid.field("acr", f"The provider does not know the acr value {said}.")
