"""The token endpoint: a grant becomes a token that is bound to the key of the request's proof."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from auth.oauth.errors import InvalidRequestError, OAuth2Error
from auth.oauth.form import Asked, BadForm
from auth.oauth.provider import TOKEN_PATH, Provider
from auth.oauth.server import Asking, Server


def exchange(db: Session, provider: Provider, asked: Asked) -> Response:
    """Answer one request."""
    server = Server(db, provider, "token", asked.request_id, basic="authorization" in asked.headers)
    try:
        form = asked.form("grant_type")
        proof = server.read_proof(asked.headers.getlist("dpop"), TOKEN_PATH)
    except BadForm as error:
        return server.refusal(InvalidRequestError(str(error)))
    except OAuth2Error as error:
        return server.refusal(error)
    asking = Asking(provider.token_url, form, server.now, proof)
    answer: Response = server.create_token_response(asking)
    return answer
