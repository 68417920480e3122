"""Who sees sessions, notices and sign-in events: the person they are about, and few others."""

from auth import events, notices
from auth.sessions import tables
from portal.store.rules import RowRule, by_power, mine, table_of

OWN = "person_id = (SELECT caller_self())"
COLLEAGUES = (
    "(SELECT caller_self()) IS NOT NULL AND (SELECT caller_can('agencies:manage')) AND EXISTS ("
    "SELECT FROM membership m WHERE m.id = membership_id"
    " AND m.agency_id = (SELECT caller_agency()))"
)
THEIR_MEMBERSHIP = (
    "membership_id IS NULL OR EXISTS (SELECT FROM membership m"
    " WHERE m.id = membership_id AND m.person_id = browser_session.person_id)"
)
LIVING = "EXISTS (SELECT FROM browser_session b WHERE b.id = session_id AND b.ended_at IS NULL)"

RULES = (
    RowRule(
        table_of(tables.BrowserSession),
        "The person who is signed in with it, who may also end it; administrators, where it acts"
        " for their agency.",
        f"{OWN} OR ({COLLEAGUES})",
        why=(mine(OWN), by_power("agencies:manage", COLLEAGUES)),
        change=OWN,
        check=f"{OWN} AND ended_at IS NOT NULL",  # else it could act as somebody else's membership
        auth=("SELECT", "INSERT", "UPDATE", "DELETE"),
        auth_add=THEIR_MEMBERSHIP,
        auth_change=THEIR_MEMBERSHIP,
    ),
    RowRule(
        table_of(tables.SessionSecret),
        "Nobody: a cookie is checked by open_session_caller.",
        None,
        auth=("SELECT", "INSERT", "UPDATE", "DELETE"),
        auth_add=LIVING,
        auth_change=LIVING,
    ),
    RowRule(
        table_of(notices.Notice),
        "The person it is for.",
        OWN,
        why=(mine(OWN),),
        change=OWN,
        auth=("INSERT",),
        auth_add="read_at IS NULL",
        triggers=(
            "CREATE TRIGGER z_post AFTER INSERT ON notice"
            " FOR EACH ROW EXECUTE FUNCTION post_notice()",
        ),
    ),
    RowRule(
        table_of(events.AuthEvent),
        "The person it is about; auditors of the agency it concerns.",
        f"{OWN} OR (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('audit:read')))",
        why=(mine(OWN), by_power("audit:read", "agency_id = (SELECT caller_agency())")),
        auth=("INSERT",),
    ),
)
DEFINERS: dict[str, str] = {
    "open_session_caller(bytea,uuid,timestamptz)": "portal_runtime",
    "sign_in_vouches(uuid,uuid)": "portal_auth",
    "note_sign_in(uuid)": "portal_auth",
}
