"""Why a page is not shown: each becomes a redirect or a page in portal/web/route.py."""


class SignInNeeded(Exception):
    """Nobody is signed in with this browser, or no longer."""


class ChooseMembership(Exception):
    """Signed in, and acting as nobody yet."""


class NotFoundPage(Exception):
    """There is no such page for this person: hidden and missing look the same."""


class NotPermittedPage(Exception):
    """What is asked for is visible, and not theirs to do."""

    def __init__(self, message: str, granted_by: str = "", rule: str = "") -> None:
        super().__init__(message)
        self.message, self.granted_by, self.rule = message, granted_by, rule


class BadRequestPage(Exception):
    """The address or the form cannot be read; the message says what to do."""

    def __init__(self, message: str, status: int = 400, code: str = "") -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


class NotOurForm(BadRequestPage):
    """A form that this portal did not show to this browser, or that has been open for too long."""

    def __init__(self) -> None:
        message = (
            "The form was not sent from a page of the portal that you have open, or it has been"
            " open for too long. Go back, load the page again and send it once more."
        )
        super().__init__(message, 403)
