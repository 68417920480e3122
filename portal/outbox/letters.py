"""The words of an e-mail: that there is something new in the portal, and where. Nothing else.

Whoever reads a mailbox over somebody's shoulder, or on a mail server, learns no case, no name and
no number.
"""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from urllib.parse import urlsplit
from uuid import UUID

TASK = "You have a new task in the portal"
NOTICE = "You have a new notice in the portal"


CODE = "Your code for the portal"


@dataclass(frozen=True)
class Sender:
    """Where e-mails come from, and where they lead."""

    address: str
    base_url: str

    def words(self, *, task: bool, code: str | None) -> tuple[str, str]:
        """The subject and the text."""
        if code is not None:
            enter = f"Enter it at {self.base_url}/notices/mail/code within 30 minutes."
            return CODE, f"The code is {code}. {enter}\n\nIf you did not ask for it, do nothing.\n"
        says = TASK if task else NOTICE
        return says, f"{says}.\n\n{self.base_url}/notices\n"


def letter(
    message_id: UUID, to: str, sender: Sender, *, task: bool = False, code: str | None = None
) -> EmailMessage:
    """One message; its Message-ID is the same however often it is sent."""
    subject, text = sender.words(task=task, code=code)
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = Address("VAWG portal", addr_spec=sender.address)
    mail["To"] = Address(addr_spec=to)
    mail["Date"] = localtime()
    mail["Message-ID"] = f"<{message_id}@{urlsplit(sender.base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail
