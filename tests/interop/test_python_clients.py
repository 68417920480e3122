"""Python's own OAuth 2.0 clients act for a person, with the hook that graphql/README.md prints."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from requests_oauthlib import OAuth2Session
from support.conforming import ME, RETURN, let_in

from auth.oauth.clients import write_private_key

WHO = "wirral.contributor"
SCOPE = "openid offline_access initiatives:read"
HOOK = re.compile(r"^```python\n((?:(?!^```).)*?class Signing.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
async def program(interop_portal, interop_http, request):
    return await let_in(interop_portal, request.node.name, interop_http)


@pytest.fixture
def signing(program, tmp_path: Path) -> Any:
    """As somebody saves it who follows the README."""
    [text] = HOOK.findall(Path("graphql/README.md").read_text())
    (tmp_path / "signing.py").write_text(text)
    spec = spec_from_file_location("signing", tmp_path / "signing.py")
    hook = module_from_spec(spec)
    spec.loader.exec_module(hook)
    write_private_key(tmp_path / "key.jwk.json", program.key)
    return hook.Signing(program.issuer, str(program.id), str(tmp_path / "key.jwk.json"))


def came_back(person, program, pushed) -> str:
    """The person says yes to what was pushed; where the browser ends up."""
    assert pushed.status_code == 201, pushed.text
    answer = person.send(program.front(pushed.json()["request_uri"]), decision="yes")
    return str(answer.headers["location"])


def asked(address: str) -> dict[str, str]:
    """What the library would have put into the address: it is pushed instead."""
    return dict(parse_qsl(urlsplit(address).query))


async def test_requests_oauthlib(interop_portal, program, signing, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    person = await interop_portal.visitor(WHO)
    url, given = program.issuer, signing.statement
    session = OAuth2Session(str(program.id), redirect_uri=RETURN, scope=SCOPE, pkce="S256")
    session.mount(url, signing)
    address, state = session.authorization_url(f"{url}/oauth/authorize")
    form = asked(address) | given()
    back = came_back(person, program, session.post(f"{url}/oauth/par", form, withhold_token=True))
    assert f"state={state}" in back
    how = {"authorization_response": back, "include_client_id": True}
    session.fetch_token(f"{url}/oauth/token", **how, **given())
    assert who(session) == "Noor Pemberton"
    session.refresh_token(f"{url}/oauth/token", **given())
    assert who(session) == "Noor Pemberton"
    session.post(
        f"{url}/oauth/revoke",
        {"token": session.token["refresh_token"], **given()},
        withhold_token=True,
    )
    session.token = {**session.token, "token_type": "Bearer"}
    assert session.post(f"{url}/graphql", json={"query": ME}).status_code == 401


def who(session: OAuth2Session) -> str:
    """As the README has it: oauthlib knows no other kind of token."""
    session.token = {**session.token, "token_type": "Bearer"}
    [url] = [place for place in session.adapters if place.startswith("http://localhost")]
    name: str = session.post(f"{url}/graphql", json={"query": ME}).json()["data"]["me"]["name"]
    return name


async def test_authlib(interop_portal, program, signing):
    person = await interop_portal.visitor(WHO)
    url, given, verifier = program.issuer, signing.statement, generate_token(48)
    how = {"token_endpoint_auth_method": "none", "event_hooks": {"request": [signing.sign]}}
    more = {"redirect_uri": RETURN, "scope": SCOPE, "code_challenge_method": "S256"}
    with OAuth2Client(str(program.id), **how, **more) as client:
        place = f"{url}/oauth/authorize"
        address, state = client.create_authorization_url(place, code_verifier=verifier)
        form = asked(address) | given()
        pushed = client.request("POST", f"{url}/oauth/par", withhold_token=True, data=form)
        back = came_back(person, program, pushed)
        assert urlencode({"state": state}) in back
        came = {"authorization_response": back, "state": state, "code_verifier": verifier}
        client.fetch_token(f"{url}/oauth/token", **came, **given())
        for _ in range(2):
            client.token["token_type"] = "Bearer"
            said = client.post(f"{url}/graphql", json={"query": ME}).json()
            assert said["data"]["me"]["name"] == "Noor Pemberton"
            body = urlencode(given())
            client.refresh_token(f"{url}/oauth/token", client.token["refresh_token"], body=body)
