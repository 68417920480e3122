"""Signing in at a partner's provider: out with a link, back with a code, in with a session."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from auth.federation import landing, under_way
from auth.federation.answers import Expected, Proof, read_id_token
from auth.federation.arrivals import Arrived
from auth.federation.directory import Described
from auth.federation.exchange import Asking
from auth.federation.federation import Federation, Visitor
from auth.federation.landing import Arrival
from auth.federation.outbound import Unanswered
from auth.federation.providers import about_secret
from auth.federation.refusals import Refused, Told
from auth.federation.returned import Returned, returned
from auth.federation.tables import IdentityProvider, ProviderSecret
from auth.federation.under_way import Begun, Secrets, Wish
from auth.keys.vault import CannotOpen
from auth.oauth.jose import Malformed
from auth.people.invitations import InvitationOver, look

KIND = "partner_sign_in"
SCOPE, WITH_NAME = "openid", "openid profile"


@dataclass(frozen=True)
class Landed:
    """The new session's cookie, or who has still to say yes to an invitation; and where the person
    wanted to go. `invited`: the invitation they came with waits for an answer.
    """

    cookie: str | None
    next: str
    waiting: Arrived | None = None
    invited: bool = False


async def set_out(fed: Federation, provider_id: UUID, visitor: Visitor, wish: Wish) -> str:
    """The provider's address to go to; Refused says why there is none."""
    async with fed.with_provider(provider_id, KIND, visitor.request_id) as provider:
        agreed = [*provider.phr_acr, *provider.mfa_acr]
        if wish.session_id and not agreed:
            raise Refused(Told.CANNOT_PROVE, "no acr value is agreed with this provider")
        about = await fed.describe(provider)
        secrets = Secrets.fresh(visitor.browser)
        async with fed.sessions.begin() as db:
            await under_way.keep(db, provider.id, secrets, wish, fed.now())
        afresh = {"prompt": "login", "max_age": "0", "acr_values": " ".join(agreed)}
        async with fed.directory.outbound.client(
            client_id=provider.client_id,
            redirect_uri=fed.redirect_uri(provider.id),
            scope=WITH_NAME if wish.invitation_hash else SCOPE,
            code_challenge_method="S256",
        ) as client:
            address, _ = client.create_authorization_url(
                about.authorization_endpoint,
                state=secrets.state,
                code_verifier=secrets.verifier,
                nonce=secrets.nonce,
                **(afresh if wish.session_id else {}),
            )
        return str(address)


async def come_back(
    fed: Federation, provider_id: UUID, query: Sequence[tuple[str, str]], visitor: Visitor
) -> Landed:
    """A session for whom the provider vouches for; Refused says why there is none."""
    async with fed.with_provider(provider_id, KIND, visitor.request_id) as provider:
        answer = returned(query)
        secrets = Secrets(visitor.browser, answer.state)
        async with fed.sessions.begin() as db:  # commits at once: whatever follows, it is used
            begun = await under_way.take(db, provider.id, secrets, fed.now())
        if begun is None:
            reason = "no sign-in under way with this state in this browser, or it took too long"
            raise Refused(Told.BEGIN_AGAIN, reason)
        try:
            proof, claims = await _proof(fed, provider, answer, secrets, begun)
        except Unanswered as error:
            raise Refused(Told.UNREACHABLE, f"the provider: {error}") from error
        except Malformed as error:
            raise Refused(Told.NOT_BELIEVED, f"the answer: {error}") from error
        who = landing.arrived(provider, proof, claims, begun, fed.now())
        return await _landed(fed, Arrival(provider, who, visitor, fed.now()), begun.wish)


async def say_yes(fed: Federation, who: Arrived, visitor: Visitor) -> str:
    """The cookie of somebody who accepts the invitation they came with. InvitationOver and Refused
    say why there is none."""
    async with fed.with_provider(who.provider_id, KIND, visitor.request_id) as provider:
        arrival = Arrival(provider, who, visitor, fed.now())
        async with fed.sessions() as db:
            try:
                cookie = await landing.join(db, arrival)
            except InvitationOver:
                await db.commit()  # the refusal's line
                raise
            await db.commit()
            return cookie


async def _landed(fed: Federation, arrival: Arrival, wish: Wish) -> Landed:
    async with fed.sessions.begin() as db:
        if wish.session_id:
            return Landed(await landing.step_up(db, arrival, wish.session_id), wish.next)
        came = await landing.sign_in(db, arrival)
        if isinstance(came, Arrived):
            return Landed(None, wish.next, waiting=came)
        hashed = wish.invitation_hash
        invited = hashed is not None and await look(db, hashed, arrival.now) is not None
        return Landed(came, wish.next, invited=invited)


async def _proof(
    fed: Federation, provider: IdentityProvider, answer: Returned, secrets: Secrets, begun: Begun
) -> tuple[Proof, dict[str, Any]]:
    """Whom the provider vouches for, and what it says of them."""
    about = await fed.describe(provider)
    code = answer.code_from(provider.issuer, names_itself=about.names_itself)
    asking = await _asking(fed, provider, about)
    tokens = await asking.redeem(code, secrets.verifier, fed.now())
    again = begun.wish.session_id is not None
    want = Expected(secrets.nonce, tokens.access_token, begun.at, again)
    proof = await read_id_token(tokens.id_token, provider, fed.directory, want, fed.now())
    needed = {"name"} if begun.wish.invitation_hash else set()
    if provider.roles_claim:
        needed.add(provider.roles_claim)
    if needed <= proof.claims.keys():
        return proof, proof.claims
    # What the ID token leaves out, userinfo may say; it must be about the same person.
    return proof, {**await asking.userinfo(tokens.access_token, proof.subject), **proof.claims}


async def _asking(fed: Federation, provider: IdentityProvider, about: Described) -> Asking:
    found = select(col(ProviderSecret.sealed)).where(col(ProviderSecret.provider_id) == provider.id)
    async with fed.sessions.begin() as db:
        sealed = (await db.execute(found)).scalar_one_or_none()
    try:
        secret = fed.keyring.open(sealed, about_secret(provider.id)).decode() if sealed else None
    except CannotOpen as error:
        raise Refused(Told.UNREACHABLE, "the provider's secret cannot be opened") from error
    uri = fed.redirect_uri(provider.id)
    return Asking(provider, about, fed.directory.outbound, fed.keyring, secret, uri)
