"""What people do about e-mail: say where and how often they hear that there is something new."""

import re
import secrets
from typing import Annotated

from sqlalchemy import func, select
from sqlmodel import col

from portal.acting.inputs import KEEP, Keep
from portal.acting.work import LETTERS, Work
from portal.errors import Invalid
from portal.outbox import access
from portal.outbox.tables import MailMode, MailPreference

ADDRESS = re.compile(r"[^\s@<>,;:\"\\()\[\]]{1,64}@[A-Za-z0-9.-]{1,189}")
CODE_LENGTH = 10


async def set_mail(
    work: Work,
    mode: Annotated[MailMode, "How often."],
    address: Annotated[
        str | Keep, "Where, if that is to change; a code goes there, which `confirmMail` takes."
    ] = KEEP,
) -> MailPreference:
    """Say how often you hear by e-mail that there is something new in the portal, and where.

    No e-mail says what it is. Until the code that goes to a new address is entered, e-mails go
    where they went.
    """
    access.may_set_mail(await _oneself(work))
    to = None if isinstance(address, Keep) else address.strip()
    if to is not None and not ADDRESS.fullmatch(to):
        said = "Enter one e-mail address, such as name@example.org."
        raise Invalid.field("address", said, "BAD_MAIL_ADDRESS")
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    if not (await work.db.execute(select(func.set_mail(mode.value, to, code)))).scalar_one():
        said = "You have had five codes within the hour. Enter the last, or ask again later."
        raise Invalid.field("address", said, "TOO_OFTEN")
    return await _own(work)


async def confirm_mail(
    work: Work, code: Annotated[str, "The code that arrived, as in the e-mail."]
) -> MailPreference:
    """Show that an e-mail address is yours by the code that went there; e-mails go there now."""
    access.may_set_mail(await _oneself(work))
    entered = re.sub(r"[\s-]", "", code).upper()
    if not (await work.db.execute(select(func.confirm_mail(entered)))).scalar_one():
        said = "This is not the newest code, or it is older than 30 minutes. Ask for another."
        raise Invalid.field("code", said, "WRONG_CODE")
    return await _own(work)


async def _oneself(work: Work) -> object:
    return (await work.db.execute(select(func.caller_self()))).scalar_one()


async def _own(work: Work) -> MailPreference:
    own = select(MailPreference).where(col(MailPreference.person_id) == work.caller.person_id)
    return (await work.db.execute(own)).scalar_one()
