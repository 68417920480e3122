"""Who sees what programs do in a person's name: the person; and what the sign-in role may write."""

from auth.oauth import consents
from portal.store.rules import RowRule, hidden, mine, table_of

OWN = "person_id = (SELECT caller_self())"
LIVING = "EXISTS (SELECT FROM consent c WHERE c.id = consent_id AND c.ended_at IS NULL)"
# A program is let in by its agency, for the agency's own work: nobody lends it another agency's.
OF_ITS_AGENCY = (
    "EXISTS (SELECT FROM membership m JOIN client k ON k.agency_id = m.agency_id"
    " WHERE m.id = consent.membership_id AND m.person_id = consent.person_id"
    " AND k.id = consent.client_id AND k.ended_at IS NULL)"
)

RULES = (
    RowRule(
        table_of(consents.Consent),
        "The person who gave it; who may also end it.",
        OWN,
        change=OWN,
        check=f"{OWN} AND ended_at IS NOT NULL",
        auth=("SELECT", "INSERT", "UPDATE"),
        auth_add=OF_ITS_AGENCY,
        auth_change="ended_at IS NOT NULL",
        why=(mine(OWN),),
    ),
    hidden(
        consents.PushedRequest,
        "Nobody: a request waits here until its person has decided.",
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
    ),
    RowRule(
        table_of(consents.AuthorizationCode),
        "Nobody: codes are redeemed by their hash.",
        None,
        auth=("SELECT", "INSERT", "UPDATE", "DELETE"),
        auth_add=LIVING,
    ),
    RowRule(
        table_of(consents.RefreshToken),
        "Nobody: refresh tokens are found by their hash.",
        None,
        auth=("SELECT", "INSERT", "DELETE"),
        auth_add=LIVING,
    ),
)
"""Consents end, and with them every token; see open_caller."""

DEFINERS: dict[str, str] = {}
