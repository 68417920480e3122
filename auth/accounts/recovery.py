"""Recovery codes: ten on a sheet of paper, each good for one way to a new passkey, nothing else."""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import choice
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import col

from auth.accounts.proofs import TOO_MANY, Caller
from auth.accounts.tables import Account, Credential, CredentialKind, Recovery, RecoveryCode
from auth.accounts.telling import tell
from auth.accounts.throttle import TooManyGuesses, forget_guesses, take_guess
from auth.events import EventOutcome, note
from auth.sessions.offers import on_offer

COUNT = 10
ENROL_WITHIN = timedelta(minutes=15)
_SIGNS = "23456789abcdefghjkmnpqrstvwxyz"  # none that is read as another


async def new_codes(db: AsyncSession, account: Account, now: datetime) -> list[str]:
    """Ten codes of 78 bits, shown once; those of before are void."""
    codes = [_new_code() for _ in range(COUNT)]
    await db.execute(
        delete(Credential).where(
            col(Credential.person_id) == account.person_id,
            col(Credential.kind) == CredentialKind.RECOVERY_CODES,
        )
    )
    sheet = Credential(
        person_id=account.person_id,
        kind=CredentialKind.RECOVERY_CODES,
        name=f"Recovery codes for {account.sign_in_name}",
        added_at=now,
        left=COUNT,
    )
    db.add(sheet)
    await db.flush()
    await db.execute(
        insert(RecoveryCode),
        [{"code_hash": _hash(code), "credential_id": sheet.id} for code in codes],
    )
    return codes


async def recover(
    sessions: async_sessionmaker[AsyncSession], caller: Caller, sign_in_name: str, code: str
) -> bool:
    """Use a code up; the browser may then enrol a passkey for fifteen minutes."""
    name = sign_in_name.strip().lower()
    async with sessions.begin() as db:
        wait = await take_guess(db, caller.guesses(name), caller.now)
        if wait:
            note(db, "recover", EventOutcome.REFUSED, TOO_MANY, caller.request_id)
    if wait:
        raise TooManyGuesses(wait)
    async with sessions.begin() as db:
        person_id = await _take(db, name, code, caller.now)
        allowed = await on_offer(db, person_id or UUID(int=0), None, caller.now)
        if person_id is None or not allowed:
            reason = "no living membership" if person_id else "wrong or used recovery code"
            refused = EventOutcome.REFUSED
            note(db, "recover", refused, reason, caller.request_id, person_id=person_id)
            return False
        await _let_enrol(db, person_id, caller)
        await forget_guesses(db, caller.guesses(name))
        tell(db, person_id, caller.now, "A recovery code was used to sign you in anew.")
        note(db, "recover", EventOutcome.DONE, "", caller.request_id, person_id=person_id)
        return True


async def recovering(db: AsyncSession, browser: bytes, now: datetime) -> UUID | None:
    """Whose passkey this browser may enrol."""
    return await db.scalar(
        select(col(Recovery.person_id)).where(
            col(Recovery.browser) == browser, col(Recovery.expires_at) > now
        )
    )


async def recovered(db: AsyncSession, browser: bytes, now: datetime) -> UUID | None:
    """The same, used up."""
    done = delete(Recovery).where(col(Recovery.browser) == browser, col(Recovery.expires_at) > now)
    return (await db.execute(done.returning(col(Recovery.person_id)))).scalar_one_or_none()


async def _take(db: AsyncSession, name: str, code: str, now: datetime) -> UUID | None:
    """Of any number at once, one hears whose it is."""
    sheets = (
        select(col(Credential.id))
        .join(Account, col(Account.person_id) == col(Credential.person_id))
        .where(col(Account.sign_in_name) == name)
    )
    taken = (
        update(RecoveryCode)
        .where(
            col(RecoveryCode.code_hash) == _hash(code),
            col(RecoveryCode.credential_id).in_(sheets),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
        .returning(col(RecoveryCode.credential_id))
    )
    used = (await db.execute(taken)).scalar_one_or_none() or UUID(int=0)
    counted = (
        update(Credential)
        .where(col(Credential.id) == used)
        .values(left=col(Credential.left) - 1, last_used_at=now)
        .returning(col(Credential.person_id))
    )
    return (await db.execute(counted)).scalar_one_or_none()


async def _let_enrol(db: AsyncSession, person_id: UUID, caller: Caller) -> None:
    values = {
        "person_id": person_id,
        "made_at": caller.now,
        "expires_at": caller.now + ENROL_WITHIN,
    }
    await db.execute(
        upsert(Recovery)
        .values(browser=caller.browser, **values)
        .on_conflict_do_update(index_elements=["browser"], set_=values)
    )


def _new_code() -> str:
    return "-".join("".join(choice(_SIGNS) for _ in range(4)) for _ in range(4))


def _hash(code: str) -> bytes:
    """However it was typed."""
    signs = "".join(c for c in code.lower() if c in _SIGNS)
    return sha256(signs.encode()).digest()
