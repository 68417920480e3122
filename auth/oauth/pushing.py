"""Pushed authorization requests (RFC 9126): the only way to ask for a person's consent."""

import re
from collections.abc import Mapping
from secrets import token_urlsafe

from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from auth.oauth import granting, store
from auth.oauth.consents import PUSHED_LIFE
from auth.oauth.errors import (
    InvalidProofError,
    InvalidRequestError,
    OAuth2Error,
    RequestNotSupportedError,
    UnauthorizedClientError,
    UnsupportedResponseTypeError,
    refuse,
)
from auth.oauth.form import TEXT, VISIBLE, Asked, BadForm
from auth.oauth.knowing import CLIENT_AUTHENTICATION, KnownClient
from auth.oauth.provider import ISSUED, PUSH_PATH, Provider
from auth.oauth.server import Asking, Server
from auth.oauth.wishes import BadWish, read_wishes

NAME = "urn:ietf:params:oauth:request_uri:"
LETTERS = {
    "state": VISIBLE,
    "nonce": VISIBLE,
    "claims": TEXT,
    "login_hint": TEXT,  # not used: who signs in, the person says
}
KEPT = (
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
)
LONGEST_RETURNED = 2048
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


def push(db: Session, provider: Provider, asked: Asked) -> Response:
    """Answer one request."""
    basic = "authorization" in asked.headers
    server = Server(db, provider, "pushed_request", asked.request_id, basic=basic)
    try:
        return _push(server, asked)
    except (BadForm, BadWish) as error:
        return server.refusal(InvalidRequestError(str(error)))
    except OAuth2Error as error:
        return server.refusal(error)


def _push(server: Server, asked: Asked) -> Response:
    form = asked.form(letters=LETTERS)
    sent = asked.headers.getlist("dpop")
    proof = server.read_proof(sent, PUSH_PATH) if sent else None
    asking = Asking(server.provider.url(PUSH_PATH), form, server.now, proof)
    client = server.authenticate_client(asking, (CLIENT_AUTHENTICATION,), "par")
    if proof and not store.take_proof(server.db, proof.proof, server.now):
        raise InvalidProofError("The DPoP proof has been used before.")
    _check_form(form)
    kept = {name: form[name] for name in KEPT if name in form} | {"client_id": str(client.id)}
    _check_request(server, client, kept)
    name = NAME + token_urlsafe(32)
    granting.keep_pushed(server.db, name, kept, _thumbprint(server, form), server.now)
    server.note(ISSUED, "pushed", kept.get("scope"))
    body = {"request_uri": name, "expires_in": int(PUSHED_LIFE.total_seconds())}
    return JSONResponse(body, 201, {"cache-control": "no-store", "pragma": "no-cache"})


def _check_form(form: Mapping[str, str]) -> None:
    if "request_uri" in form:  # RFC 9126 2.1
        raise InvalidRequestError("Push the parameters themselves, not a request_uri.")
    if "request" in form:
        raise RequestNotSupportedError("Push the parameters themselves, not a request object.")
    if any(len(form.get(name, "")) > LONGEST_RETURNED for name in ("state", "nonce")):
        raise InvalidRequestError(f"state and nonce may be {LONGEST_RETURNED} characters long.")


def _check_request(server: Server, client: KnownClient, kept: dict[str, str]) -> None:
    """What Authlib's grant says of it, before anybody is asked."""
    if not client.check_grant_type("authorization_code"):
        raise UnauthorizedClientError("The client acts as itself only.")
    if "response_type" not in kept:
        raise InvalidRequestError("Send a response_type: code.")
    if kept["response_type"] != "code":
        refuse(UnsupportedResponseTypeError(kept["response_type"]), "another response_type")
    if kept.get("response_mode", "query") != "query":
        raise InvalidRequestError("The response_mode must be query.")
    asking = Asking(server.provider.url(PUSH_PATH), kept, server.now)
    server.get_authorization_grant(asking).validate_authorization_request()
    read_wishes(kept)


def _thumbprint(server: Server, form: Mapping[str, str]) -> str | None:
    """The key that the code will be bound to: of the proof, or named (RFC 9449 10)."""
    named, proved = form.get("dpop_jkt"), server.proof.thumbprint if server.proof else None
    if named is not None and not _THUMBPRINT.fullmatch(named):
        raise InvalidRequestError("dpop_jkt must be the SHA-256 thumbprint of a key.")
    if named and proved and named != proved:
        raise InvalidRequestError("dpop_jkt is another key than the DPoP proof's.")
    return named or proved
