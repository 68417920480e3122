"""The whole portal in this process, and what it answers to requests nobody should send."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from random import Random
from time import monotonic
from uuid import uuid4

import httpx2
from joserfc.jwk import ECKey
from sqlalchemy import select
from support.fuzzing import Fuzzer, Wanted
from support.given import Known
from support.keyrings import throwaway_ring
from support.site import Program

from auth.oauth.clients import new_private_key
from auth.roles import Scope
from portal.app import create_app
from portal.context import ByCommand, Context, Rehearsal
from portal.edge.errors import cause_of, published
from portal.edge.guarded import guarded
from portal.furnishing import furnish_portal
from portal.reading import declare
from portal.sample.load import load_sample
from portal.sample.partnership import DAY, membership_id
from portal.sample.programs import PROGRAMS, load_programs
from portal.schema import Schema
from portal.store.engines import Engines
from portal.store.migrations.migrate import migrate

NINE = time(9)
URL = "http://localhost:8000"
RENEW = 120.0
"""Seconds after which a token is replaced; it lives five minutes."""
OURS = {"INTERNAL", "TIMEOUT", "BUSY"}
"""Codes that say that we failed."""


@dataclass
class Caller:
    """A program with a token that is renewed in time."""

    program: Program
    edits: bool
    """Whether it may do much, and so comes deep into the verbs."""
    token: str = ""
    since: float = 0.0

    async def headers(self, http: httpx2.AsyncClient) -> dict[str, bytes]:
        """A good token with a good proof."""
        if monotonic() - self.since > RENEW:
            url = f"{URL}/oauth/token"
            proof = {"dpop": self.program._proof(url)}
            answer = await http.post(url, data=self.program._form(), headers=proof)
            self.token, self.since = answer.json()["access_token"], monotonic()
        proof = self.program._proof(f"{URL}/graphql", self.token)
        return {"authorization": f"DPoP {self.token}".encode(), "dpop": proof.encode()}


@dataclass
class Ground:
    """Where requests are sent, and what came of them."""

    http: httpx2.AsyncClient
    callers: list[Caller]
    fuzzer: Fuzzer
    schema: Schema
    engines: Engines
    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    """How often each mutation was not refused."""

    async def one(self) -> str | None:
        """Send one; what is wrong with the answer, if anything is."""
        wanted = self.fuzzer.some()
        self.kinds[wanted.kind] += 1
        return await (self._enacted(wanted) if wanted.person else self._sent(wanted))

    async def _enacted(self, wanted: Wanted) -> str | None:
        """Through the schema, as the pages do for somebody who has signed in."""
        asked = json.loads(wanted.body)
        opening, now = ByCommand(membership_id(wanted.person)), datetime.combine(DAY, NINE, UTC)
        kind = Context if wanted.lasting else Rehearsal
        context = kind(self.engines.command, opening, uuid4(), now)
        try:
            answer = await self.schema.execute(
                asked["query"], variable_values=asked["variables"], context_value=context
            )
        except Exception as fault:  # noqa: BLE001 - whatever gets out is the finding
            return self._told(wanted, repr(fault))
        errors = [published(error, "") for error in answer.errors or ()]
        codes = {str((error.extensions or {}).get("code", "none")) for error in errors}
        self.codes.update(codes)
        if codes & (OURS | {"none"}):
            faults = [repr(cause_of(error) or error) for error in answer.errors or ()]
            return self._told(wanted, "\n".join(faults))
        for mutation, said in json.loads(answer.data.bytes if answer.data else b"{}").items():
            if said["__typename"].endswith("Payload"):
                self.done[mutation] += 1
        return None

    async def _sent(self, wanted: Wanted) -> str | None:
        """Over HTTP, as programs do."""
        headers = {}
        if wanted.signed:
            weights = [3 if caller.edits else 1 for caller in self.callers]
            [caller] = self.fuzzer.random.choices(self.callers, weights)
            headers = await caller.headers(self.http)
        asked = {**headers, **wanted.headers}
        try:
            answer = await self.http.request(
                wanted.method,
                f"{URL}{wanted.place}",
                content=wanted.body,
                headers=[(name.encode(), value) for name, value in asked.items()],
            )
        except Exception as fault:  # noqa: BLE001 - whatever gets out is the finding
            return self._told(wanted, repr(fault))
        return self._judged(wanted, answer)

    def _judged(self, wanted: Wanted, answer: httpx2.Response) -> str | None:
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            return self._told(wanted, f"{answer.status_code} {answer.text[:300]}")
        if wanted.place != "/graphql" or wanted.method != "POST":
            return None
        try:
            said = json.loads(answer.content)
        except ValueError:
            return self._told(wanted, f"no JSON: {answer.text[:300]}")
        codes = {e.get("extensions", {}).get("code", "none") for e in said.get("errors", ())}
        self.codes.update(codes)
        if codes & (OURS | {"none"}):
            return self._told(wanted, answer.text[:600])
        if not {"data", "errors"} & said.keys():
            return self._told(wanted, "neither data nor errors")
        return None

    def _told(self, wanted: Wanted, why: str) -> str:
        sent = f"{wanted.person} {wanted.method} {wanted.place} {wanted.headers}"
        return f"{wanted.kind}: {sent}\n{wanted.body[:2000]!r}\n{why}"


@asynccontextmanager
async def ground(engines: Engines, seed: int) -> AsyncIterator[Ground]:
    """The sample partnership behind the real application, in an empty database."""
    keys: dict[str, ECKey] = {program.key: new_private_key() for program in PROGRAMS}
    await migrate(engines.owner, furnish_portal)
    async with engines.owner.begin() as owner:
        await load_sample(owner)
        await load_programs(owner, keys)
    schema, library = guarded()
    known = await _known(engines)
    random = Random(seed)  # noqa: S311 - the same at every run
    fuzzer = Fuzzer(random, schema._schema, known, list(library.trusted))
    served = Engines(engines.settings)
    app = create_app(replace(engines.settings, base_url=URL, today=DAY), served, throwaway_ring())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as http:
        callers = [
            Caller(
                Program(URL, each.id, keys[each.key], http),  # type: ignore[arg-type]  # it only signs
                Scope.INITIATIVES_EDIT in each.scopes,
            )
            for each in PROGRAMS
        ]
        yield Ground(http, callers, fuzzer, schema, served)
    await served.dispose()


async def _known(engines: Engines) -> Known:
    """Every id there is."""
    ids = {}
    async with engines.owner.connect() as owner:
        for name, source in declare.SOURCES.items():
            if source.key == "id":
                key = source.table.c.id
                ids[name] = list((await owner.execute(select(key).order_by(key))).scalars())
    return Known(ids, {})
