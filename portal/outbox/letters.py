"""The words of an e-mail: that there is something new in the portal, and where. Nothing else.

Whoever reads a mailbox over somebody's shoulder, or on a mail server, learns no case, no name and
no number.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from urllib.parse import urlsplit
from uuid import UUID

TASK = "You have a new task in the portal"
NOTICE = "You have a new notice in the portal"


def letter(message_id: UUID, to: str, *, task: bool, sender: str, base_url: str) -> EmailMessage:
    """One message; its Message-ID is the same however often it is sent."""
    mail = EmailMessage()
    mail["Subject"] = TASK if task else NOTICE
    mail["From"] = Address("VAWG portal", addr_spec=sender)
    mail["To"] = Address(addr_spec=to)
    mail["Date"] = localtime()
    mail["Message-ID"] = f"<{message_id}@{urlsplit(base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{TASK if task else NOTICE}.\n\n{base_url}/notices\n")
    return mail
