"""Who sees what people sign in with: they themselves; the secrets nobody."""

from typing import Literal

from auth.accounts import tables
from portal.store.rules import RowRule, hidden, table_of

_ALL: tuple[Literal["SELECT", "INSERT", "UPDATE", "DELETE"], ...] = (
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
)

RULES = (
    RowRule(
        table_of(tables.Credential),
        "The person who signs in with it; changed on the security page alone, after a fresh proof.",
        "person_id = (SELECT caller_self())",
        auth=_ALL,
    ),
    hidden(tables.Account, "Nobody: names typed at sign-in.", "SELECT", "INSERT"),
    hidden(tables.Passkey, "Nobody: checked at sign-in.", *_ALL),
    hidden(tables.Password, "Nobody: hashes, checked at sign-in.", *_ALL),
    hidden(tables.Authenticator, "Nobody: sealed, checked at sign-in.", *_ALL),
    hidden(tables.RecoveryCode, "Nobody: hashes, used once.", *_ALL),
    hidden(tables.Challenge, "Nobody: questions to passkeys, used once.", *_ALL),
    hidden(tables.Recovery, "Nobody: browsers that showed a recovery code.", *_ALL),
    hidden(tables.Guess, "Nobody: counted by take_guess.", "SELECT", "DELETE"),
)
DEFINERS: dict[str, str] = {
    "guess_mark(text)": "",
    "fill_bucket(bytea,integer,interval,interval,timestamptz)": "",
    "take_guess(text,text,timestamptz)": "portal_auth",
    "forget_guesses(text)": "portal_auth",
}
