"""A template becomes a response, with the headers that keep a page what it is."""

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    select_autoescape,
)
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from portal.edge.requests import request_id_of
from portal.settings import Mode
from portal.web.cookies import SAID, VISITOR, drop, keep, session_cookie
from portal.web.files import asset
from portal.web.going import said
from portal.web.site import site_of
from portal.web.tokens import form_token
from portal.web.words import add_words

FOLDER = Path(__file__).parent / "templates"
INLINE = re.compile(r"<script [^>]*%}>(.*?)</script>")
KEPT = ("masthead", "navigation", "stage", "rating")
"""Macros whose every outcome is rendered once: they are what repeats on a page, or on all pages."""
HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    # Not no-referrer: a browser then sends `Origin: null` with our own forms, and those that send
    # no Sec-Fetch-Site could not be told from strangers. Nothing leaves this origin either way.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Templates(Environment):
    """Looks for a name in a mapping before it asks for an attribute: nearly everything that a page
    shows is the API's JSON, and for each part of it an attribute was first sought in vain.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as Jinja has it
        """What `obj.attribute` is in a template."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def environment() -> Environment:
    """Our templates, and the GOV.UK macros beside them."""
    made = Templates(
        loader=ChoiceLoader(
            [
                FileSystemLoader(FOLDER),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=select_autoescape(["html", "svg"]),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["script_hash"] = _script_hash(made)
    made.globals["asset"] = asset
    add_words(made)
    kept: Any = made.get_template("kept.html").module
    for name in KEPT:
        made.globals[name] = lru_cache(256)(getattr(kept, name))
    return made


def _script_hash(templates: Environment) -> str:
    """Of the one inline script there is, which the GOV.UK template brings."""
    loader: Any = templates.loader
    source, _, _ = loader.get_source(templates, "govuk_frontend_jinja/template.html")
    [script] = INLINE.findall(source)
    return "sha256-" + b64encode(sha256(script.encode()).digest()).decode()


def render(
    request: Request,
    template: str,
    status: int = 200,
    *,
    forms_to: Sequence[str] = (),
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> HTMLResponse:
    """The page; `forms_to` are the other origins to which its forms may lead in the end."""
    site = site_of(request)
    told = said(request) if status == 200 else None
    text = site.templates.get_template(template).render(
        {
            "path": request.url.path,
            "me": getattr(request.state, "me", None),
            "signed_in": session_cookie(request) is not None,
            "demo": site.settings.mode is Mode.DEMO,
            "request_id": request_id_of(request),
            "form_fields": partial(_form_fields, request),
            "said": told,
        }
        | values
    )
    response = HTMLResponse(text, status, HEADERS)
    policy = _policy(str(site.templates.globals["script_hash"]), forms_to)
    response.headers["content-security-policy"] = policy
    if told is not None:
        drop(response, SAID)
    if visitor := getattr(request.state, "visitor", None):
        keep(response, VISITOR, visitor)
    return response


def _form_fields(request: Request) -> Markup:
    """What every form carries besides its own fields: proof of origin, and the name of this try."""
    hidden = Markup('<input type="hidden" name="{}" value="{}">').format
    token = hidden("form_token", form_token(request))
    return token + hidden("idempotency_key", str(uuid4()))


def _policy(script_hash: str, forms_to: Sequence[str]) -> str:
    targets = " ".join(["'self'", *forms_to])
    return (
        f"default-src 'none'; script-src 'self' '{script_hash}'; style-src 'self';"
        " img-src 'self'; font-src 'none'; connect-src 'self';"
        f" form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
