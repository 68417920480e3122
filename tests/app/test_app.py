"""Partners' programs ask the whole portal over HTTP, and strangers are told who may."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from support.databases import empty_database
from support.keyrings import throwaway_ring
from support.site import Program, Site, program_id

from auth.oauth.clients import end_client
from portal.app import create_app
from portal.changes.keeping import tidy
from portal.client import Refused
from portal.clock import LONDON, Clock
from portal.furnishing import furnish_portal
from portal.sample.partnership import DAY, agency_id
from portal.sample.programs import load_programs
from portal.settings import Settings
from portal.store.engines import Engines
from portal.store.migrations.migrate import migrate
from portal.store.server import Server

TITLES = "{ initiatives(first: 50) { nodes { title } } }"
SEEN = "... on InitiativePayload { initiative { id version createdAt } }"


def titles(program: Program) -> list[str]:
    answer = program.query(TITLES, {})
    return [node["title"] for node in answer["data"]["initiatives"]["nodes"]]


def test_a_partners_program_sees_what_another_agency_shares(site: Site):
    with site.program("wirral") as wirral, site.program("rasa") as rasa:
        draft = wirral.do("logInitiative", SEEN, title="Lit paths")["initiative"]
        assert "Lit paths" in titles(wirral)
        assert "Lit paths" not in titles(rasa)
        invited = {"initiative": draft["id"], "agency": f"Agency:{agency_id('rasa')}"}
        asked = wirral.do("invitePartner", "", parts=["SUPPORT"], **invited)
        assert asked["__typename"] == "PartnerPayload"
        shared = {"id": draft["id"], "expectedVersion": draft["version"]}
        wirral.do("shareInitiative", SEEN, visibility="PARTNERS", **shared)
        assert "Lit paths" in titles(rasa)
    with site.program("police") as police:
        assert "Lit paths" not in titles(police)


def test_what_is_done_is_dated_on_the_day_that_the_settings_fix(site: Site):
    with site.program("wirral") as wirral:
        made = wirral.do("logInitiative", SEEN, title="Fixed day")["initiative"]["createdAt"]
    assert datetime.fromisoformat(made).astimezone(LONDON).date() == DAY


async def test_a_change_is_found_by_the_request_id_in_the_answer(site: Site):
    document = (
        "mutation($input: LogInitiativeInput!) { logInitiative(input: $input) { __typename } }"
    )
    given = {"title": "Traced", "idempotencyKey": str(uuid4())}
    own = str(uuid4())
    with site.program("wirral") as wirral:
        first = wirral.send(document, wirral.headers(), input=given)
        second = wirral.send(document, {**wirral.headers(), "x-request-id": own}, input=given)
    told = first.headers["x-request-id"]
    assert second.headers["x-request-id"] == own
    async with site.engines.owner.begin() as owner:
        line = text("SELECT verb, outcome, principal_id FROM audit_line WHERE request_id = :id")
        found = (await owner.execute(line, {"id": told})).one()
    assert tuple(found) == ("log_initiative", "done", program_id("wirral"))


def lines_about(request_id: str, caplog) -> list[dict[str, Any]]:
    """The request's log line: it is written once the answer is on its way."""
    until = monotonic() + 5
    while monotonic() < until:
        told = [vars(r) for r in caplog.records if getattr(r, "request_id", None) == request_id]
        if lines := [line for line in told if line["name"] == "portal.request"]:
            return lines
        sleep(0.005)
    return []


def test_the_log_says_who_asked_and_nothing_of_what_was_said(site: Site, caplog):
    document = "mutation Log($a: LogInitiativeInput!) { logInitiative(input: $a) { __typename } }"
    given = {"title": "Words not for a log", "idempotencyKey": str(uuid4())}
    with caplog.at_level("INFO"), site.program("wirral") as wirral:
        answer = wirral.send(document, wirral.headers(), a=given)
        told = answer.headers["x-request-id"]
        [line] = lines_about(told, caplog)
    assert (line["client"], line["agency"], line["operation"]) == (
        str(program_id("wirral")),
        str(agency_id("wirral")),
        "Log",
    )
    assert "Words not for a log" not in str([vars(record) for record in caplog.records])


def test_each_field_of_a_mutation_is_done_in_turn(site: Site):
    document = """mutation($a: LogInitiativeInput!, $b: LogInitiativeInput!) {
        one: logInitiative(input: $a) { __typename } two: logInitiative(input: $b) { __typename }
    }"""
    given = {
        name: {"title": f"Field {name}", "idempotencyKey": str(uuid4())} for name in ("a", "b")
    }
    with site.program("wirral") as wirral:
        answer = wirral.send(document, wirral.headers(), **given).json()
        assert answer["data"] == {
            "one": {"__typename": "InitiativePayload"},
            "two": {"__typename": "InitiativePayload"},
        }
        assert {"Field a", "Field b"} <= set(titles(wirral))


def test_a_mutation_that_was_listened_to_cannot_be_sent_again(site: Site):
    document = "mutation($a: LogInitiativeInput!) { logInitiative(input: $a) { __typename } }"
    given = {"a": {"title": "Once", "idempotencyKey": str(uuid4())}}
    with site.program("wirral") as wirral:
        headers = {**wirral.headers(), "x-request-id": str(uuid4())}
        assert wirral.send(document, headers, **given).status_code == 200
        given["a"]["idempotencyKey"] = str(uuid4())
        assert wirral.send(document, headers, **given).status_code == 401
        assert titles(wirral).count("Once") == 1


def test_who_sends_no_token_is_told_how_to_get_one(site: Site):
    with site.program("rasa") as rasa:
        answer = rasa.send(TITLES, {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("DPoP algs=")
    assert answer.headers.get_list("www-authenticate") == [answer.headers["www-authenticate"]]
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answer.json()


def test_a_request_that_was_listened_to_cannot_be_sent_again(site: Site):
    with site.program("rasa") as rasa:
        headers = rasa.headers()
        assert rasa.send(TITLES, headers).status_code == 200
        again = rasa.send(TITLES, headers)
    assert again.status_code == 401
    assert 'error="invalid_token"' in again.headers["www-authenticate"]
    assert "data" not in again.json()


def test_a_request_that_failed_cannot_be_sent_again_either(site: Site):
    """Its changes are rolled back; that its proof was used is not."""
    with site.program("rasa") as rasa:
        headers = rasa.headers()
        bad = rasa.send('{ initiatives(after: "no cursor") { nodes { id } } }', headers)
        assert bad.json()["errors"][0]["extensions"]["code"] == "BAD_CURSOR"
        assert rasa.send(TITLES, headers).status_code == 401


def test_a_stolen_token_is_no_use_without_its_key(site: Site):
    with site.program("rasa") as rasa, site.program("police") as thief:
        thief.token()
        stolen = rasa.token().access_token
        proof = thief._proof(f"{site.url}/graphql", stolen)
        answer = thief.send(TITLES, {"authorization": f"DPoP {stolen}", "dpop": proof})
    assert answer.status_code == 401
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("Bearer aaaa", 401), ("DPoP " + "A" * 43, 401), ("DPoP", 400), ("nonsense =", 400)],
)
def test_what_is_no_token_is_refused_without_a_fault(site: Site, authorization, status):
    with site.program("rasa") as rasa:
        headers = {**rasa.headers(), "authorization": authorization}
        answer = rasa.send(TITLES, headers)
    assert answer.status_code == status
    assert answer.headers["www-authenticate"].startswith("DPoP ")


async def test_a_client_that_has_ended_is_refused_at_its_next_request(site: Site):
    with site.program("police") as police:
        police.query(TITLES, {})
        async with AsyncSession(site.engines.owner) as db, db.begin():
            await end_client(db, program_id("police"), now=datetime.now(UTC))
        answer = police.send(TITLES, police.headers())
        assert answer.status_code == 401
        with pytest.raises(Refused):
            police.query(TITLES, {})
    async with site.engines.owner.begin() as owner:
        await load_programs(owner, site.keys)  # let in again, for the other tests


def test_a_program_asks_only_in_its_scopes(site: Site):
    with site.program("police") as police:
        refused = police.do("logInitiative", "... on NotPermitted { rule }", title="Not ours")
    assert (refused["__typename"], refused["rule"]) == (
        "NotPermitted",
        "initiative.coordinator_starts",
    )


def test_it_says_that_it_is_well_and_which_release_it_is(site: Site):
    assert httpx2.get(f"{site.url}/livez").json() == {"status": "ok"}
    ready = httpx2.get(f"{site.url}/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (
        200,
        {"migrations": "ok", "roles": "ok", "settled": "ok"},
    )
    assert httpx2.get(f"{site.url}/version").json()["version"]


def test_there_is_nothing_at_other_addresses(site: Site):
    for path in ("/docs", "/openapi.json", "/redoc"):
        answer = httpx2.get(f"{site.url}{path}")
        assert answer.status_code == 404
        assert answer.headers["x-request-id"]


async def readiness(settings: Settings) -> tuple[int, dict[str, str]]:
    engines = Engines(settings)
    inside = httpx2.ASGITransport(app=create_app(settings, engines, throwaway_ring()))
    async with httpx2.AsyncClient(transport=inside, base_url=settings.base_url) as http:
        answer = await http.get("/readyz")
    await engines.dispose()
    return answer.status_code, answer.json()["checks"]


async def test_it_is_not_ready_before_its_database_is(server: Server):
    async with empty_database(server, "unready") as engines:
        assert (await readiness(engines.settings))[0] == 503
        await migrate(engines.owner, furnish_portal)
        assert (await readiness(engines.settings))[0] == 200


async def test_it_is_not_ready_as_a_role_that_no_row_rule_binds(site: Site, server: Server):
    for role in ("postgres", "portal_owner", "portal_command"):
        settings = replace(site.engines.settings, database_url=server.dsn(role, "site"))
        status, checks = await readiness(settings)
        assert (status, checks["roles"]) == (503, "failed")


async def test_it_is_alive_and_not_ready_while_no_database_answers():
    nowhere = "postgresql:///portal?host=/nowhere&user=portal_runtime"
    status, checks = await readiness(Settings(database_url=nowhere, auth_database_url=nowhere))
    assert (status, set(checks.values())) == (503, {"failed"})


async def test_replay_marks_that_are_out_of_date_are_removed(site: Site, monkeypatch):
    monkeypatch.setattr("portal.app.TIDY_EVERY", 0.01)
    count = text("SELECT count(*) FROM auth_secret.seen_proof WHERE proof = :proof")
    old, proof = datetime.now(UTC) - timedelta(hours=1), {"proof": b"o" * 32}
    mark = text("INSERT INTO auth_secret.seen_proof (proof, seen_at) VALUES (:proof, :old)")
    async with site.engines.owner.begin() as owner:
        await owner.execute(mark, {**proof, "old": old})
    app = create_app(site.engines.settings, Engines(site.engines.settings), throwaway_ring())
    async with app.router.lifespan_context(app), site.engines.owner.connect() as owner:
        for _ in range(500):
            if (await owner.execute(count, proof)).scalar_one() == 0:
                return
            await owner.rollback()
    pytest.fail("the mark is still there")


async def test_idempotency_keys_are_kept_for_a_week(site: Site):
    made = text(
        "INSERT INTO repeat (principal_id, mutation, key, input_hash, at)"
        " VALUES (:who, 'log_initiative', :key, 'x', :at)"
    )
    now, who = datetime.now(UTC), uuid4()
    async with site.engines.owner.begin() as owner:
        for key, age in (("old", timedelta(days=7, minutes=1)), ("young", timedelta(days=6))):
            await owner.execute(made, {"who": who, "key": key, "at": now - age})
    await tidy(async_sessionmaker(site.engines.auth), now)
    async with site.engines.owner.connect() as owner:
        left = await owner.execute(
            text("SELECT key FROM repeat WHERE principal_id = :who"), {"who": who}
        )
        assert left.scalars().all() == ["young"]


def test_a_fixed_day_keeps_the_time_of_day():
    real = datetime.now(LONDON)
    fixed = Clock(date(2026, 6, 30)).now().astimezone(LONDON)
    assert fixed.date() == date(2026, 6, 30)
    apart = datetime.combine(fixed.date(), fixed.time()) - datetime.combine(
        fixed.date(), real.time()
    )
    assert timedelta(0) <= apart < timedelta(seconds=30)
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=30)
