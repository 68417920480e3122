"""What a person is told when the ways they sign in change: if it was not them, they should know."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auth.notices import Notice, NoticeKind

_NOT_YOU = " If this was not you, sign out everywhere and tell your administrator."


def tell(db: AsyncSession, person_id: UUID, now: datetime, says: str) -> None:
    """Put a notice before them."""
    kind = NoticeKind.SIGN_IN_CHANGED
    db.add(Notice(person_id=person_id, at=now, kind=kind, says=says + _NOT_YOU))
