"""Clients that others wrote and certified walk through the portal's FAPI 2.0, with a person of the
sample who decides on the portal's own page; and hear the standards' errors when they go wrong.
"""

import json
import subprocess
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import OKPKey, RSAKey
from support.conforming import RETURN, Peer, let_in
from support.npm import NODE, installed
from support.visiting import Visitor

from portal.sample.partnership import fixed

HERE = Path(__file__).parent
LONGEST = 120.0  # seconds, on a busy computer
WHO = "wirral.contributor"
ALGORITHMS = {"EC": "ES256", "OKP": "Ed25519", "RSA": "PS256"}
SCOPE = "openid profile offline_access initiatives:read"
NOOR = {"name": "Noor Pemberton", "agency": {"shortName": "Wirral"}}
PERSON = {"sub": str(fixed("person", "Noor Pemberton")), "name": "Noor Pemberton"}

OPENID_CLIENT = {
    "the kind of token": "dpop",  # which the client writes small
    "the scopes": "initiatives:read offline_access openid profile",
    "how the person was known": "mfa",
    "a query": NOOR,
    "userinfo": PERSON,
    "fewer scopes with a refresh": "openid",
    "the refresh token stays": True,
    "the same refresh token again": NOOR,
    "a query with another key": "invalid_token",
    "a proof for another address": "invalid_dpop_proof",
    "a proof for another method": "invalid_dpop_proof",
    "a proof of an hour ago": "invalid_dpop_proof",
    "a proof for another token": "invalid_dpop_proof",
    "a proof's first use": NOOR,
    "a proof's second use": "invalid_token",
    "no challenge": "invalid_request",
    "a plain challenge": "invalid_request",
    "another address": "invalid_request",
    "a scope it was not given": "invalid_scope",
    "a token by way of the browser": "unsupported_response_type",
    "a request in a request": "invalid_request",
    "as itself": "unauthorized_client",
    "a key nobody registered": "invalid_client",
    "a statement for the token endpoint": "invalid_client",
    "a statement for a list": "invalid_client",
    "the person says no": "access_denied",
    "a wrong verifier": "invalid_grant",
    "another key redeems": "invalid_grant",
    "no proof": "invalid_dpop_proof",
    "a code twice": "invalid_grant",
    "a query after the token was given back": "invalid_token",
    "a refresh after all was given back": "invalid_grant",
    "a query after all was given back": "invalid_token",
}
OAUTH4WEBAPI = {
    "the kind of token": "dpop",
    "a query": NOOR,
    "userinfo": PERSON,
    "a query after a refresh": NOOR,
    "a query with another key": "invalid_token",
    "no challenge method": "invalid_request",
    "the person says no": "access_denied",
    "another key redeems": "invalid_grant",
    "a query after all was given back": "invalid_token",
    "a refresh after all was given back": "invalid_grant",
    "a code twice": "invalid_grant",
    "a query with what the code gave first": "invalid_token",
}


def walked(script: str, program: Peer, person: Visitor, folder: Path) -> dict[str, Any]:
    """What the client heard, by the name of each check; the person decides in between."""
    config = folder / "config.json"
    told = {
        "url": program.issuer,
        "id": str(program.id),
        "key": program.key.as_dict(private=True),
        "back": RETURN,
        "scope": SCOPE,
        "algorithm": ALGORITHMS[program.key.key_type],
    }
    config.write_text(json.dumps(told))
    heard: dict[str, Any] = {}
    with (
        (folder / "complaints").open("w+") as complaints,
        subprocess.Popen(  # noqa: S603 - the client under its own Node
            [NODE, HERE / script, config],
            cwd=installed(HERE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        ) as node,
    ):
        waited = Timer(LONGEST, node.kill)
        waited.start()
        try:
            assert node.stdin
            assert node.stdout
            for line in node.stdout:
                said = json.loads(line)
                if "go" in said:
                    print(sent_back(person, said), file=node.stdin, flush=True)
                else:
                    heard[said["name"]] = said["said"]
            code = node.wait(20)
        finally:
            waited.cancel()
            node.kill()
        complaints.seek(0)
        assert code == 0, complaints.read()
    return heard


def sent_back(person: Visitor, said: dict[str, str]) -> str:
    """The address that the browser is sent to after the person has decided."""
    place = urlsplit(said["go"])
    answer = person.send(f"{place.path}?{place.query}", decision=said["decision"])
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_openid_client(interop_portal, interop_http, tmp_path):
    program = await let_in(interop_portal, "openid-client", interop_http)
    person = await interop_portal.visitor(WHO)
    assert walked("openid_client.mjs", program, person, tmp_path) == OPENID_CLIENT


@pytest.mark.parametrize(
    "make",
    [lambda: RSAKey.generate_key(2048), lambda: OKPKey.generate_key("Ed25519")],
    ids=["PS256", "Ed25519"],  # the client writes the full name, not EdDSA
)
async def test_oauth4webapi(interop_portal, interop_http, tmp_path, make):
    key = make()
    program = await let_in(interop_portal, "oauth4webapi", interop_http, key)
    person = await interop_portal.visitor(WHO)
    assert walked("oauth4webapi.mjs", program, person, tmp_path) == OAUTH4WEBAPI
