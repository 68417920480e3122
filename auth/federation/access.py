"""Who sees identity providers: those who administer them; people see their own identities."""

from auth.federation import tables
from portal.store.rules import RowRule, by_power, hidden, mine, table_of

OWN = "person_id = (SELECT caller_self())"
ADMINISTERED = (
    "(SELECT caller_can('partnership:manage'))"
    " OR (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')))"
)
SEEN = "EXISTS (SELECT FROM identity_provider p WHERE p.id = provider_id)"

RULES = (
    RowRule(
        table_of(tables.IdentityProvider),
        "Administrators of its agency and of the partnership; only the operator changes it.",
        ADMINISTERED,
        why=(
            by_power("partnership:manage"),
            by_power("agencies:manage", "agency_id = (SELECT caller_agency())"),
        ),
        auth=("SELECT",),
    ),
    hidden(tables.ProviderSecret, "Nobody: sealed, and opened only to sign in there.", "SELECT"),
    RowRule(
        table_of(tables.Identity),
        "The person it is; only a sign-in with an invitation adds one.",
        OWN,
        why=(mine(OWN),),
        auth=("SELECT", "INSERT", "DELETE"),
    ),
    RowRule(
        table_of(tables.RoleMapping),
        "Whoever sees the identity provider.",
        SEEN,
        auth=("SELECT",),
    ),
    hidden(
        tables.PartnerSignIn,
        "Nobody: sign-ins that are under way.",
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
    ),
    hidden(tables.SeenLogout, "Nobody: replay marks.", "SELECT", "INSERT", "DELETE"),
)
DEFINERS: dict[str, str] = {
    "map_roles(uuid,uuid,text[])": "portal_auth",
}
