"""What the server's answers say when it refuses, beyond the errors that Authlib knows."""

from typing import NoReturn

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
    UnsupportedResponseTypeError,
)

__all__ = [
    "InvalidClientError",
    "InvalidGrantError",
    "InvalidProofError",
    "InvalidRequestError",
    "InvalidScopeError",
    "OAuth2Error",
    "RequestNotSupportedError",
    "UnauthorizedClientError",
    "UnsupportedResponseTypeError",
    "refuse",
]


class InvalidProofError(OAuth2Error):
    """RFC 9449 5: the DPoP proof is missing, wrong or used."""

    error = "invalid_dpop_proof"


class RequestNotSupportedError(OAuth2Error):
    """OpenID Connect 6.1: no request objects here."""

    error = "request_not_supported"


def refuse(error: OAuth2Error, reason: str) -> NoReturn:
    """Raise an error whose cause only the audit learns."""
    error.reason = reason
    raise error
