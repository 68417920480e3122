"""Every move and event of every pathway is made through the API by whoever may make it, and leads
where the file says; the other side cannot make it, and reads what it can do instead.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.asking import Portal
from support.charging import CENTRE, LIAISON, OFFICER, PVP, on
from support.charging import drafted as with_suspects
from support.conferring import gold
from support.databases import empty_database
from support.referring import FAMILY_SAFETY, OUTREACH, RECIPIENT, REFERRAL, SENDER, draft, team
from support.stories import Step, Story, stories

from portal import database
from portal.edge.guarded import guarded
from portal.furnishing import furnish_portal
from portal.referrals.engine.files import FOLDER, load
from portal.referrals.engine.pathway import Part, Pathway
from portal.referrals.engine.standing import Value
from portal.sample.cases import WIRRAL
from portal.sample.conferences import MEETINGS
from portal.sample.load import load_sample
from portal.store.build import build
from portal.store.server import Server

FILES = sorted(FOLDER.glob("*.toml"))
WORDS = "She lives with her mother"
TRACK = """query($id: ID!) { referral(id: $id) {
  recipients(first: 5) { nodes { id version state turn hold open } }
  events(first: 50) { nodes { name } } } }"""


@dataclass(frozen=True)
class Between:
    """Who refers and who receives, each with a team."""

    sender: str
    from_team: tuple[str, str]
    receiver: str
    to_team: tuple[str, str]


CHARITY = Between(SENDER, OUTREACH, "wirral.idva", FAMILY_SAFETY)
FORCE = Between(OFFICER, PVP, "wirral.idva", FAMILY_SAFETY)
CAMPUS = Between("uol.caseworker", ("uol", "Student welfare"), "rasa.caseworker",
                 ("rasa", "ISVA service"))  # fmt: skip
INSIDE = Between(OFFICER, PVP, OFFICER, ("police", "Unity team"))
"""Two teams of one agency, for what no agreement of the sample permits: they need none."""
BETWEEN = {
    "cps_charging": Between(OFFICER, PVP, LIAISON, CENTRE),
    "marac": Between(SENDER, OUTREACH, "marac.coordinator", ("marac", "MARAC")),
    "idva": CHARITY,
    "isva": CHARITY,
    "request_for_support": CHARITY,
    "mash_contact": FORCE,
    "operation_encompass": FORCE,
    "perpetrator_programme": FORCE,
    "dvds": INSIDE,
    "university_disclosure": CAMPUS,
    "university_formal_report": INSIDE,
}


@pytest.fixture(scope="module")
async def portal(server: Server) -> AsyncIterator[Portal]:
    """The sample in a database of its own: here begin more cases than other tests could bear."""
    async with empty_database(server, "every_move") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
        yield Portal(guarded()[0], engines.command)


def as_given(step: Step, urn: str) -> list[dict[str, Any]]:
    """What is said with it, as the API takes it."""
    known = {"urn": urn, "meeting_on": str(MEETINGS[step.name != "accept"])}
    said = {**step.fields, **{name: known[name] for name in step.fields if name in known}}
    return [{"name": name, "values": _words(value)} for name, value in said.items()]


def _words(value: Value) -> list[str]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else str(value)]


async def begun(portal: Portal, pathway: str, step: Step, urn: str) -> str:
    """A referral that has been sent with the first step; its id."""
    between = BETWEEN[pathway]
    row = await drafted(portal, pathway, between)
    given = {
        "id": row["id"], "expectedVersion": row["version"], "token": row["preview"]["token"],
        "move": step.name, "fields": as_given(step, urn), "disclosureRead": True,
    }  # fmt: skip
    done = await portal.do(between.sender, "sendReferral", given, REFERRAL)
    assert done["__typename"] == "ReferralPayload", (step, done)
    return str(row["id"])


async def drafted(portal: Portal, pathway: str, between: Between) -> dict[str, Any]:
    """A draft that says what this pathway cannot do without."""
    if pathway == "cps_charging":
        return await with_suspects(portal, 1)
    if pathway == "marac":
        return await gold(portal)
    return await draft(portal, between.to_team, by=between.sender, pathway=pathway, area=WIRRAL,
                       senderTeam=team(*between.from_team))  # fmt: skip


async def track(portal: Portal, who: str, referral: str) -> dict[str, Any]:
    """The one place that has it, and what happened there."""
    found: dict[str, Any] = (await portal.ask(who, TRACK, id=referral))["referral"]
    [place] = found["recipients"]["nodes"]
    return {**place, "happened": [event["name"] for event in found["events"]["nodes"]]}


async def makes(portal: Portal, who: str, referral: str, step: Step, urn: str) -> dict[str, Any]:
    """What comes of it."""
    place = await track(portal, who, referral)
    given = {
        "recipient": place["id"], "expectedVersion": place["version"], "move": step.name,
        "fields": as_given(step, urn),
    }  # fmt: skip
    return await portal.do(who, "moveReferral", given, RECIPIENT)


def sides(pathway: str, step: Step) -> tuple[str, str]:
    """Who makes it, and who is on the other side."""
    between = BETWEEN[pathway]
    if step.part is Part.SENDER:
        return between.sender, between.receiver
    return between.receiver, between.sender


async def plays(portal: Portal, pathway: str, story: Story, urn: str) -> set[str]:
    """All of it, one step after another; what happened."""
    first, *then = story
    referral = await begun(on(portal, str(first.at.date())), pathway, first, urn)
    for step in then:
        day = on(portal, str(step.at.date()))
        who, other = sides(pathway, step)
        if who != other and not _both_may(pathway, step):
            refused = await makes(day, other, referral, step, urn)
            assert refused["__typename"] == "ValidationError", (step.name, refused)
            assert refused["errors"][0]["code"] == "OTHER_PART", (step.name, refused)
        await takes_no_words(day, who, referral, step, load(FOLDER / f"{pathway}.toml"))
        done = await makes(day, who, referral, step, urn)
        assert done["__typename"] == "RecipientPayload", (list(map(str, story)), step, done)
        came = done["recipient"]
        stands = step.leads_to
        assert (came["state"], came["turn"]) == (stands.state.name, stands.turn.value), step.name
    end = await track(portal, BETWEEN[pathway].sender, referral)
    assert end["happened"] == [step.name for step in story]
    return {step.name for step in story}


async def takes_no_words(
    portal: Portal, who: str, referral: str, step: Step, pathway: Pathway
) -> None:
    """Words in place of anything that it says, and in a field of their own, are refused there."""
    place = await track(portal, who, referral)
    saying = pathway.saying(step.name)
    assert saying is not None
    for field in (*saying.fields, "her_words"):
        others = [one for one in as_given(step, "05A10012326") if one["name"] != field]
        given = {
            "recipient": place["id"], "expectedVersion": place["version"], "move": step.name,
            "fields": [*others, {"name": field, "values": [WORDS]}],
        }  # fmt: skip
        refused = await portal.do(who, "moveReferral", given, RECIPIENT)
        assert refused["__typename"] == "ValidationError", (step.name, field, refused)
        assert ["input", "fields", field] in [one["path"] for one in refused["errors"]], refused
        assert WORDS not in str(refused)


def _both_may(pathway: str, step: Step) -> bool:
    saying = load(FOLDER / f"{pathway}.toml").saying(step.name)
    assert saying is not None
    return Part.SENDER in saying.by and len(saying.by) > 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_every_move_and_event_is_made_by_whoever_may_and_refused_to_the_other_side(
    portal: Portal, file: Any
) -> None:
    pathway = load(file)
    told = set()
    for number, story in enumerate(stories(pathway)):
        told |= await plays(portal, pathway.name, story, f"05A1{number:05d}26")
    every = {*pathway.moves, *pathway.events}
    assert every - told <= {"transfer"}
