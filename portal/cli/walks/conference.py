"""A charity refers to a MARAC on MeRIT 74; the rest follows."""

from datetime import date
from typing import Any

from portal.cli.walks.walk import Walk
from portal.sample.conferences import MARAC, MEETINGS, WIRRAL
from portal.sample.partnership import team_id

SENDER, COORDINATOR, IDVA = "tww.caseworker", "marac.coordinator", "wirral.idva"
FORCE, UNIVERSITY = "police.caseworker", "uol.caseworker"
SCORE = 74


def walk(on: Walk) -> None:
    """From the charity to the meeting's list."""
    row = _written(on)
    row = _sent(on, row)
    made = _followed(on, row)
    _listed(on, row)
    _known(on, row, made)
    _hidden(on, row, made)


def _written(on: Walk) -> dict[str, Any]:
    on.step("A caseworker of Tomorrow's Women writes a referral to Wirral MARAC.")
    begun = on.do(
        SENDER, "start-referral",
        senderTeam=f"Team:{team_id('tww', 'Outreach')}", pathway="marac", area=WIRRAL,
        accused="NONE_KNOWN",
    )  # fmt: skip
    row = begun
    for document, given in (
        ("address-referral", {"team": f"Team:{team_id(*MARAC)}"}),
        ("describe-referral", {"reasons": ["DOMESTIC_ABUSE"], "flags": ["STALKING"]}),
        ("set-safe-contact", {"allowed": ["TEXT"], "forbidden": ["POST", "VOICEMAIL"]}),
        ("set-wishes", {"awareness": "AWARE_AND_WILLING", "basis": "PUBLIC_TASK"}),
        ("name-subject", {"role": "VICTIM"}),
        ("name-subject", {"role": "ALLEGED_PERPETRATOR", "employment": "NONE_KNOWN"}),
        ("assess-risk", {
            "tool": "MERIT", "toolVersion": "3", "score": SCORE,
            "assessedOn": str(date.fromisoformat(on.notes.today)),
        }),
    ):  # fmt: skip
        row = on.do(SENDER, document, id=row["id"], expectedVersion=row["version"], **given)
    on.shows(f"{row['reference']}, MeRIT {SCORE}. Nobody else has it yet.")
    return row


def _sent(on: Walk, row: dict[str, Any]) -> dict[str, Any]:
    on.step("Before she sends it she sees who will have it, and by what right; then she sends it.")
    preview = on.ask(SENDER, "referral-preview", id=row["id"])["referral"]
    for party in preview["preview"]["parties"]:
        team = (party["team"] or {}).get("name", "the agency")
        right = party["gateway"] or "its own record"
        on.shows(f"{party['part']:15} {party['agency']['name']}: {team} ({right})")
    return on.do(
        SENDER, "send-referral",
        id=row["id"], expectedVersion=preview["version"], token=preview["preview"]["token"],
        disclosureRead=True, fields=[
            {"name": "route", "values": ["visible_high_risk"]},
            {"name": "consent", "values": ["given"]},
            {"name": "aware", "values": ["yes"]},
        ],
    )  # fmt: skip


def _followed(on: Walk, row: dict[str, Any]) -> dict[str, Any]:
    on.step("The referral to the IDVA service appears by itself.")
    found = on.ask(SENDER, "what-follows")["followOns"]["nodes"]
    [made] = [one for one in found if one["referral"]["id"] == row["id"]]
    theirs = _cases(on, IDVA)[made["made"]["id"]]
    agency = made["team"]["agency"]["shortName"]
    on.shows(f"{theirs['reference']} to {agency}, {made['team']['name']}: {theirs['overall']}")
    return theirs


def _listed(on: Walk, row: dict[str, Any]) -> None:
    on.step("The MARAC's coordinator screens it and puts it on the list of the next meeting.")
    case = on.ask(COORDINATOR, "referral-timeline", id=row["id"])["referral"]
    [place] = case["recipients"]["nodes"]
    moved = on.do(
        COORDINATOR, "move-referral",
        recipient=place["id"], expectedVersion=place["version"], move="accept", fields=[
            {"name": "meeting_on", "values": [str(MEETINGS[0])]},
            {"name": "research_by", "values": ["2026-11-24"]},
        ],
    )  # fmt: skip
    on.shows(f"{row['reference']}: {place['state']} -> {moved['state']}, for {MEETINGS[0]}")


def _known(on: Walk, row: dict[str, Any], made: dict[str, Any]) -> None:
    on.step("The force sees its part: it is asked what it knows, prepares, and answers.")
    questions = on.ask(FORCE, "marac-questions")["maracResearch"]["nodes"]
    [asked] = [one for one in questions if one["referral"]["id"] == row["id"]]
    file = on.ask(FORCE, "referral-file", id=row["id"], purpose="PREPARE_MEETING")["referralFile"]
    [risk] = file["riskAssessments"]
    on.shows(f"{row['reference']}: {risk['tool']} {risk['score']}, grade {risk['grade']}")
    answered = on.do(
        FORCE, "answer-research", id=asked["id"], expectedVersion=asked["version"], known="KNOWN"
    )
    on.shows(f"Merseyside Police answer: {answered['known']}")
    _looked_for(on, FORCE, made, "the referral to the IDVA service")


def _hidden(on: Walk, row: dict[str, Any], made: dict[str, Any]) -> None:
    on.step("The University of Liverpool sees nothing of it, not even that there is something.")
    _looked_for(on, UNIVERSITY, row, "the case")
    _looked_for(on, UNIVERSITY, made, "the referral to the IDVA service")
    file = on.ask(UNIVERSITY, "referral-file", id=row["id"], purpose="PREPARE_MEETING")
    on.shows(f"its full view, by its id: {file['referralFile'] or 'nothing'}")


def _looked_for(on: Walk, who: str, row: dict[str, Any], what: str) -> None:
    by_name = on.ask(who, "referral-by-reference", reference=row["reference"])["referrals"]["nodes"]
    among = row["id"] in _cases(on, who)
    on.shows(f"{what}, by its reference: {len(by_name)} found; in its list: {among}")


def _cases(on: Walk, who: str) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in on.pages(who, "our-cases", "referrals")}
