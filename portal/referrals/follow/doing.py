"""A move that waits for every action of its case: each is done, or given up with a reason."""

from sqlalchemy import Text
from sqlmodel import col, func, select

from auth.tables import Agency
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.referrals.codes import CaseActionState
from portal.referrals.details import CaseAction
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.tables import Recipient, Referral
from portal.referrals.tasks.verbs import Holder, holders_of

OPEN = (
    "Not yet: still to be done is something by {names}. Each says that it is done"
    " (`finishCaseAction`), or why it will not be (`dropCaseAction`)."
)
LASTS = ("in_force", "due_review")


async def must_be_done(
    work: Work, referral: Referral, recipient: Recipient, event: Event, standing: Standing
) -> None:
    """Refuse a move that waits for them while one is open. Whose agency has the case no longer
    cannot answer, and holds nobody up.
    """
    saying = standing.pathway.saying(event.name)
    if saying is None or not saying.all_done:
        return
    able = {referral.sender_agency_id, recipient.agency_id}
    able |= {one.agency_id for one in await holders_of(work, referral) if await _has(work, one)}
    waits = (
        select(Agency.name)
        .join(CaseAction, col(CaseAction.agency_id) == col(Agency.id))
        .where(
            col(CaseAction.referral_id) == referral.id,
            col(CaseAction.state) == CaseActionState.OPEN,
            col(CaseAction.agency_id).in_(able),
        )
    )
    names = sorted(set((await work.db.execute(waits)).scalars()))
    if names:
        said = OPEN.format(names=", ".join(names))
        raise Invalid(Finding(("move",), said, "WRONG_STATE"))


async def _has(work: Work, holder: Holder) -> bool:
    """Whether the agreement by which it has the case lasts."""
    if holder.agreement_id is None:
        return True
    state = select(func.agreement_state(holder.agreement_id, work.now, type_=Text))
    standing = func.agreement_standing(holder.agreement_id, work.now).table_valued("agency_id")
    stand = select(standing.c.agency_id)
    return (await work.db.execute(state)).scalar_one() in LASTS and holder.agency_id in (
        await work.db.execute(stand)
    ).scalars().all()
