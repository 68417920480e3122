"""Who sees standings, invitations and requests for roles, and who may manage people."""

from collections.abc import Collection
from uuid import UUID

from auth import tables as who
from auth.caller import Caller
from auth.people import tables
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.store.rules import RowRule, by_power, everyone, mine, table_of

MANAGES = "(SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL"
OF_OWN_AGENCY = f"agency_id = (SELECT caller_agency()) AND {MANAGES}"
PARTNERSHIP = "(SELECT caller_can('partnership:manage'))"
HERE = "(SELECT caller_self()) IS NOT NULL"
"""In person: no program says who is let in, not even in an administrator's name."""
MEMBER = "SELECT FROM membership m WHERE m.id"
COLLEAGUE = "m.agency_id = (SELECT caller_agency()) AND m.person_id <> (SELECT caller_person())"
OF_COLLEAGUE = f"EXISTS ({MEMBER} = membership_id AND {COLLEAGUE}) AND {MANAGES} AND {HERE}"
REBINDS_COLLEAGUE = (
    f"rebinds_id IS NULL OR EXISTS ({MEMBER} = rebinds_id AND m.agency_id = invitation.agency_id"
    " AND m.person_id <> (SELECT caller_person()))"
)
CARRIES_LITTLE = (
    "role IS NULL OR (grantable(agency_id, role) AND EXISTS (SELECT FROM role_trait t"
    " WHERE t.role = invitation.role AND t.invitable))"
)
OWN_STANDING = f"EXISTS ({MEMBER} = membership_id AND m.person_id = (SELECT caller_person()))"
STANDING_HERE = (
    f"EXISTS ({MEMBER} = membership_id AND m.agency_id = (SELECT caller_agency()) AND {MANAGES})"
)
UNCONFIRMED = f"rebinds_id IS NOT NULL AND {PARTNERSHIP} AND {MANAGES}"

RULES = (
    everyone(who.RoleTrait, "Every signed-in caller."),
    everyone(
        tables.GrantableRoles,
        "Every signed-in caller; a partnership administrator sets it.",
        add=f"{PARTNERSHIP} AND {HERE} AND set_by_id = (SELECT caller_principal())",
        change=f"{PARTNERSHIP} AND {HERE} AND set_by_id = (SELECT caller_principal())",
        remove=f"{PARTNERSHIP} AND {HERE}",
    ),
    RowRule(
        table_of(tables.Standing),
        "The member; administrators of the agency, who record it for others.",
        f"EXISTS ({MEMBER} = membership_id AND (m.person_id = (SELECT caller_person())"
        f" OR m.agency_id = (SELECT caller_agency()) AND {MANAGES}))",
        why=(mine(OWN_STANDING), by_power("agencies:manage", STANDING_HERE)),
        add=OF_COLLEAGUE,
        change=OF_COLLEAGUE,
    ),
    RowRule(
        table_of(tables.RoleRequest),
        "The member; administrators of the agency; who asked.",
        f"person_id = (SELECT caller_person()) OR asked_by_id = (SELECT caller_principal())"
        f" OR ({OF_OWN_AGENCY})",
        why=(
            mine(
                "person_id = (SELECT caller_person()) OR asked_by_id = (SELECT caller_principal())"
            ),
            by_power("agencies:manage", OF_OWN_AGENCY),
        ),
        add=f"asked_by_id = (SELECT caller_principal()) AND {MANAGES} AND {HERE}",
        change=f"(({OF_OWN_AGENCY}) OR (asked_by_id = (SELECT caller_principal()) AND {MANAGES}))"
        f" AND {HERE}",
        triggers=(
            "CREATE TRIGGER a_check BEFORE INSERT OR UPDATE ON role_request"
            " FOR EACH ROW EXECUTE FUNCTION check_role_request()",
            "CREATE TRIGGER z_give AFTER INSERT OR UPDATE ON role_request FOR EACH ROW"
            " WHEN (NEW.state IN ('given', 'confirmed')) EXECUTE FUNCTION give_role()",
        ),
    ),
    RowRule(
        table_of(tables.Invitation),
        "Administrators of the agency; those that let a member in again, also partnership"
        " administrators.",
        f"({OF_OWN_AGENCY}) OR ({UNCONFIRMED})",
        why=(
            by_power("agencies:manage", OF_OWN_AGENCY),
            by_power("partnership:manage", UNCONFIRMED),
        ),
        add=f"{OF_OWN_AGENCY} AND {HERE} AND made_by_id = (SELECT caller_principal())"
        f" AND made_person_id = (SELECT caller_person()) AND ({CARRIES_LITTLE})"
        f" AND ({REBINDS_COLLEAGUE}) AND confirmed_by_id IS NULL AND used_at IS NULL",
        change=f"(({OF_OWN_AGENCY}) OR ({UNCONFIRMED})) AND {HERE}",
        auth=("SELECT",),
        triggers=(
            "CREATE TRIGGER a_check BEFORE UPDATE ON invitation"
            " FOR EACH ROW EXECUTE FUNCTION check_invitation()",
        ),
    ),
)
DEFINERS: dict[str, str] = {
    "caller_memberships(date)": "portal_runtime",
    "hold_agency(uuid)": "portal_runtime",
    "check_role_request()": "",
    "give_role()": "",
    "withdraw_role(uuid,text)": "portal_runtime",
    "take_back_of(uuid)": "",
    "end_membership(uuid)": "portal_runtime",
    "sign_out_member(uuid)": "portal_runtime",
    "end_member_session(uuid)": "portal_runtime",
    "tell(uuid,text,text)": "",
    "people_as(uuid,text,date)": "",
    "who_answers(uuid,date)": "",
    "tell_member(uuid,text,text)": "portal_runtime",
    "tell_administrators(uuid,text,text)": "portal_runtime",
    "belongs_elsewhere(uuid,date)": "portal_runtime",
    "forget_ways_in(uuid)": "",
    "leads_team(uuid)": "portal_runtime",
    "work_of_team(uuid)": "portal_runtime",
    "end_team(uuid,uuid)": "portal_runtime",
    "leave_team(uuid,uuid)": "portal_runtime",
    "tell_of_team(uuid,uuid,text)": "portal_runtime",
    "check_invitation()": "",
    "accept_invitation(bytea,text,uuid,uuid,date)": "portal_auth",
}
CALLABLE: tuple[str, ...] = (
    "caller_scopes()",
    "caller_session()",
    "caller_today()",
    "in_good_standing(uuid,date)",
    "roles_today(uuid,date)",
    "lives(membership,date)",
    "grantable(uuid,text)",
    "administrators_of(uuid,date)",
    "too_few_in(uuid,uuid)",
    "role_excluded(uuid,text)",
    "partnership_administered()",
)
PARTNERSHIP_ADMINISTRATOR = "a partnership administrator"


def may_manage_people(caller: Caller, agency_id: UUID) -> None:
    """Invite people to one's own agency or joint body, give them roles, and end memberships."""
    manages = caller.can(Scope.AGENCIES_MANAGE) and _is_here(caller)
    if not manages or caller.agency_id != agency_id:
        raise NotAllowed(
            "Only an administrator of that agency can do this. Hosting a joint body makes nobody"
            " its administrator.",
            rule="people.administrator",
            granted_by="an administrator of the agency",
        )


def may_concern(caller: Caller, person_id: UUID) -> None:
    """Nobody gives themselves anything."""
    if caller.person_id == person_id:
        raise NotAllowed(
            "Nobody gives this to themselves. Ask another administrator.",
            rule="people.not_oneself",
            granted_by="another administrator of the agency",
        )


def may_say_who_is_in(caller: Caller, agency_id: UUID, *, leads: bool) -> None:
    """Put colleagues in a team and take them out: administrators, and whoever leads that team with
    the role for it, since it is theirs to say who does what. Who leads, administrators say.
    """
    if not leads:
        may_manage_people(caller, agency_id)


def may_set_grantable(caller: Caller) -> None:
    """Say which roles an agency's administrators may grant."""
    if not caller.can(Scope.PARTNERSHIP_MANAGE) or not _is_here(caller):
        raise NotAllowed(
            "Only a partnership administrator says which roles an agency may grant.",
            rule="people.partnership_administrator",
            granted_by=PARTNERSHIP_ADMINISTRATOR,
        )


def may_second(caller: Caller, people: Collection[UUID | None]) -> None:
    """Be the second person: neither who asked nor whom it concerns."""
    if caller.person_id in people:
        raise NotAllowed(
            "This takes two: neither who asked for it nor whom it concerns can confirm it.",
            rule="people.second_person",
            granted_by="another administrator of the agency",
        )


def _is_here(caller: Caller) -> bool:
    """Whether a person acts, and no program in their name."""
    return caller.person_id is not None and not caller.delegated
