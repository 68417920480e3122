"""People in GraphQL: who you are, and what you do about yourself."""

import strawberry

from portal.acting.exposed import mutation
from portal.agencies.api import Membership
from portal.people import own
from portal.people.me import BrowserSession, Me, Notice, caller_is
from portal.reading.declare import value


@strawberry.type
class PeopleQueries:
    """Who is who."""

    me: Me = value("Who you are for this API.", caller_is)


@strawberry.type
class PeopleMutations:
    """What happens to people, and what they do about themselves."""

    end_session = mutation(own.end_session, BrowserSession, needs="")
    end_other_sessions = mutation(own.end_other_sessions, Membership, needs="")
    mark_notice_read = mutation(own.mark_notice_read, Notice, needs="")
