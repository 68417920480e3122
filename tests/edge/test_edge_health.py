"""What a load balancer and an operator ask."""

import asyncio
import json
import logging
from hashlib import sha256

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from portal.edge import health
from portal.edge.health import health_router


async def _well():
    pass


async def _unwell():
    raise ConnectionError("could not connect as portal_runtime with password hunter2")


async def _slow():
    await asyncio.sleep(60)


async def _get(path, contract, **checks):
    app = FastAPI()
    app.include_router(health_router("1.2.3", checks, contract))
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://x") as client:
        return await client.get(path)


async def test_alive_needs_no_database(tmp_path):
    answer = await _get("/livez", tmp_path, database=_unwell)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_when_every_check_is_well(tmp_path):
    answer = await _get("/readyz", tmp_path, database=_well, migrations=_well)
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "migrations": "ok"}


async def test_not_ready_names_the_check_and_nothing_more(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        answer = await _get("/readyz", tmp_path, database=_unwell, migrations=_well)
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable", "checks": {"database": "failed", "migrations": "ok"},
    }  # fmt: skip
    assert "hunter2" not in json.dumps(answer.json())
    assert caplog.records[0].getMessage() == "Not ready: database"


async def test_a_check_that_hangs_counts_as_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    assert (await _get("/readyz", tmp_path, database=_slow)).status_code == 503


async def test_version_names_release_and_contract(tmp_path):
    assert (await _get("/version", tmp_path)).json() == {"version": "1.2.3", "contract": None}
    (tmp_path / "schema.graphql").write_bytes(b"type Query { a: Int }")
    told = (await _get("/version", tmp_path)).json()
    assert told["contract"] == "sha256:" + sha256(b"type Query { a: Int }").hexdigest()
