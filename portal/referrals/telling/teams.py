"""Teams are told of what the other side did in a case, in the transaction in which it is recorded:
that it has come, lies with them, was answered or taken back. What else happens they read in it.
"""

from enum import Enum

from sqlalchemy import literal, select
from sqlmodel import func

from auth.notices import NoticeKind
from portal.acting.work import Work
from portal.referrals.engine.machine import ANSWERS
from portal.referrals.engine.pathway import Part
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.tables import Recipient, Referral

WITHDRAW, ASK_TO_CLOSE = "withdraw", "ask_to_close"


class Side(Enum):
    """A team of a case."""

    SENDER = "sender"
    RECIPIENT = "recipient"


async def tell(
    work: Work, _: Referral, recipient: Recipient, event: Event, standing: Standing
) -> None:
    """Tell the team whom this event concerns, if it concerns any."""
    told = whom(event, standing)
    if told is None:
        return
    side, kind = told
    await work.db.flush()
    to_sender = side is Side.SENDER
    await work.db.execute(select(func.tell_party(recipient.id, to_sender, kind.value)))


async def tell_again(work: Work, recipient: Recipient) -> None:
    """Tell a team that what was taken back from it by mistake is there again."""
    await work.db.flush()
    kind = NoticeKind.REFERRAL_ARRIVED
    await work.db.execute(select(func.tell_party(recipient.id, literal(False), kind.value)))


def whom(event: Event, standing: Standing) -> tuple[Side, NoticeKind] | None:
    """Which team an event concerns, and how; nobody where it changes nothing for the other side."""
    if standing.pending is not None and standing.pending.id == event.id:
        consents = standing.pathway.moves[event.name].consent
        side = _SIDES.get(consents) if consents else None
        return (side, NoticeKind.REFERRAL_YOURS) if side else None
    if event.name == WITHDRAW:
        return Side.RECIPIENT, NoticeKind.REFERRAL_WITHDRAWN
    if event.name == ASK_TO_CLOSE:
        return Side.RECIPIENT, NoticeKind.REFERRAL_YOURS
    if _moved(event, standing):
        return _by_move(event, standing)
    return None


def _moved(event: Event, standing: Standing) -> bool:
    """Whether it led to where the case stands: what is recorded late is no news."""
    moves = event.name in standing.pathway.moves or event.name in ANSWERS
    return moves and bool(standing.spans) and standing.spans[-1].since == event.at


def _by_move(event: Event, standing: Standing) -> tuple[Side, NoticeKind] | None:
    """It has come, was answered, or lies with the other side now."""
    if event.name in standing.pathway.moves and standing.pathway.sends(event.name):
        return Side.RECIPIENT, NoticeKind.REFERRAL_ARRIVED
    acts = _SIDES.get(event.part)
    before = standing.spans[-2].state if len(standing.spans) > 1 else standing.pathway.first
    if acts is Side.RECIPIENT and standing.hold is not before.hold:
        return Side.SENDER, NoticeKind.REFERRAL_ANSWERED
    lies = _SIDES.get(standing.turn_part) if standing.turn_part else None
    if lies and lies is not acts and standing.turn is not before.turn:
        return lies, NoticeKind.REFERRAL_YOURS
    return None


_SIDES = {
    Part.SENDER: Side.SENDER,
    Part.RECEIVER: Side.RECIPIENT,
    Part.COORDINATOR: Side.RECIPIENT,
}
"""Who is to have a case by a transfer has none of it yet."""
