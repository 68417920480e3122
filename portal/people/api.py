"""People in GraphQL: who you are, your colleagues, and what happens to them."""

import strawberry

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Membership, Team
from portal.people import granting, joining, own, standing, teams
from portal.people.colleagues import (
    INVITATIONS,
    MEMBERS,
    REQUESTS,
    Invitation,
    RoleRequest,
    Standing,
    is_colleague,
    lapses_soon,
)
from portal.people.consents import Consent
from portal.people.me import (
    MEMBER_SESSIONS,
    BrowserSession,
    Me,
    Notice,
    caller_is,
    of_a_colleague,
)
from portal.reading.declare import Connection, many, value

MANAGE, PARTNERSHIP = "agencies:manage", "partnership:manage"
LINK = (
    "The link to hand to them, below the portal's own address: shown in this answer alone, to who"
    " made it; null in every other."
)


@strawberry.type
class PeopleQueries:
    """Who is who."""

    me: Me = value("Who you are for this API.", caller_is)
    members: Connection[Membership] = many(
        "The people of your agency or joint body.", MEMBERS, is_colleague
    )
    lapses: Connection[Membership] = many(
        "For administrators: whose training, vetting or confidentiality declaration has lapsed,"
        " lapses within 30 days, or was not recorded though they handle cases.",
        MEMBERS,
        lapses_soon,
    )
    member_sessions: Connection[BrowserSession] = many(
        "For administrators: where people of your agency are signed in and act for it; for others,"
        " their own.",
        MEMBER_SESSIONS,
        of_a_colleague,
    )
    invitations: Connection[Invitation] = many("Ways in that were made.", INVITATIONS)
    role_requests: Connection[RoleRequest] = many("Roles that were asked for.", REQUESTS)


@strawberry.type
class PeopleMutations:
    """What happens to people, and what they do about themselves."""

    end_session = mutation(own.end_session, BrowserSession, needs="")
    end_other_sessions = mutation(own.end_other_sessions, Membership, needs="")
    end_consent = mutation(own.end_consent, Consent, needs="")
    mark_notice_read = mutation(own.mark_notice_read, Notice, needs="")
    invite = mutation(joining.invite, Invitation, needs=MANAGE, fresh=True, link=LINK)
    invite_again = mutation(joining.invite_again, Invitation, needs=MANAGE, fresh=True)
    confirm_invitation = mutation(joining.confirm_invitation, Invitation, needs=MANAGE, fresh=True)
    withdraw_invitation = mutation(
        joining.withdraw_invitation, Invitation, needs=MANAGE, fresh=True
    )
    grant_role = mutation(granting.grant_role, RoleRequest, needs=MANAGE, fresh=True)
    ask_for_role = mutation(granting.ask_for_role, RoleRequest, needs=PARTNERSHIP, fresh=True)
    confirm_role_request = mutation(
        granting.confirm_role_request, RoleRequest, needs=MANAGE, fresh=True
    )
    decline_role_request = mutation(
        granting.decline_role_request, RoleRequest, needs=MANAGE, fresh=True
    )
    take_back_role_request = mutation(
        granting.take_back_role_request, RoleRequest, needs=MANAGE, fresh=True
    )
    withdraw_role = mutation(granting.withdraw_role, Membership, needs=MANAGE, fresh=True)
    set_grantable_roles = mutation(
        granting.set_grantable_roles, Agency, needs=PARTNERSHIP, fresh=True
    )
    record_standing = mutation(standing.record_standing, Standing, needs=MANAGE, fresh=True)
    sign_out_member = mutation(standing.sign_out_member, Membership, needs=MANAGE, fresh=True)
    end_member_session = mutation(
        standing.end_member_session, BrowserSession, needs=MANAGE, fresh=True
    )
    end_membership = mutation(standing.end_membership, Membership, needs=MANAGE, fresh=True)
    add_team = mutation(teams.add_team, Team, needs=MANAGE)
    change_team = mutation(teams.change_team, Team, needs=MANAGE)
    end_team = mutation(teams.end_team, Team, needs=MANAGE, fresh=True)
    put_in_team = mutation(teams.put_in_team, Team, needs="", fresh=True, own_word=True)
    take_out_of_team = mutation(teams.take_out_of_team, Team, needs="", fresh=True, own_word=True)
    set_team_lead = mutation(teams.set_team_lead, Team, needs=MANAGE, fresh=True)
