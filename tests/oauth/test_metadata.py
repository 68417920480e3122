"""What the server says of itself is true, complete, and the same at both addresses."""

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc.jwk import KeySet

BASE = "http://localhost:8000"
PLACES = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]


async def test_the_metadata_names_what_exists_and_nothing_else(desk):
    said = [(await desk.http.get(place)).json() for place in PLACES]
    assert said[0] == said[1]
    scopes = said[0].pop("scopes_supported")
    assert {"openid", "profile", "offline_access", "initiatives:read"} <= set(scopes)
    assert said[0] == {
        "issuer": BASE,
        "authorization_endpoint": BASE + "/oauth/authorize",
        "token_endpoint": BASE + "/oauth/token",
        "pushed_authorization_request_endpoint": BASE + "/oauth/par",
        "revocation_endpoint": BASE + "/oauth/revoke",
        "userinfo_endpoint": BASE + "/oauth/userinfo",
        "jwks_uri": BASE + "/oauth/jwks",
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["consent", "login", "none", "select_account"],
        "require_pushed_authorization_requests": True,
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": True,
        "claims_supported": said[0]["claims_supported"],
        "acr_values_supported": ["sfa", "mfa", "phr"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "dpop_signing_alg_values_supported": ["ES256", "Ed25519", "EdDSA", "PS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "Ed25519", "EdDSA", "PS256"],
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": [
            "ES256",
            "Ed25519",
            "EdDSA",
            "PS256",
        ],
    }


async def test_authlibs_validators_find_no_fault_but_http(desk):
    """A server on this computer has no https; every other rule of the two standards holds."""
    said = (await desk.http.get(PLACES[1])).json()
    secure = {k: v.replace("http:", "https:") if isinstance(v, str) else v for k, v in said.items()}
    AuthorizationServerMetadata(secure).validate()
    checked = OpenIDProviderMetadata(secure)
    for key in set(said) & set(checked.REGISTRY_KEYS) - {"id_token_signing_alg_values_supported"}:
        getattr(checked, f"validate_{key}")()  # that one asks for RS256, which FAPI 2.0 forbids


async def test_there_is_no_introspection_and_no_registration(desk):
    said = (await desk.http.get(PLACES[0])).json()
    for missing in ("introspection_endpoint", "registration_endpoint", "end_session_endpoint"):
        assert missing not in said
    for path in ("/oauth/introspect", "/oauth/register", "/oauth/device"):
        assert (await desk.http.post(path)).status_code == 404


async def test_the_keys_are_public_and_may_be_kept_for_a_while(desk, keyring):
    answer = await desk.http.get("/oauth/jwks")
    assert answer.headers["cache-control"] == "public, max-age=300"
    keys = KeySet.import_key_set(answer.json())
    assert keyring.signing.kid in {key.kid for key in keys}
    for key in answer.json()["keys"]:
        assert "d" not in key
