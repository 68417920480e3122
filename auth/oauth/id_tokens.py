"""ID tokens: who the person is to this client, and how surely we know; no more than was asked."""

from datetime import timedelta
from functools import cached_property

from authlib.oidc.core.grants import OpenIDCode
from joserfc.jwk import ECKey

from auth.oauth.granting import Holder, Redeemed
from auth.oauth.knowing import KnownClient
from auth.oauth.provider import Provider, SigningKey
from auth.oauth.scopes import PROFILE, words
from auth.oauth.wishes import read_wishes

ALGORITHM = "ES256"
ID_TOKEN_LIFE = timedelta(minutes=5)


class IdToken(OpenIDCode):
    """Made for one request: header and signature come from the same key."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=False)  # FAPI 2.0: PKCE does its work
        self.provider = provider
        self.with_name = False

    @cached_property
    def signing(self) -> SigningKey:
        return self.provider.keys.signing

    def exists_nonce(self, _nonce: str, _request: object) -> bool:
        """A client may use its own twice; its request and its code work once."""
        return False

    def get_client_algorithm(self, _client: KnownClient) -> str:
        return ALGORITHM

    def get_encode_header(self, _client: KnownClient) -> dict[str, str]:
        return {"alg": ALGORITHM, "kid": self.signing.kid, "typ": "JWT"}

    def resolve_client_private_key(self, _client: KnownClient) -> ECKey:
        return self.signing.key

    def get_client_claims(self, client: KnownClient) -> dict[str, object]:
        now = self.provider.now()
        client_id = client.get_client_id()
        return {
            "iss": self.provider.issuer,
            "aud": client_id,
            "azp": client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + ID_TOKEN_LIFE).timestamp()),
        }

    def get_authorization_code_claims(self, code: Redeemed) -> dict[str, object]:
        """Authlib asks for these before it asks who the person is."""
        self.with_name = read_wishes(code.parameters).name_in_id_token
        claims: dict[str, object] = super().get_authorization_code_claims(code)
        return claims

    def generate_user_info(self, holder: Holder, scope: str) -> dict[str, str]:
        """The name is for the userinfo endpoint, unless `claims` asks for it here."""
        return about(holder, words(scope) if self.with_name else frozenset())


def about(holder: Holder, scopes: frozenset[str]) -> dict[str, str]:
    """The claims about a person that their scopes open."""
    claims = {"sub": str(holder.person_id)}
    if PROFILE in scopes and holder.name:
        claims["name"] = holder.name
    return claims
