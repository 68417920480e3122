"""Notices to those whom a change concerns; the database writes them, since they are not ours."""

from uuid import UUID

from sqlalchemy import func, select

from auth.notices import NoticeKind
from portal.acting.work import Work


async def tell_member(work: Work, membership: UUID, kind: NoticeKind, says: str) -> None:
    """Tell the person of a membership."""
    await work.db.execute(select(func.tell_member(membership, kind.value, says)))


async def tell_administrators(work: Work, agency: UUID, kind: NoticeKind, says: str) -> None:
    """Tell an agency's administrators, but not the one who acts."""
    await work.db.execute(select(func.tell_administrators(agency, kind.value, says)))
