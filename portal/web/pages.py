"""What a page is made of, in one place to import from."""

from portal.web.cookies import session_cookie, signed_in, signed_out
from portal.web.forms import Form, form
from portal.web.going import go, go_and_say, own_path
from portal.web.refusals import (
    BadRequestPage,
    ChooseMembership,
    NotFoundPage,
    NotPermittedPage,
    SignInNeeded,
)
from portal.web.rendering import render
from portal.web.route import pages
from portal.web.running import run
from portal.web.site import Here, Site

__all__ = [
    "BadRequestPage",
    "ChooseMembership",
    "Form",
    "Here",
    "NotFoundPage",
    "NotPermittedPage",
    "SignInNeeded",
    "Site",
    "form",
    "go",
    "go_and_say",
    "own_path",
    "pages",
    "render",
    "run",
    "session_cookie",
    "signed_in",
    "signed_out",
]
