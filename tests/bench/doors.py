"""The portal's doors under measurement: who comes with a token, a cookie, a password and a code."""

import hmac
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pyotp
from asked import HERE
from joserfc.jwk import ECKey
from servers import Request
from serving import CALLER, KEYS
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from support.accepting import accepted

from auth.accounts.passwords import Hasher
from auth.accounts.tables import Guess
from auth.accounts.verbs import open_account, set_password
from auth.keys.ring import KeyRing
from auth.oauth.consents import Consent
from auth.oauth.jose import sign
from auth.oauth.tables import AccessToken, Client, PrincipalKind
from auth.roles import Scope
from auth.sessions.verbs import begin
from auth.strength import Strength
from auth.tables import Agency, Membership, Person
from portal.settings import Settings
from portal.store.engines import Engines

PASSWORD = "harbour-lantern-oyster"
PAGE = (HERE.parents[1] / "graphql" / "operations" / "board-page.graphql").read_text()


@dataclass
class Program:
    """A program with a token that speaks for the busy member, and requests signed in advance."""

    address: str
    token: str = field(default_factory=lambda: token_urlsafe(32))
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    async def let_in(self, settings: Settings) -> None:
        """Write its token down, as the provider would have."""
        engines, now = Engines(settings), datetime.now(UTC)
        try:
            async with AsyncSession(engines.owner) as db, db.begin():
                member = await db.get_one(Membership, CALLER.principal)
                scopes = [str(scope) for scope in Scope]
                year = now + timedelta(days=300)
                client = Client(
                    agency_id=member.agency_id, name=f"Measured {uuid4()}",
                    owner_membership_id=member.id, scopes=scopes, created_at=now, expires_at=year,
                )  # fmt: skip
                db.add(client)
                await db.flush()
                db.add(accepted(client))
                consent = Consent(
                    client_id=client.id, membership_id=member.id, person_id=member.person_id,
                    scopes=scopes, given_at=now, expires_at=year,
                )  # fmt: skip
                db.add(consent)
                await db.flush()
                db.add(self._row(client.id, consent.id, member.id, scopes, now))
        finally:
            await engines.dispose()

    def _row(self, client: UUID, consent: UUID, member: UUID, scopes: list[str], now: datetime):
        return AccessToken(
            token_hash=sha256(self.token.encode()).digest(), principal_id=member,
            kind=PrincipalKind.MEMBERSHIP, client_id=client, consent_id=consent,
            thumbprint=self.key.thumbprint(), scopes=scopes, issued_at=now,
            expires_at=now + timedelta(minutes=5), authenticated_at=now, acr=Strength.MULTI_FACTOR,
        )  # fmt: skip

    def requests(self, body: dict, number: int) -> list[Request]:
        """So many of one request, each with a proof of its own."""
        digest = urlsafe_b64encode(sha256(self.token.encode()).digest()).rstrip(b"=").decode()
        url, jwk = f"{self.address}/graphql", self.key.as_dict(private=False)
        head: dict[str, object] = {"typ": "dpop+jwt", "jwk": jwk}
        made: list[Request] = []
        for _ in range(number):
            claims: dict[str, object] = {"jti": uuid4().hex, "htm": "POST", "htu": url}
            claims |= {"iat": int(time.time()), "ath": digest}
            proof = sign(head, claims, self.key)
            headers = {"authorization": f"DPoP {self.token}", "dpop": proof}
            made.append(("/graphql", body, headers))
        return made


async def cookie(settings: Settings) -> dict[str, str]:
    """The header of a browser in which the busy member is signed in."""
    engines = Engines(settings)
    try:
        async with AsyncSession(engines.owner) as db, db.begin():
            member = await db.get_one(Membership, CALLER.principal)
            value = await begin(
                db, person_id=member.person_id, membership_id=member.id, device="Chromium",
                acr=Strength.MULTI_FACTOR, amr=["pwd", "otp"], now=datetime.now(UTC),
            )  # fmt: skip
    finally:
        await engines.dispose()
    return {"cookie": f"__Host-session={value}"}


@dataclass(frozen=True)
class Knock:
    """Somebody's name and secret."""

    name: str
    secret: str

    def request(self, address: str) -> Request:
        """Their form, with this moment's code, from a browser of their own."""
        visitor = token_urlsafe(32)
        token = _mac(visitor)
        code = pyotp.TOTP(self.secret).now()
        fields = {"form_token": token, "name": self.name, "password": PASSWORD, "code": code}
        headers = {
            "cookie": f"__Host-visitor={visitor}",
            "origin": address,
            "sec-fetch-site": "same-origin",
            "content-type": "application/x-www-form-urlencoded",
        }
        return ("/sign-in/password", urlencode(fields), headers)


def _mac(visitor: str) -> str:
    return hmac.new(visitor.encode(), b"form", "sha256").hexdigest()


async def people(settings: Settings, number: int) -> list[Knock]:
    """New people of a charity without a sign-in of its own, each with a password and an app."""
    engines, hasher, now = Engines(settings), Hasher(), datetime.now(UTC)
    ring = KeyRing.load(KEYS)
    hashed = await hasher.hash(PASSWORD)
    made = []
    try:
        async with AsyncSession(engines.owner) as db, db.begin():
            await db.execute(delete(Guess))  # of an earlier run from this address
            charity = (
                (await db.execute(select(col(Agency.id)).where(col(Agency.kind) == "charity")))
                .scalars()
                .first()
            )
            for _ in range(number):
                person = Person(name="Somebody Measured")
                db.add(person)
                await db.flush()
                db.add(
                    Membership(
                        person_id=person.id, agency_id=charity, starts_on=now.date() - timedelta(1)
                    )
                )
                account = await open_account(db, person.id, f"somebody{uuid4().hex}")
                secret = pyotp.random_base32()
                await set_password(db, ring, account, hashed=hashed, secret=secret, step=0, now=now)
                made.append(Knock(account.sign_in_name, secret))
    finally:
        await engines.dispose()
    return made
