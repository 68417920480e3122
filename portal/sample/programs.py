"""The sample's API clients: programs of some agencies, each with a key file of its own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import SQLModel, col

from auth.oauth.clients import (
    ITSELF,
    LONGEST_LIFE,
    NewClient,
    add_client,
    add_key,
    new_private_key,
    write_private_key,
)
from auth.oauth.tables import Client, ClientAcceptance, ClientKey, Grant
from auth.roles import Scope
from portal.sample.partnership import PEOPLE, agency_id, fixed, membership_id

BACK = "http://localhost:8400/back"
_READS = (Scope.INITIATIVES_READ,)
_CONTRIBUTES = (*_READS, Scope.INITIATIVES_CONTRIBUTE)
_EDITS = (*_CONTRIBUTES, Scope.INITIATIVES_EDIT)
_CASES = (Scope.REFERRALS_SUMMARY, Scope.REFERRALS_READ, Scope.REFERRALS_WORK)
_WORKS = (*_READS, *_CASES)
_AGREES = (*_READS, Scope.REFERRALS_SUMMARY, Scope.AGREEMENTS_DRAFT)


@dataclass(frozen=True)
class Program:
    """A program of a sample agency, and the person who answers for it.

    By its `key` the demo and its files know it.
    """

    key: str
    name: str
    owner: str
    scopes: tuple[Scope, ...]
    back: tuple[str, ...] = ()
    """Where it sends people back to who let it act for them."""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """For itself, and for people if it has somewhere to send them."""
        return (*ITSELF, Grant.AUTHORIZATION_CODE) if self.back else ITSELF

    @property
    def id(self) -> UUID:
        """The same at every start."""
        return fixed("client", self.key)

    @property
    def agency(self) -> str:
        """Its owner's."""
        return PEOPLE[self.owner][0]


PROGRAMS = (
    Program("rasa", "RASA dashboard", "rasa.coordinator", _CONTRIBUTES),
    Program("rasa-coordinator", "RASA coordination desk", "rasa.coordinator", _EDITS),
    Program("wirral", "Wirral community safety system", "wirral.coordinator", _EDITS, (BACK,)),
    Program("police", "Merseyside Police analytics", "police.coordinator", _READS),
    Program("police-cases", "Merseyside Police case system", "police.caseworker", _CASES),
    Program("cps", "CPS case system", "cps.liaison", _CASES),
    Program("tww", "Tomorrow's Women case system", "tww.caseworker", _WORKS),
    Program("idva", "Wirral IDVA case system", "wirral.idva", _WORKS),
    Program("marac", "Wirral MARAC system", "marac.coordinator", (*_WORKS, Scope.MARAC_COORDINATE)),
    Program("uol", "University of Liverpool case system", "uol.caseworker", _WORKS),
    *(
        Program(f"{agency}-sharing", "Register of sharing", f"{agency}.protection", _AGREES)
        for agency in ("wirral", "police", "probation", "icb", "marac", "rasa", "savera", "tww")
    ),
)


ROTA = Program("rota", "RASA volunteers' rota", "rasa.coordinator", _READS)
"""For the examples: its private keys are gone, so nobody can sign with them. Its owner has accepted
the first one.
"""
_ROTAS_KEYS = (
    (
        "N63-XUPqQItVgnru9LuhOtPOMn5rg6GGKZWp5knsAYg",
        "p9lO6NhFjStmJQMqtRHvYhE_Yf5BP7pRfkdxXXKB9ek",
        "q17AATsNAa_6N7cdKBjrdu5WND_LrJN2SKWo8qhzNqE",
    ),
    (
        "QOVFczS-7yFnpMxDCmSSbGus6llqixE4qnx2LKyn9tA",
        "Zr2wwDDBKHoK4xnzcgJDHK7D1iCGGVtX2hA6tVKZSYc",
        "-K0P_z5pmTX_WXdcksWuYJgV9aEF0WvUI4w5jR-rcho",
    ),
)


def example_program(at: datetime) -> list[SQLModel]:
    """A program whose ids, keys and days are the same in every sample."""
    client = Client(
        id=ROTA.id,
        agency_id=agency_id(ROTA.agency),
        name=ROTA.name,
        owner_membership_id=membership_id(ROTA.owner),
        scopes=[str(scope) for scope in ROTA.scopes],
        created_at=at,
        updated_at=at,
        expires_at=at + LONGEST_LIFE,
    )
    keys = [
        ClientKey(
            id=fixed("client-key", thumbprint),
            client_id=client.id,
            jwk={"kty": "EC", "crv": "P-256", "x": x, "y": y},
            thumbprint=thumbprint,
            added_at=at + timedelta(days=60 * number),
        )
        for number, (x, y, thumbprint) in enumerate(_ROTAS_KEYS)
    ]
    yes = ClientAcceptance(
        id=client.id,
        owner_membership_id=client.owner_membership_id,
        accepted_at=at,
        scopes=client.scopes,
        grants=client.grants,
        redirect_uris=client.redirect_uris,
        thumbprints=[keys[0].thumbprint],
    )
    return [client, *keys, yes]


def keys_in(folder: Path) -> dict[str, ECKey]:
    """Each program's private key; one that is not there, or not whole, is made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {program.key: _key(key_file(folder, program)) for program in PROGRAMS}


def key_file(folder: Path, program: Program) -> Path:
    """Where its key is kept."""
    return folder / f"{program.key}.jwk.json"


async def load_programs(owner: AsyncConnection, keys: Mapping[str, ECKey]) -> None:
    """Let the programs in with these keys and no others, as the tables' owner."""
    now = datetime.now(UTC)
    async with AsyncSession(bind=owner, expire_on_commit=False) as session:
        for program in PROGRAMS:
            await _let_in(session, program, keys[program.key], now)
        await session.commit()  # into the owner's own transaction


def _key(file: Path) -> ECKey:
    try:
        return ECKey.import_key(json.loads(file.read_text()))
    except (OSError, ValueError, JoseError):
        file.unlink(missing_ok=True)
        key = new_private_key()
        write_private_key(file, key)
        return key


async def _let_in(session: AsyncSession, program: Program, key: ECKey, now: datetime) -> None:
    jwk = {name: str(part) for name, part in key.as_dict(private=False).items()}
    until = now + LONGEST_LIFE - timedelta(days=1)
    known = await session.get(Client, program.id)
    if known is None:
        owner, agency = membership_id(program.owner), agency_id(program.agency)
        new = NewClient(
            agency,
            program.name,
            owner,
            program.scopes,
            until,
            jwk,
            program.id,
            program.grants,
            program.back,
        )
        await add_client(session, new, now=now)
        await _accept(session, program)
        return
    known.expires_at, known.ended_at = until, None
    known.grants, known.redirect_uris = sorted(map(str, program.grants)), list(program.back)
    registered = False
    for used in await _keys_of(session, program):
        own = used.thumbprint == key.thumbprint()
        used.retired_at = None if own else used.retired_at or now
        registered = registered or own
    if not registered:
        await add_key(session, program.id, jwk, now=now)
    await _accept(session, program)


async def _keys_of(session: AsyncSession, program: Program) -> Sequence[ClientKey]:
    found = await session.execute(select(ClientKey).where(col(ClientKey.client_id) == program.id))
    return found.scalars().all()


async def _accept(session: AsyncSession, program: Program) -> None:
    """By the way that its owner goes with `portal client accept`: there is no other."""
    await session.flush()
    owner = membership_id(program.owner)
    await session.execute(
        text("SELECT principal_id FROM open_command_caller(:who, NULL)"), {"who": owner}
    )
    saying_yes = text(
        "SELECT accept_client(c.id, c.version) FROM client c"
        " WHERE c.id = :id AND client_rests(c.id) <> '{}'"
    )
    await session.execute(saying_yes, {"id": program.id})
    await session.execute(text("SELECT set_config('portal.caller', '', true)"))
