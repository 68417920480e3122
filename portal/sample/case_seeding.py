"""Fills a database with invented referrals: a demonstration at size, and the benchmarks.

They go between sixty invented charities, under agreements that all of them have signed. The rows
are made in the database, with the keys that its triggers would give them.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from auth.people.tables import Standing
from auth.roles import Role, SignatoryTitle
from auth.tables import Membership, MembershipRole, Person, Team, TeamMember
from portal.acting.work import LETTERS
from portal.agreements.categories import Purpose
from portal.agreements.tables import (
    Accession,
    Agreement,
    AgreementParty,
    AgreementSignature,
    AgreementVersion,
    SharingDirection,
)
from portal.referrals import tables
from portal.referrals.codes import Channel, ReasonCode, SubjectRole
from portal.referrals.details import ReferralReason, SafeContact, Subject
from portal.referrals.engine.files import shipped
from portal.sample import plots
from portal.sample.agreements import Deal, content_of
from portal.sample.invented import Made
from portal.sample.partnership import DAY, JOINED, agency_id, fixed, membership_id, team_id
from portal.sample.seeding import Load, defaults, invented_agencies, quiet
from portal.store.rules import table_of

PARTNERS, AGREEMENTS, TEAMS = 60, 21, 16
SHARES = {1: 80, 2: 10, 3: 1}
"""How many of a hundred referrals are sent to the first agencies, which send none themselves; the
rest goes to all others."""
WAYS = 4_000
"""From which team to which, under which agreement."""
CHUNK = 20_000
SPREAD = 7_919
"""A prime: referrals that follow each other go other ways and have other histories."""
NOW = datetime.combine(DAY, time(9), UTC)


def caseworker(number: int) -> str:
    """Who works on the cases of an invented agency, in all its teams."""
    return f"seed{number}.caseworker"


async def seed_referrals(
    owner: AsyncConnection, referrals: int, *, progress: Callable[[int], object] = quiet
) -> None:
    """Add this many referrals, each to one team, in the owner's transaction.

    Agencies see of them what `SHARES` says. `progress` is told how many have just been written.
    """
    load = Load((await owner.get_raw_connection()).driver_connection)
    taken = (await owner.execute(text("SELECT count(*) FROM referral"))).scalar_one()
    people = [*invented_agencies(PARTNERS), *_people()]
    await load.write([*people, *_agreements()], "ON CONFLICT DO NOTHING")
    await _prepare(load)
    await load.triggers(TABLES, on=False)
    for begin in range(taken, taken + referrals, CHUNK):
        end = min(begin + CHUNK, taken + referrals)
        await load.driver.execute(_CASES.format(begin=begin, end=end - 1))
        for model, (source, columns) in _ROWS.items():
            await load.driver.execute(_insert(model, source, columns))
        await load.driver.execute("DROP TABLE cases")
        progress(end - begin)
    await load.triggers(TABLES, on=True)
    await load.driver.execute("ANALYZE")


def _home(number: int) -> UUID:
    return agency_id(f"seed{number}")


def _teams(number: int) -> list[str]:
    """The first agencies are large, and so is what their teams have to do."""
    return [f"Team {each:02}" for each in range(TEAMS if number in SHARES else 1)]


def _people() -> Iterator[Made]:
    """A caseworker for each agency, in good standing, in all its teams."""
    for number in range(1, PARTNERS + 1):
        key, home = caseworker(number), _home(number)
        person, member = fixed("person", key), membership_id(key)
        yield Person, {"id": person, "name": f"Invented Caseworker {number}"}
        for name in _teams(number):
            yield Team, {"id": team_id(f"seed{number}", name), "agency_id": home, "name": name}
        yield (
            Membership,
            {"id": member, "person_id": person, "agency_id": home, "starts_on": JOINED},
        )
        yield MembershipRole, {"membership_id": member, "role": Role.CASEWORKER}
        until = date(2028, 12, 31)
        yield (
            Standing,
            {
                "id": fixed("standing", key), "membership_id": member,
                "training_until": until, "vetting_until": until, "confidentiality_until": until,
                "recorded_at": NOW,
            },
        )  # fmt: skip
        for name in _teams(number):
            team = team_id(f"seed{number}", name)
            yield TeamMember, {"team_id": team, "membership_id": member, "agency_id": home}


def _agreements() -> Iterator[Made]:
    """All agencies are parties of each, and all have signed."""
    begun = NOW - timedelta(days=900)
    for number in range(AGREEMENTS):
        key = f"seed-{number}"
        agreement, version = fixed("agreement", key), fixed("agreement-version", key)
        yield (
            Agreement,
            {
                "id": agreement, "reference": f"AS-{number:04}", "lead_agency_id": _home(1),
                "title": f"Invented agreement {number + 1}", "sent_at": begun, "is_sample": True,
                "last_event_at": begun, "created_at": begun, "updated_at": begun,
            },
        )  # fmt: skip
        about = {"agreement_id": agreement}
        dated = {"sent_at": begun, "signed_at": begun, "updated_at": begun}
        yield AgreementVersion, {"id": version, "number": 1, **about, **_content(key), **dated}
        for each in range(1, PARTNERS + 1):
            yield from _party(key, each, about, begun)


def _content(key: str) -> dict[str, Any]:
    begins, ends = DAY - timedelta(days=800), DAY + timedelta(days=400)
    deal = Deal(
        key, key, "seed1", (), (Purpose.VICTIM_SUPPORT,), ("legitimate_interests",), begins, ends,
        ends - timedelta(days=60), accession=Accession.LEAD,
    )  # fmt: skip
    return content_of(deal)


def _party(key: str, number: int, about: dict[str, Any], at: datetime) -> Iterator[Made]:
    party, home = fixed("agreement-party", f"{key}/{number}"), _home(number)
    yield (
        AgreementParty,
        {
            "id": party, "agency_id": home, "direction": SharingDirection.BOTH, "named_at": at,
            "joined_at": at, "updated_at": at, **about,
        },
    )  # fmt: skip
    yield (
        AgreementSignature,
        {
            "id": fixed("agreement-signature", f"{key}/{number}"), "party_id": party,
            "agreement_version_id": fixed("agreement-version", key), "agency_id": home,
            "signed_by_id": membership_id(caseworker(number)), "title": SignatoryTitle.TRUSTEE,
            "signed_at": at, **about,
        },
    )  # fmt: skip


async def _prepare(load: Load) -> None:
    """What the referrals are chosen from: histories, and ways with their keys."""
    histories = list(plots.histories(NOW))
    await load.fill("history", plots.HISTORY, [each.row for each in histories])
    await load.fill("event", plots.EVENTS, [row for h in histories for row in h.event_rows])
    await load.fill("clock", plots.CLOCKS, [row for h in histories for row in h.clock_rows])
    await load.fill("way", _WAY, list(_ways()))
    await load.driver.execute(_KEYED_WAYS)


def _ways() -> Iterator[tuple[Any, ...]]:
    chance = Random("portal/ways")  # noqa: S311 - repeatable on purpose
    others = [n for n in range(1, PARTNERS + 1) if n not in SHARES]
    shares = [*SHARES.values(), 100 - sum(SHARES.values())]
    for number in range(WAYS):
        [to] = chance.choices([*SHARES, 0], shares)
        to = to or chance.choice(others)
        sender = chance.choice([other for other in others if other != to])
        yield (
            number, _home(sender), team_id(f"seed{sender}", "Team 00"),
            membership_id(caseworker(sender)), _home(to),
            team_id(f"seed{to}", chance.choice(_teams(to))), membership_id(caseworker(to)),
            fixed("agreement", f"seed-{chance.randrange(AGREEMENTS)}"),
        )  # fmt: skip


_WAY = (
    "number int, from_agency uuid, from_team uuid, from_member uuid, to_agency uuid, to_team uuid,"
    " to_member uuid, agreement_id uuid"
)
_KEYED_WAYS = """
CREATE TEMPORARY TABLE keyed_way ON COMMIT DROP AS
SELECT w.*, k.acl, k.full_acl, k.routes FROM way w, LATERAL (
    SELECT ARRAY(SELECT DISTINCT unnest(ARRAY[summary_out, summary_in]) ORDER BY 1) AS acl,
           ARRAY(SELECT DISTINCT unnest(ARRAY[full_out, full_in]) ORDER BY 1) AS full_acl,
           ARRAY[way_in] AS routes
    FROM case_capability('summary', w.from_agency, NULL, NULL, NULL, NULL) summary_out,
         case_capability('full', w.from_agency, NULL, NULL, NULL, NULL) full_out,
         case_capability('summary', w.to_agency, NULL, w.agreement_id, 'victim_support', NULL)
             summary_in,
         case_capability('full', w.to_agency, NULL, w.agreement_id, 'victim_support', NULL) full_in,
         case_route(w.to_agency, w.agreement_id, w.from_agency, 'legitimate_interests') way_in
) k
"""
_LETTER = "substr('{letters}', 1 + (code / {power} % {size})::int, 1)"
_CODE = " || ".join(
    _LETTER.format(letters=LETTERS, power=len(LETTERS) ** place, size=len(LETTERS))
    for place in range(6)
)
_CASES = f"""
CREATE TEMPORARY TABLE cases ON COMMIT DROP AS
SELECT n, md5('referral/' || n)::uuid AS referral_id, md5('recipient/' || n)::uuid AS recipient_id,
       'RF-' || {_CODE} AS reference, w.*, h.number AS history, h.state, h.turn, h.hold, h.is_open,
       h.due_at, h.overall, h.sent_at, h.ended_at, h.events, 1 + (n % 7 > 0)::int AS rank
FROM (SELECT n, n::bigint * 48271 % {len(LETTERS) ** 6} AS code, n % {WAYS} AS way,
             n::bigint * {SPREAD} / {WAYS} % (SELECT count(*) FROM history) AS story
      FROM generate_series({{begin}}, {{end}}) n) drawn
JOIN keyed_way w ON w.number = way JOIN history h ON h.number = story
"""  # noqa: S608 - our own names

_OF = {
    "referral_id": "referral_id", "acl": "acl", "routes": "routes", "updated_at": "sent_at",
}  # fmt: skip
_OF_FULL = {**_OF, "acl": "full_acl"}


def _id(kind: str, *more: str) -> str:
    """An id that is the same at every run."""
    return f"md5(concat_ws('/', '{kind}', {', '.join(('n', *more))}))::uuid"


_PATHWAY = shipped().of(plots.PATHWAY, plots.VERSION)
_ROWS: dict[type[SQLModel], tuple[str, dict[str, str]]] = {
    tables.Referral: (
        "cases",
        {
            "id": "referral_id", "acl": "acl", "full_acl": "full_acl", "routes": "routes",
            "updated_at": "sent_at",
            "reference": "reference", "pathway": f"'{_PATHWAY.name}'",
            "pathway_version": str(_PATHWAY.version), "purpose": f"'{_PATHWAY.purpose}'",
            "categories": f"'{{{','.join(_PATHWAY.shares)}}}'::text[]",
            "urgency": "CASE rank WHEN 1 THEN 'urgent' ELSE 'routine' END",
            "sender_agency_id": "from_agency", "sender_team_id": "from_team",
            "overall": "overall", "created_by_id": "from_member", "created_at": "sent_at",
            "sent_at": "sent_at", "ended_at": "ended_at",
        },
    ),
    tables.Recipient: (
        "cases",
        {
            **_OF, "id": "recipient_id", "agency_id": "to_agency", "team_id": "to_team",
            "allocated_to_id": "CASE WHEN hold <> 'asked' THEN to_member END", "state": "state",
            "turn": "turn", "rank": "rank", "hold": "hold", "is_open": "is_open",
            "agreement_id": "agreement_id", "gateway": "'legitimate_interests'",
            "events": "events", "due_at": "due_at", "created_at": "sent_at", "given_at": "sent_at",
        },
    ),
    tables.ReferralEvent: (
        "cases JOIN event e ON e.number = history",
        {
            **_OF, "id": _id("event", "e.position"), "recipient_id": "recipient_id",
            "position": "e.position", "name": "e.name", "part": "e.part", "to_state": "e.to_state",
            "at": "e.at", "recorded_at": "e.at",
            "by_id": "CASE e.part WHEN 'sender' THEN from_member ELSE to_member END",
            "by_agency_id": "CASE e.part WHEN 'sender' THEN from_agency ELSE to_agency END",
        },
    ),
    tables.EventCodes: (
        "cases JOIN event e ON e.number = history AND e.said IS NOT NULL",
        {
            **_OF_FULL, "id": _id("codes", "e.position"), "event_id": _id("event", "e.position"),
            "category": "e.category", "codes": "e.said::jsonb",
        },
    ),
    tables.RunningClock: (
        "cases JOIN clock c ON c.number = history",
        {
            **_OF, "id": _id("clock", "c.name", "c.started_at"), "recipient_id": "recipient_id",
            "name": "c.name", "holder": "c.holder", "started_at": "c.started_at",
            "due_at": "c.due_at", "provisional": "c.provisional", "stopped_at": "c.stopped_at",
        },
    ),
    Subject: (
        "cases",
        {
            **_OF_FULL, "id": _id("subject"), "role": f"'{SubjectRole.VICTIM}'",
            "person": _id("person"),
        },
    ),
    SafeContact: (
        "cases",
        {
            **_OF_FULL, "id": _id("contact"), "allowed": f"'{{{Channel.TEXT}}}'::text[]",
            "forbidden": f"'{{{Channel.POST}}}'::text[]", "days": "'{}'::text[]",
            "checked_on": "sent_at::date",
        },
    ),
    ReferralReason: (
        "cases",
        {**_OF_FULL, "id": _id("reason"), "code": f"'{ReasonCode.DOMESTIC_ABUSE}'"},
    ),
}  # fmt: skip
"""For each table: from what its rows are made, and how its columns."""
TABLES = tuple(_ROWS)


def _insert(model: type[SQLModel], source: str, columns: dict[str, str]) -> str:
    """What a row does not say is as the model has it."""
    unsaid = {n: v for n, v in defaults(model).items() if n not in columns}
    said = columns | {name: _literal(value) for name, value in unsaid.items()}
    names, made = ", ".join(f'"{name}"' for name in said), ", ".join(said.values())
    return f"INSERT INTO {table_of(model).name} ({names}) SELECT {made} FROM {source}"  # noqa: S608


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
