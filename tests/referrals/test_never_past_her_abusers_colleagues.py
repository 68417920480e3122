"""Nobody who is accused and is a partner's is stored, whichever way a case begins or grows; and who
sends something to police or prosecutors knows what may come of it.
"""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.asking import Portal
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
SAID = [each.name for each in Employment if each is not Employment.NONE_KNOWN]


async def counted(cases: Engines) -> int:
    async with cases.owner.begin() as owner:
        return int((await owner.execute(text("SELECT count(*) FROM referral"))).scalar_one())


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
