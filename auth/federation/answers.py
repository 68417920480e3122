"""What a provider signs for us, checked: ID tokens, and the tokens that end sessions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from auth.federation.directory import Directory
from auth.federation.tables import IdentityProvider
from auth.oauth.jose import SKEW, Malformed, Signed, read
from auth.strength import Strength

LONGEST_TOKEN = 16 * 1024
LOGOUT_AGE = timedelta(minutes=5)
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_TYPES = {"", "jwt", "logout+jwt"}
_ID_TOKEN_TYPES = {"", "jwt"}
MOST_ROLES = 200


@dataclass(frozen=True)
class Proof:
    """Whom a provider vouches for, and how surely."""

    subject: str
    acr: str | None
    amr: tuple[str, ...]
    proved_at: datetime | None
    provider_session: str | None
    claims: dict[str, Any]

    def strength(self, provider: IdentityProvider, since: datetime) -> Strength:
        """As agreed with the partner, and only for what was proved for this sign-in.

        Who has been signed in there since the morning has not shown us a second factor just now.
        """
        if self.proved_at is None or self.proved_at < since - SKEW:
            return Strength.SINGLE_FACTOR
        if self.acr in provider.phr_acr:
            return Strength.PHISHING_RESISTANT
        return Strength.MULTI_FACTOR if self.acr in provider.mfa_acr else Strength.SINGLE_FACTOR


@dataclass(frozen=True)
class Expected:
    """What an ID token must be the answer to."""

    nonce: str
    access_token: str
    asked_at: datetime
    afresh: bool
    """Whether the person was to prove it again (max_age=0)."""


@dataclass(frozen=True)
class Logout:
    """Who is signed out: a person everywhere, or the sessions of one session of theirs there."""

    subject: str | None
    provider_session: str | None
    number: bytes


async def read_id_token(
    compact: str, provider: IdentityProvider, directory: Directory, want: Expected, now: datetime
) -> Proof:
    """Signature, then every claim; Malformed says what is wrong."""
    signed = await _signed(compact, provider, directory, _ID_TOKEN_TYPES)
    _check_id_token(signed, provider, want, now)
    proved = signed.instant("auth_time")
    if want.afresh and proved is None:
        raise Malformed("auth_time is missing")
    if proved is not None and proved > (now + SKEW).timestamp():
        raise Malformed("auth_time lies in the future")
    if want.afresh and proved is not None and proved < (want.asked_at - SKEW).timestamp():
        raise Malformed("auth_time is older than the request for a fresh proof")
    return Proof(
        _name(signed, "sub"),
        _optional(signed, "acr"),
        _methods(signed),
        None if proved is None else datetime.fromtimestamp(proved, UTC),
        _optional(signed, "sid"),
        signed.claims,
    )


async def read_logout(
    compact: str, provider: IdentityProvider, directory: Directory, now: datetime
) -> Logout:
    """OpenID Connect Back-Channel Logout 1.0, section 2.6, but for the single use of `jti`."""
    signed = await _signed(compact, provider, directory, _LOGOUT_TYPES)
    if signed.claims.get("iss") != provider.issuer:
        raise Malformed("iss is another issuer")
    if signed.claims.get("aud") not in (provider.client_id, [provider.client_id]):
        raise Malformed("aud is not the portal")
    signed.check_dates(now)
    issued = signed.instant("iat")
    if issued is None or signed.instant("exp") is None:
        raise Malformed("iat or exp is missing")
    if issued < (now - LOGOUT_AGE).timestamp():
        raise Malformed("iat is more than five minutes old")
    events = signed.claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise Malformed("events does not say that it is a logout")
    if "nonce" in signed.claims:
        raise Malformed("nonce must not be there")
    subject, session = _optional(signed, "sub"), _optional(signed, "sid")
    if subject is None and session is None:
        raise Malformed("sub and sid are both missing")
    number = f"{provider.id}|{_name(signed, 'jti')}".encode()
    return Logout(subject, session, sha256(number).digest())


def app_roles(claims: dict[str, Any], claim: str) -> list[str]:
    """The directory's roles; one alone may come as a text."""
    found = claims.get(claim)
    several = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return [role for role in several[:MOST_ROLES] if isinstance(role, str) and "\0" not in role]


async def _signed(
    compact: str, provider: IdentityProvider, directory: Directory, types: set[str]
) -> Signed:
    """Parsed by the strict reader, and signed by the provider with an agreed algorithm."""
    signed = read(compact, tuple(provider.algorithms), LONGEST_TOKEN)
    if str(signed.header.get("typ", "")).lower() not in types:
        raise Malformed("typ is that of another kind of token")
    if not signed.by(await directory.signer(provider.issuer, signed)):
        raise Malformed("the signature does not fit the provider's key")
    return signed


def _check_id_token(
    signed: Signed, provider: IdentityProvider, want: Expected, now: datetime
) -> None:
    """Authlib's checks, and two it leaves out: no other audience, not made before we asked."""
    options = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }
    known = {
        "nonce": want.nonce,
        "client_id": provider.client_id,
        "access_token": want.access_token,
    }
    try:
        header = {**signed.header, "alg": signed.older_name}
        claims = CodeIDToken(signed.claims, header, options, known)
        claims.validate(now=int(now.timestamp()), leeway=int(SKEW.total_seconds()))
    except JoseError as error:
        raise Malformed(str(error)) from error
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Malformed("a claim is of the wrong type") from error
    if signed.claims["aud"] not in (provider.client_id, [provider.client_id]):
        raise Malformed("aud names others too")
    signed.check_dates(now)
    issued = signed.instant("iat")
    if issued is None or issued < (want.asked_at - SKEW).timestamp():
        raise Malformed("iat is older than the sign-in")


def _name(signed: Signed, claim: str) -> str:
    value = signed.text(claim, 255)
    if not value.isascii() or not value.isprintable():
        raise Malformed(f"{claim} holds a character that is not allowed")
    return value


def _optional(signed: Signed, claim: str) -> str | None:
    return None if signed.claims.get(claim) is None else _name(signed, claim)


def _methods(signed: Signed) -> tuple[str, ...]:
    found = signed.claims.get("amr")
    if not isinstance(found, list):
        return ()
    return tuple(m for m in found[:10] if isinstance(m, str) and m.isprintable() and len(m) <= 50)
