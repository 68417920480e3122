"""What the server says of itself (RFC 8414, OpenID Connect Discovery): what exists, no more."""

from auth.oauth.grants import S256, ClientCredentials, Code, Refresh
from auth.oauth.id_tokens import ALGORITHM
from auth.oauth.jose import ALGORITHMS
from auth.oauth.knowing import CLIENT_AUTHENTICATION
from auth.oauth.provider import (
    AUTHORIZE_PATH,
    JWKS_PATH,
    PUSH_PATH,
    REVOKE_PATH,
    USERINFO_PATH,
    Provider,
)
from auth.oauth.scopes import SUPPORTED
from auth.oauth.wishes import PROMPTS
from auth.strength import Strength

OAUTH_METADATA_PATH = "/.well-known/oauth-authorization-server"
OPENID_METADATA_PATH = "/.well-known/openid-configuration"

Metadata = dict[str, str | bool | list[str]]


def describe(provider: Provider) -> Metadata:
    """The same under both addresses."""
    return {
        "issuer": provider.issuer,
        "authorization_endpoint": provider.url(AUTHORIZE_PATH),
        "token_endpoint": provider.token_url,
        "pushed_authorization_request_endpoint": provider.url(PUSH_PATH),
        "revocation_endpoint": provider.url(REVOKE_PATH),
        "userinfo_endpoint": provider.url(USERINFO_PATH),
        "jwks_uri": provider.url(JWKS_PATH),
        "grant_types_supported": [g.GRANT_TYPE for g in (Code, ClientCredentials, Refresh)],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": [S256],
        "scopes_supported": SUPPORTED,
        "prompt_values_supported": sorted(PROMPTS),
        "require_pushed_authorization_requests": True,
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,  # of the client's own making, that is
        "claims_parameter_supported": True,
        "claims_supported": _CLAIMS,
        "acr_values_supported": list(Strength),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": [CLIENT_AUTHENTICATION],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": [CLIENT_AUTHENTICATION],
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
    }


_CLAIMS = ["acr", "amr", "aud", "auth_time", "azp", "exp", "iat", "iss", "name", "nonce", "sub"]
