"""People are told of work that is theirs, due, late, or standing still: each thing once."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal, the_schema
from support.posting import Post

from portal.clock import Clock
from portal.sample.partnership import DAY, PEOPLE, agency_id, membership_id, team_id

LEAD, DOES, ABSENT = "wirral.coordinator", "rasa.contributor", "police.contributor"
TEAM = f"Team:{team_id('rasa', PEOPLE[DOES][3])}"
DUE = DAY + timedelta(days=10)


@pytest.fixture
async def asked(post: Post) -> AsyncIterator[Portal]:
    """The API of the outbox's database; what was done together there is gone afterwards."""
    yield Portal(the_schema(), post.engines.command)
    async with post.engines.owner.begin() as owner:
        for table in ("reminder", "action_move", "action", "partner", "initiative"):
            await owner.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names


async def initiative(asked: Portal) -> str:
    """Wirral leads it; RASA takes part."""
    shows = "...on InitiativePayload { initiative { id version } }"
    given: dict[str, Any] = {
        "title": "Safer routes",
        "startsOn": "2026-09-01",
        "endsOn": "2027-09-01",
    }
    made = (await asked.do(LEAD, "logInitiative", given, shows))["initiative"]
    shared = {"id": made["id"], "expectedVersion": made["version"], "visibility": "PARTNERS"}
    await asked.do(LEAD, "shareInitiative", shared)
    invited = {
        "initiative": made["id"], "agency": f"Agency:{agency_id('rasa')}", "parts": ["DELIVER"],
    }  # fmt: skip
    shows = "...on PartnerPayload { partner { id version } }"
    partner = (await asked.do(LEAD, "invitePartner", invited, shows))["partner"]
    accepts = {"id": partner["id"], "expectedVersion": partner["version"]}
    answer = await asked.do("rasa.coordinator", "acceptInvitation", accepts)
    assert answer["__typename"] == "PartnerPayload", answer
    return str(made["id"])


async def action(asked: Portal, due: date = DUE, **more: Any) -> dict[str, Any]:
    """For RASA's team."""
    given = {
        "initiative": await initiative(asked), "title": "Light the path", "ownerTeam": TEAM,
        "dueOn": due.isoformat(), **more,
    }  # fmt: skip
    shows = "...on ActionPayload { action { id version } }"
    answer = await asked.do(LEAD, "addAction", given, shows)
    found: dict[str, Any] = answer["action"]
    return found


async def notices(post: Post, who: str) -> list[tuple[str, str]]:
    """What they were told, oldest first."""
    found = await post.run(
        "SELECT kind, says FROM notice n JOIN membership m ON m.person_id = n.person_id"
        " WHERE m.id = :member ORDER BY n.at, n.kind",
        member=membership_id(who),
    )
    return [tuple(row) for row in found]


async def remind(post: Post, day: date) -> int:
    """As the worker does, on that day."""
    worker = post.worker()
    worker.clock = Clock(day)
    return await worker.remind()


async def test_a_team_hears_of_work_from_another_agency_and_who_does_it_hears_by_name(
    post: Post, asked: Portal
) -> None:
    await post.hears(DOES)
    done = await action(asked)
    ((kind, says),) = await notices(post, DOES)
    assert (kind, says.startswith("For your team: Light the path (VG-")) == (
        "action_assigned",
        True,
    )
    assert says.endswith("due on 26 November 2026).")
    given = {
        "id": done["id"], "expectedVersion": done["version"],
        "allocatedTo": f"Membership:{membership_id(DOES)}",
    }  # fmt: skip
    await asked.do("rasa.coordinator", "allocateAction", given)
    told = await notices(post, DOES)
    assert [says.partition(":")[0] for _, says in told] == ["For your team", "Yours to do"]
    assert await notices(post, LEAD) == []
    while await post.work():
        pass
    assert {letter["Subject"] for letter in post.box.letters} == {
        "You have a new task in the portal"
    }
    assert not [letter for letter in post.box.letters if "Light" in letter.as_string()]


async def test_who_takes_work_themselves_is_told_nothing(post: Post, asked: Portal) -> None:
    done = await action(asked)
    before = await notices(post, DOES)
    given = {
        "id": done["id"], "expectedVersion": done["version"],
        "allocatedTo": f"Membership:{membership_id(DOES)}",
    }  # fmt: skip
    await asked.do(DOES, "allocateAction", given)
    assert await notices(post, DOES) == before


async def test_a_refused_change_tells_nobody(post: Post, asked: Portal) -> None:
    done = await action(asked)
    before = await notices(post, DOES)
    given = {
        "id": done["id"], "expectedVersion": done["version"],
        "allocatedTo": f"Membership:{membership_id(DOES)}",
    }  # fmt: skip
    answer = await asked.do(ABSENT, "allocateAction", given)
    assert answer["__typename"] in {"NotFound", "NotPermitted"}
    assert await notices(post, DOES) == before


async def test_work_is_called_due_a_week_before_and_late_the_day_after_each_once(
    post: Post, asked: Portal
) -> None:
    await action(asked)
    given = [kind for kind, _ in await notices(post, DOES)]
    for day, more in (
        (DUE - timedelta(days=8), 0),
        (DUE - timedelta(days=7), 1),
        (DUE - timedelta(days=7), 0),
        (DUE, 0),
        (DUE + timedelta(days=1), 1),
        (DUE + timedelta(days=2), 0),
    ):
        assert await remind(post, day) == more, day
    told = [kind for kind, _ in await notices(post, DOES)][len(given) :]
    assert told == ["action_due", "action_late"]
    assert await notices(post, ABSENT) == []


async def test_a_new_due_day_is_reminded_of_anew_and_finished_work_never(
    post: Post, asked: Portal
) -> None:
    done = await action(asked)
    assert await remind(post, DUE - timedelta(days=3)) == 1
    later = (DUE + timedelta(days=30)).isoformat()
    given = {"id": done["id"], "expectedVersion": done["version"], "dueOn": later}
    shows = "...on ActionPayload { action { id version } }"
    done = (await asked.do(LEAD, "changeAction", given, shows))["action"]
    assert await remind(post, DUE) == 0
    assert await remind(post, DUE + timedelta(days=25)) == 1
    given = {"id": done["id"], "expectedVersion": done["version"], "note": "Lit."}
    await asked.do(LEAD, "finishAction", given)
    assert await remind(post, DUE + timedelta(days=31)) == 0


async def test_nobody_is_told_of_work_that_their_agency_cannot_see(
    post: Post, asked: Portal
) -> None:
    await action(asked)
    await post.run("UPDATE initiative SET visibility = 'draft'")
    before = await notices(post, DOES)
    await remind(post, DUE)
    assert await notices(post, DOES) == before


async def test_a_partner_that_changes_nothing_for_sixty_days_hears_of_it_and_so_does_the_lead(
    post: Post, asked: Portal
) -> None:
    await action(asked, due=DAY + timedelta(days=400))
    await post.run("UPDATE initiative SET stage = 'live'")
    at = datetime.combine(DAY, time(9), UTC)
    await post.run("UPDATE history SET at = :at", at=at)
    assert await remind(post, DAY + timedelta(days=59)) == 0
    assert await remind(post, DAY + timedelta(days=61)) == 1
    assert await remind(post, DAY + timedelta(days=62)) == 0
    for who in (LEAD, "rasa.coordinator"):
        kind, says = (await notices(post, who))[-1]
        assert (kind, "has changed nothing on VG-" in says) == ("partner_quiet", True)
    assert await notices(post, ABSENT) == []
    assert await remind(post, DAY + timedelta(days=122)) == 1
