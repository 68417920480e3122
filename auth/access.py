"""Who sees agencies, people and teams; nobody changes them through the API but by the verbs of this
package.
"""

from collections.abc import Collection
from uuid import UUID

from auth import tables
from auth.caller import Caller
from auth.oauth import tables as oauth
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.store.rules import (
    HELD,
    RowRule,
    by_power,
    counted,
    everyone,
    hidden,
    mine,
    ours,
    table_of,
    tracked,
)

OWN = "agency_id = (SELECT caller_agency())"
OWN_TO_MANAGE = f"{OWN} AND (SELECT caller_can('agencies:manage'))"
HERE = "(SELECT caller_self()) IS NOT NULL"
"""In person: no program changes who is let in, not even in an administrator's name."""
OWN_USE = (
    "EXISTS (SELECT FROM client c"
    " WHERE c.id = client_id AND c.agency_id = (SELECT caller_agency()))"
)
OWN_KEY = f"EXISTS (SELECT FROM client c WHERE c.id = client_id AND c.{OWN_TO_MANAGE})"
OF_COLLEAGUE = (
    "EXISTS (SELECT FROM membership m WHERE m.id = membership_id"
    " AND m.agency_id = team_member.agency_id AND m.person_id <> (SELECT caller_self()))"
)
"""Nobody puts themselves in a team, and no program anybody: `caller_self()` is NULL for one."""
KEY_TO_ACCEPT = (
    "EXISTS (SELECT FROM client c"
    " WHERE c.id = client_id AND c.owner_membership_id = (SELECT caller_principal()))"
)
OF_OWN_CLIENT = (
    "EXISTS (SELECT FROM client c"
    " WHERE c.id = client_acceptance.id AND c.agency_id = (SELECT caller_agency()))"
)
# Whoever takes over the sign-in role still makes no token for somebody who gave no consent.
SPEAKS_FOR = (
    "CASE kind WHEN 'client' THEN principal_id = client_id ELSE EXISTS (SELECT FROM consent c"
    " WHERE c.id = consent_id AND c.ended_at IS NULL AND c.membership_id = principal_id"
    " AND c.client_id = access_token.client_id AND access_token.scopes <@ c.scopes) END"
)

RULES = (
    everyone(tables.Area, "Every signed-in caller."),
    everyone(tables.AreaPart, "Every signed-in caller."),
    everyone(
        tables.Agency,
        "Every signed-in caller; an agency has no address.",
        auth=("SELECT",),
        triggers=tracked(tables.Agency),
    ),
    everyone(tables.AgencyArea, "Every signed-in caller."),
    hidden(tables.Person, "Nobody: a person is shown as a membership, by role and team."),
    everyone(
        tables.Membership,
        "Every signed-in caller, without the name.",
        auth=("SELECT",),
        # Signing in changes the row and not the membership.
        triggers=(
            counted(
                tables.Membership, "person_id", "agency_id", "starts_on", "ends_on", "ended_at"
            ),
        ),
    ),
    everyone(tables.MembershipRole, "Every signed-in caller.", auth=("SELECT",)),
    RowRule(
        table_of(tables.MembershipName),
        "The person's own agency; partners where that agency shows names.",
        HELD,
        auth=("SELECT",),
    ),
    everyone(
        tables.Team,
        "Every signed-in caller; administrators of the agency make and change it.",
        add=f"{OWN_TO_MANAGE} AND {HERE}",
        change=f"{OWN_TO_MANAGE} AND {HERE}",
        triggers=tracked(tables.Team),
    ),
    everyone(
        tables.TeamMember,
        "Every signed-in caller; administrators of the agency, and who leads the team, add others.",
        add=f"(({OWN_TO_MANAGE}) OR (NOT leads AND leads_team(team_id))) AND {OF_COLLEAGUE}",
        change=f"{OWN_TO_MANAGE} AND {OF_COLLEAGUE}",
    ),
    everyone(tables.RoleScope, "Every signed-in caller.", auth=("SELECT",)),
    hidden(tables.Capability, "Nobody: keys are held, never read."),
    hidden(tables.ContextKey, "Nobody: only the database signs."),
    RowRule(
        table_of(oauth.Client),
        "Members and clients of the agency it belongs to.",
        OWN,
        why=(ours(OWN),),
        add=f"{OWN_TO_MANAGE} AND {HERE} AND EXISTS (SELECT FROM membership m"
        " WHERE m.id = owner_membership_id AND m.agency_id = client.agency_id)",
        change=f"{OWN_TO_MANAGE} AND {HERE}",
        auth=("SELECT",),
        triggers=(
            "CREATE TRIGGER b_touch BEFORE UPDATE ON client"
            " FOR EACH ROW EXECUTE FUNCTION touch_row()",
        ),
    ),
    RowRule(
        table_of(oauth.ClientAcceptance),
        "Members and clients of the client's agency; its owner makes it, in person.",
        OF_OWN_CLIENT,
        why=(ours(OF_OWN_CLIENT),),
        auth=("SELECT",),
    ),
    RowRule(
        table_of(oauth.ClientKey),
        "Administrators of the client's agency, and whoever answers for it.",
        f"({OWN_KEY}) OR {KEY_TO_ACCEPT}",
        why=(by_power("agencies:manage", OWN_KEY), mine(KEY_TO_ACCEPT)),
        add=f"{OWN_KEY} AND {HERE}",
        change=f"{OWN_KEY} AND {HERE}",
        auth=("SELECT",),
        triggers=(
            "CREATE TRIGGER a_fixed BEFORE UPDATE ON client_key"
            " FOR EACH ROW EXECUTE FUNCTION keep_client_key()",
            "CREATE TRIGGER z_touch AFTER INSERT ON client_key"
            " FOR EACH ROW EXECUTE FUNCTION touch_client_of_key()",
        ),
    ),
    RowRule(
        table_of(oauth.ClientUse),
        "Members and clients of the client's agency.",
        OWN_USE,
        auth=("SELECT", "INSERT", "UPDATE"),
    ),
    RowRule(
        table_of(oauth.AccessToken),
        "Nobody: tokens are checked by open_caller.",
        None,
        auth=("SELECT", "INSERT", "UPDATE", "DELETE"),
        auth_add=SPEAKS_FOR,
        auth_change="revoked_at IS NOT NULL",
    ),
    hidden(oauth.SeenProof, "Nobody: replay marks.", "SELECT", "INSERT", "DELETE"),
    hidden(oauth.SeenAssertion, "Nobody: replay marks.", "SELECT", "INSERT", "DELETE"),
)
"""In the order the tables are made."""

DEFINERS: dict[str, str] = {
    "context_mac(text)": "",
    "context_verifies(text,text)": "",
    "set_context(uuid,uuid,uuid,uuid,timestamptz,text[],int[],boolean,int[],jsonb,uuid)": "",
    "caller_context()": "portal_runtime",
    "capability(text,uuid,uuid)": "",
    "keys_of(uuid,uuid[],boolean)": "",
    "acting_roles(uuid,date)": "",
    "principal_today(uuid,date)": "portal_auth",
    "open_principal(uuid,text[],uuid,timestamptz,uuid)": "",
    "consented(uuid,text[],date)": "portal_auth",
    "open_caller(bytea,text,bytea,timestamptz,uuid,uuid,timestamptz,uuid)": "portal_runtime",
    "open_command_caller(uuid,uuid,timestamptz)": "portal_command",
    "give_agency_its_key()": "",
    "give_team_its_key()": "",
    "show_membership_names()": "",
    "tell_owner(uuid,text)": "portal_runtime",
    "tell_of_client(client,text,text)": "",
    "client_rests(uuid)": "portal_runtime",
    "accept_client(uuid,integer)": "portal_runtime",
    "refuse_client(uuid,integer,text,boolean)": "portal_runtime",
    "touch_client_of_key()": "",
}
"""Every function that runs as its owner, and the role that may call it ("" for none but the owner).
"""

CALLABLE: tuple[str, ...] = (
    "context_home()",
    "caller_keys()",
    "caller_keys(text)",
    "caller_closed()",
    "caller_principal()",
    "caller_agency()",
    "caller_person()",
    "caller_self()",
    "caller_client()",
    "caller_request()",
    "caller_now()",
    "caller_can(text)",
)
"""Functions with the caller's own rights that policies and triggers need."""


def may_let_programs_in(caller: Caller) -> None:
    """Add an API client to one's own agency, change it and its keys, and end it."""
    if caller.kind != "membership" or caller.delegated:
        raise NotAllowed(
            "A program lets no other program in: a person must do this.",
            rule="client.person_adds",
            granted_by="an administrator of your agency, in person",
        )
    if not caller.can(Scope.AGENCIES_MANAGE):
        raise NotAllowed(
            "Only an administrator of the agency can let its programs in, change or end them.",
            rule="client.administrator_adds",
            granted_by="an administrator of your agency",
        )


def may_answer_for(caller: Caller, owners: Collection[UUID]) -> None:
    """Say yes or no to a program, as the member whom it names: nobody says it for them."""
    if caller.kind != "membership" or caller.delegated or caller.principal_id not in owners:
        raise NotAllowed(
            "Only the member who is to answer for this program can accept or refuse it, in person.",
            rule="client.owner_answers",
            granted_by="nobody; an administrator of your agency can name another owner",
        )
