"""Nobody who is accused and is a partner's is stored, whichever way a case begins or grows; and who
sends something to police or prosecutors knows what may come of it.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.asking import Portal
from support.charging import CENTRE, OFFICER, PVP, registered
from support.conferring import MARAC, WIRRAL
from support.referring import (
    FAMILY_SAFETY,
    OUTREACH,
    REFERRAL,
    SENDER,
    draft,
    see,
    send,
    sent,
    team,
)

from portal.referrals.codes import ACCUSED
from portal.referrals.routes import Employment
from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA, UNITY = "wirral.idva", ("police", "Protecting vulnerable people")
STUDENTS = (("uol", "Student welfare"), ("uol", "Information governance"))
SAID = [each.name for each in Employment if each is not Employment.NONE_KNOWN]
TABLES = """SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
WHERE table_schema IN ('public', 'auth_secret') AND table_type = 'BASE TABLE'"""


async def counted(cases: Engines) -> int:
    async with cases.owner.begin() as owner:
        return int((await owner.execute(text("SELECT count(*) FROM referral"))).scalar_one())


async def held(cases: Engines) -> Counter[tuple[str, str]]:
    """Every row of every table, as text."""
    found: Counter[tuple[str, str]] = Counter()
    async with cases.owner.begin() as owner:
        for (table,) in (await owner.execute(text(TABLES))).all():
            rows = await owner.execute(text(f"SELECT t::text FROM {table} t"))  # noqa: S608
            found.update((table, row) for row in rows.scalars())
    return found


Tried = Callable[[Portal], Awaitable[tuple[str, str, dict[str, Any]]]]
"""Sets the scene, and says who tries what."""


async def begins(portal: Portal, **more: str) -> tuple[str, str, dict[str, Any]]:
    mine = {"senderTeam": team(*OUTREACH), "pathway": "request_for_support", "accused": "WORKS"}
    return SENDER, "startReferral", mine | more


async def refers_to_a_marac(portal: Portal) -> tuple[str, str, dict[str, Any]]:
    return await begins(portal, pathway="marac", area=WIRRAL, accused="WORKED")


async def passes_on(portal: Portal) -> tuple[str, str, dict[str, Any]]:
    row, mine = await sent(portal), {"senderTeam": team(*FAMILY_SAFETY), "accused": "MAY_WORK"}
    return IDVA, *(await begins(portal, onwardFrom=row["id"], **mine))[1:]


async def registers_or_logs_a_contact(portal: Portal) -> tuple[str, str, dict[str, Any]]:
    police = {"senderTeam": team(*PVP), "pathway": "cps_charging"}
    return OFFICER, *(await begins(portal, **police))[1:]


async def names_somebody_in_a_draft(portal: Portal) -> tuple[str, str, dict[str, Any]]:
    row = await draft(portal, MARAC, pathway="marac", area=WIRRAL)
    given = {"role": "ALLEGED_PERPETRATOR", "employment": "MAY_WORK"}
    return SENDER, "nameSubject", {"id": row["id"], "expectedVersion": row["version"], **given}


async def names_somebody_in_an_early_contact(portal: Portal) -> tuple[str, str, dict[str, Any]]:
    """Which becomes a matter only once its suspects are named."""
    mine = {"by": OFFICER, "senderTeam": team(*PVP), "pathway": "cps_charging"}
    row = await draft(portal, CENTRE, **mine)
    topic = [{"name": "contact_topic", "values": ["charge_choice"]}]
    given = {
        "id": row["id"], "expectedVersion": row["version"], "token": row["preview"]["token"],
        "move": "log_contact", "fields": topic, "disclosureRead": True,
    }  # fmt: skip
    done = (await portal.do(OFFICER, "sendReferral", given, REFERRAL))["referral"]
    suspect = {"role": "SUSPECT", "employment": "WORKS"}
    version = {"id": done["id"], "expectedVersion": done["version"]}
    return OFFICER, "nameSubject", version | suspect


async def adds_a_suspect(portal: Portal) -> tuple[str, str, dict[str, Any]]:
    row = await registered(portal)
    given = {"id": row["id"], "expectedVersion": row["version"], "employment": "WORKED"}
    return OFFICER, "addSuspect", given


async def reports_staff_of_a_university(portal: Portal) -> tuple[str, str, dict[str, Any]]:
    ours, theirs = STUDENTS
    mine = {"senderTeam": team(*ours), "pathway": "university_formal_report"}
    row = await draft(portal, theirs, by="uol.caseworker", **mine)
    told = {"responding_party": "staff", "police_told": "no"}
    fields = [{"name": name, "values": [value]} for name, value in told.items()]
    given = {
        "id": row["id"], "expectedVersion": row["version"], "token": row["preview"]["token"],
        "fields": fields,
    }  # fmt: skip
    return "uol.caseworker", "sendReferral", given


WAYS: tuple[Tried, ...] = (
    begins, refers_to_a_marac, passes_on, registers_or_logs_a_contact, names_somebody_in_a_draft,
    names_somebody_in_an_early_contact, adds_a_suspect, reports_staff_of_a_university,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_nothing_of_it_stays_but_that_something_was_refused(
    portal: Portal, cases: Engines, caplog: pytest.LogCaptureFixture, way: Tried
) -> None:
    """No row is made or altered, in no table; the audit line is that of any mistake."""
    who, mutation, given = await way(portal)
    caplog.clear()
    before = await held(cases)
    refused = await portal.do(who, mutation, given)
    [error] = refused["errors"]
    assert error["code"] == "INDEPENDENT_ROUTE"
    for route in ("Independent Office", "another police force", "Commissioner", "LADO", "trust"):
        assert route in error["message"]
    after = await held(cases)
    assert not before - after
    [(table, line)] = (after - before).elements()
    assert table == "public.audit_line"
    verb = re.sub("([A-Z])", r"_\1", mutation).lower()
    assert f",{verb},refused,Invalid,INVALID," in line
    assert "INDEPENDENT" not in line
    assert "INDEPENDENT" not in caplog.text
    assert "Independent" not in caplog.text


async def test_a_student_who_is_accused_is_reported_formally(portal: Portal) -> None:
    who, mutation, given = await reports_staff_of_a_university(portal)
    for code in ("student", "other_university"):
        told = [{"name": "responding_party", "values": [code]}, given["fields"][1]]
        done = await portal.do(who, mutation, given | {"fields": told}, REFERRAL)
        assert done["__typename"] == "ReferralPayload", done
        who, mutation, given = await reports_staff_of_a_university(portal)


@pytest.mark.parametrize("employment", SAID)
async def test_no_draft_is_begun_about_a_partners_own(
    portal: Portal, cases: Engines, employment: str
) -> None:
    before = await counted(cases)
    given = {
        "senderTeam": team(*OUTREACH), "pathway": "request_for_support", "accused": employment,
    }  # fmt: skip
    refused = await portal.do(SENDER, "startReferral", given, REFERRAL)
    [error] = refused["errors"]
    assert (error["code"], error["path"]) == ("INDEPENDENT_ROUTE", ["input", "accused"])
    for route in ("Independent Office for Police Conduct", "another police force", "LADO"):
        assert route in error["message"]
    assert await counted(cases) == before


async def test_one_recipient_does_not_pass_it_on_about_a_partners_own(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    before = await counted(cases)
    given = {
        "senderTeam": team(*FAMILY_SAFETY), "pathway": "request_for_support",
        "accused": "MAY_WORK", "onwardFrom": row["id"],
    }  # fmt: skip
    refused = await portal.do(IDVA, "startReferral", given, REFERRAL)
    assert refused["errors"][0]["code"] == "INDEPENDENT_ROUTE"
    assert await counted(cases) == before


@pytest.mark.parametrize("role", sorted(role.name for role in ACCUSED))
async def test_somebody_added_late_is_asked_about_too(portal: Portal, role: str) -> None:
    row = await sent(portal)
    given = {"id": row["id"], "expectedVersion": row["version"], "role": role}
    for employment in SAID:
        late = {**given, "employment": employment}
        refused = await portal.do(SENDER, "nameSubject", late, REFERRAL)
        assert refused["errors"][0]["code"] == "INDEPENDENT_ROUTE"
    unsaid = await portal.do(SENDER, "nameSubject", given, REFERRAL)
    assert unsaid["errors"][0]["code"] == "EMPLOYMENT_NEEDED"
    done = await portal.do(SENDER, "nameSubject", {**given, "employment": "NONE_KNOWN"}, REFERRAL)
    assert done["__typename"] == "ReferralPayload", done


@pytest.mark.parametrize("employment", [None, *(each.value for each in Employment)])
async def test_the_database_keeps_nobody_of_a_partners_however_they_come(
    cases: Engines, employment: str | None
) -> None:
    add = text(
        "INSERT INTO subject (id, referral_id, role, number, person, employment, updated_at,"
        " version, acl, routes) VALUES (gen_random_uuid(), :referral, :role, 1, gen_random_uuid(),"
        " :employment, now(), 1, '{}', '{}')"
    )
    given: dict[str, Any] = {"referral": fixed("referral", "started"), "employment": employment}
    for role in ACCUSED:
        async with cases.owner.connect() as owner:
            if employment == Employment.NONE_KNOWN:
                await owner.execute(add, {**given, "role": role})
            else:
                with pytest.raises(IntegrityError, match="subject_accused"):
                    await owner.execute(add, {**given, "role": role})


async def test_before_it_goes_to_the_police_its_sender_is_warned_and_says_so(
    portal: Portal,
) -> None:
    row = await draft(portal, UNITY, FAMILY_SAFETY)
    [warning] = row["preview"]["warnings"]
    assert (warning["code"], warning["agency"]["shortName"]) == ("MAY_BE_DISCLOSED", "Police")
    assert "disclose it to the defence" in warning["message"]
    given = {
        "id": row["id"], "expectedVersion": row["version"], "token": row["preview"]["token"],
    }  # fmt: skip
    refused = await portal.do(SENDER, "sendReferral", given, REFERRAL)
    [error] = refused["errors"]
    assert (error["code"], error["path"]) == ("DISCLOSURE_UNREAD", ["input", "disclosureRead"])
    assert "Merseyside Police" in error["message"]
    assert (await see(portal, SENDER, row["id"]))["overall"] == "DRAFT"
    assert (await send(portal, row))["__typename"] == "ReferralPayload"
    shown = "query($id: ID!) { referral(id: $id) { recipients { nodes { disclosureReadAt } } } }"
    told = (await portal.ask(SENDER, shown, id=row["id"]))["referral"]["recipients"]["nodes"]
    assert sorted(each["disclosureReadAt"] is not None for each in told) == [False, True]


async def test_what_goes_elsewhere_carries_no_such_warning(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    assert row["preview"]["warnings"] == []
    given = {
        "id": row["id"], "expectedVersion": row["version"], "token": row["preview"]["token"],
    }  # fmt: skip
    done = await portal.do(SENDER, "sendReferral", given, REFERRAL)
    assert done["__typename"] == "ReferralPayload", done
