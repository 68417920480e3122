"""ID tokens: who the person is to this client, and how surely we know; no more than was asked."""

from datetime import timedelta

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.util import create_half_hash

from auth.oauth.granted import Holder, Redeemed
from auth.oauth.knowing import KnownClient
from auth.oauth.provider import Provider
from auth.oauth.scopes import PROFILE, words
from auth.oauth.wishes import read_wishes

ALGORITHM = "ES256"
ID_TOKEN_LIFE = timedelta(minutes=5)


class IdToken(OpenIDCode):
    """Made for one request."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=False)  # FAPI 2.0: PKCE does its work
        self.provider = provider
        self.with_name = False

    def exists_nonce(self, _nonce: str, _request: object) -> bool:
        """A client may use its own twice; its request and its code work once."""
        return False

    def get_client_algorithm(self, _client: KnownClient) -> str:
        return ALGORITHM

    def encode_id_token(self, token: dict[str, str], request: OAuth2Request) -> str:
        """The claims that Authlib collects; the key that signs them stays where it is kept."""
        claims: dict[str, object] = self.get_compatible_claims(request)
        claims |= self.get_authorization_code_claims(request.authorization_code)
        claims["at_hash"] = create_half_hash(token["access_token"], ALGORITHM).decode()
        claims |= self.generate_user_info(request.user, token["scope"])
        return self.provider.keys.sign({"typ": "JWT"}, claims)

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
