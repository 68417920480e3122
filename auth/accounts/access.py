"""Who sees what people sign in with: they themselves; the secrets nobody."""

from typing import Literal

from sqlmodel import SQLModel

from auth.accounts import tables
from portal.store.rules import RowRule, hidden, mine, table_of

OWN = "person_id = (SELECT caller_self())"
OF_AN_ACCOUNT = (
    "EXISTS (SELECT FROM auth_secret.account a WHERE a.person_id = credential.person_id)"
)


def _secret(
    model: type[SQLModel],
    kind: tables.CredentialKind,
    says: str,
    *auth: Literal["SELECT", "INSERT", "UPDATE"],
    change: str | None = None,
) -> RowRule:
    """The secret half of a credential of this kind; it goes when the credential goes."""
    fits = f"EXISTS (SELECT FROM credential c WHERE c.id = credential_id AND c.kind = '{kind}')"
    return RowRule(
        table_of(model), says, None, auth=auth, auth_add=fits, auth_change=change or fits
    )


RULES = (
    RowRule(
        table_of(tables.Credential),
        "The person who signs in with it; changed on the security page alone, after a fresh proof.",
        OWN,
        why=(mine(OWN),),
        auth=("SELECT", "INSERT", "UPDATE", "DELETE"),
        auth_add=OF_AN_ACCOUNT,
        auth_change=OF_AN_ACCOUNT,
    ),
    hidden(tables.Account, "Nobody: names typed at sign-in.", "SELECT", "INSERT"),
    _secret(
        tables.Passkey,
        tables.CredentialKind.PASSKEY,
        "Nobody: checked at sign-in.",
        "SELECT",
        "INSERT",
        "UPDATE",
    ),
    _secret(
        tables.Password,
        tables.CredentialKind.PASSWORD,
        "Nobody: hashes, checked at sign-in.",
        "SELECT",
        "INSERT",
    ),
    _secret(
        tables.Authenticator,
        tables.CredentialKind.AUTHENTICATOR_APP,
        "Nobody: sealed, checked at sign-in.",
        "SELECT",
        "INSERT",
        "UPDATE",
    ),
    _secret(
        tables.RecoveryCode,
        tables.CredentialKind.RECOVERY_CODES,
        "Nobody: hashes, used once.",
        "SELECT",
        "INSERT",
        "UPDATE",
        change="used_at IS NOT NULL",
    ),
    RowRule(
        table_of(tables.Challenge),
        "Nobody: questions to passkeys, used once.",
        None,
        auth=("SELECT", "INSERT", "UPDATE", "DELETE"),
        auth_add="used_at IS NULL",
        auth_change="used_at IS NOT NULL",
    ),
    RowRule(
        table_of(tables.Recovery),
        "Nobody: browsers that showed a recovery code.",
        None,
        auth=("SELECT", "INSERT", "UPDATE", "DELETE"),
        auth_add="expires_at > made_at",
        auth_change="expires_at > made_at",
    ),
    hidden(tables.Guess, "Nobody: counted by take_guess.", "SELECT", "DELETE"),
)
DEFINERS: dict[str, str] = {
    "guess_mark(text)": "",
    "fill_bucket(bytea,integer,interval,interval,timestamptz)": "",
    "bucket_wait(bytea,timestamptz)": "",
    "many_guess(timestamptz)": "",
    "take_guess(text,text,text,text,timestamptz)": "portal_auth",
    "forget_guesses(text,text,text,text)": "portal_auth",
}
