"""The audits of the npm package graphql-http, really run against a listening server."""

import asyncio
import json
import os
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from socket import SOCK_STREAM, socket

import pytest
import uvicorn
from fastapi import FastAPI
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import deserialize_compact
from starlette.requests import Request
from starlette.responses import JSONResponse

INTEROP = Path(__file__).parents[1] / "interop"
REFUSED = json.loads((INTEROP / "refused_audits.json").read_text())


class Listening:
    """A server on a free port for as long as the block lasts."""

    def __init__(self, app):
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)

    async def __aenter__(self):
        self._socket = socket(type=SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()  # connections wait here until the server is up
        self._task = asyncio.create_task(self._server.serve([self._socket]))
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/graphql"

    async def __aexit__(self, *_):
        self._server.should_exit = True
        await self._task
        self._socket.close()


async def audited(url, *key, token=""):
    process = await asyncio.create_subprocess_exec(
        sys.executable, INTEROP / "audit.py", url, *key,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "AUDIT_TOKEN": token},
    )  # fmt: skip
    told, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(told)


async def test_every_audit_is_passed_but_those_that_need_get(desk):
    async with Listening(desk.app) as url:
        results = await audited(url)
    assert len(results) > 50
    missed = [result for result in results if result["status"] != "ok"]
    assert sorted((m["id"], m["name"]) for m in missed) == sorted(
        (refused["id"], refused["name"]) for refused in REFUSED
    )
    assert all(m["name"].startswith("MAY ") for m in missed)


def test_each_refused_audit_has_its_reason():
    assert all(refused["why"].endswith(".") for refused in REFUSED)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(ECKey.generate_key("P-256"), "ES256"), (OKPKey.generate_key("Ed25519"), "EdDSA")],
    ids=["ES256", "EdDSA"],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # its newer name is not yet in FAPI
async def test_audits_can_be_signed_with_a_proof_for_each_request(tmp_path, key, algorithm):
    seen = []

    async def answer(request: Request) -> JSONResponse:
        proof = request.headers["dpop"]
        if not seen:  # as a server does that wants a nonce
            seen.append(proof)
            return JSONResponse({}, 401, {"dpop-nonce": "n-1"})
        seen.append(deserialize_compact(proof, key, algorithms=[algorithm]))
        assert request.headers["authorization"] == "DPoP opaque"
        return JSONResponse({"data": {}})

    app = FastAPI()
    app.add_route("/graphql", answer, ["GET", "POST"])
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key.as_dict(private=True)))
    async with Listening(app) as url:
        await audited(url, file, token="opaque")
    claims = [json.loads(proof.payload) for proof in seen[1:]]
    assert claims[0]["nonce"] == "n-1"
    assert {claim["htu"] for claim in claims} == {url}
    assert {claim["htm"] for claim in claims} == {"GET", "POST"}
    assert len({claim["jti"] for claim in claims}) == len(claims)
    digest = urlsafe_b64encode(sha256(b"opaque").digest()).rstrip(b"=").decode()
    assert {claim["ath"] for claim in claims} == {digest}
    header = json.loads(urlsafe_b64decode(seen[0].split(".")[0] + "=="))
    assert header["typ"] == "dpop+jwt"
    assert "d" not in header["jwk"]
