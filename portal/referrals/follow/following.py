"""What follows from a step by rule, in the step's own transaction."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from portal.acting.work import Work
from portal.marac.believing import keep_belief
from portal.marac.by_route import must_be_open
from portal.marac.listing import put_on_list
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.follow.automatic import refer_on
from portal.referrals.follow.doing import must_be_done
from portal.referrals.follow.ways import must_be_taken
from portal.referrals.passing import pass_over
from portal.referrals.tables import Recipient, Referral
from portal.referrals.telling.teams import tell

Follower: TypeAlias = Callable[[Work, Referral, Recipient, Event, Standing], Awaitable[None]]
FOLLOWERS: tuple[Follower, ...] = (
    must_be_open,
    must_be_taken,
    must_be_done,
    keep_belief,
    refer_on,
    put_on_list,
    pass_over,
    tell,
)


async def follow(
    work: Work, referral: Referral, recipient: Recipient, event: Event, standing: Standing
) -> None:
    """Ask each follower; `standing` is the recipient's after the event."""
    for follower in FOLLOWERS:
        await follower(work, referral, recipient, event, standing)
