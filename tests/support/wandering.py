"""A sender and three teams who do this and that with one case, mistakes and second thoughts among
it, for tests.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

from support.asking import Portal
from support.referring import FAMILY_SAFETY, RECIPIENT, REFERRAL, SENDER, team
from support.transferring import IDVA, ISVA, NEW

from portal.referrals.engine.files import shipped
from portal.referrals.engine.pathway import Pathway

Place = dict[str, Any]
Case = dict[str, Any]

TEAMS = {
    "RASA": (ISVA, NEW),
    "Savera": ("savera.caseworker", ("savera", "Casework")),
    "Wirral": (IDVA, FAMILY_SAFETY),
}
"""Who acts for which agency, in which team."""
SAID = {
    "decline": ("decline_reason", "no_capacity"),
    "return_for_information": ("return_reasons", "wishes"),
    "close": ("outcome", "needs_met"),
    "withdraw": ("withdraw_reason", "unsafe"),
    "ask_to_close": ("withdraw_reason", "unsafe"),
    "transfer": ("transfer_reason", "moved_area"),
    "contact_attempted": ("contact_result", "reached"),
}
RECEIVES = (
    "acknowledge", "accept", "decline", "put_on_waiting_list", "return_for_information", "start",
    "close", "contact_attempted",
)  # fmt: skip
REFUSED = {"ValidationError", "NotPermitted", "NotFound", "Conflict"}
STANDS = """query($id: ID!) { referral(id: $id) { version overall recipients { nodes {
  id version state hold open lostAt agency { shortName }
  events { nodes { id name inError } } } } } }"""


def name_of(place: Place) -> str:
    """The agency that a place of a case is at."""
    name: str = place["agency"]["shortName"]
    return name


async def stands(portal: Portal, who: str, case: str) -> Case | None:
    """A case as somebody sees it, its places in a lasting order."""
    found: Case | None = (await portal.ask(who, STANDS, id=case))["referral"]
    if found:
        found["recipients"]["nodes"].sort(key=name_of)
    return found


@dataclass
class Wanderer:
    """One case, and chance: what is done next, and by whom."""

    portal: Portal
    case: str
    chance: Random
    done: list[str] = field(default_factory=list)
    """What was done with it until now, for whoever reads why a test fails."""

    @property
    def way(self) -> Pathway:
        """The pathway on which it goes."""
        found = shipped().newest("request_for_support")
        assert found
        return found

    async def step(self) -> bool:
        """Somebody tries something; whether it was taken."""
        if self.chance.random() < 0.3:
            later = self.portal.today + timedelta(days=self.chance.choice((1, 3)))
            self.portal = replace(self.portal, today=later)
        case = await stands(self.portal, SENDER, self.case)
        assert case
        tries = [self._receives] * 6 + [self._transfers] * 4 + [self._corrects] * 6
        done = len(self.done)
        await self.chance.choice([*tries, self._asks, self._withdraws])(case)
        return len(self.done) > done

    def possible(self, place: Place) -> list[str]:
        """What its team can do there now."""
        moves, events = self.way.moves, self.way.events
        states = {name: moves[name].source if name in moves else events[name].within
                  for name in RECEIVES}  # fmt: skip
        return [name for name, within in states.items() if place["state"] in within]

    async def _receives(self, case: Case) -> None:
        place = self.chance.choice(case["recipients"]["nodes"])
        if moves := self.possible(place):
            name = self.chance.choice(moves)
            await self._makes(TEAMS[name_of(place)][0], "moveReferral", place, name, move=name)

    async def _asks(self, case: Case) -> None:
        place = self.chance.choice(case["recipients"]["nodes"])
        name = self.chance.choice(("answer", "ask_to_close"))
        await self._makes(SENDER, "moveReferral", place, name, move=name)

    async def _transfers(self, case: Case) -> None:
        places = case["recipients"]["nodes"]
        place = self.chance.choice(places)
        to = self.chance.choice(sorted(TEAMS.keys() - {name_of(one) for one in places} or TEAMS))
        who, asked = TEAMS[name_of(place)][0], team(*TEAMS[to][1])
        await self._makes(who, "transferReferral", place, "transfer", team=asked)

    async def _corrects(self, case: Case) -> None:
        who = self.chance.choice([SENDER, *(who for who, _ in TEAMS.values())])
        who = SENDER if case["overall"] == "WITHDRAWN" else who
        seen = await stands(self.portal, who, self.case)
        events = [
            (one["name"], name_of(place), one["id"])
            for place in (seen["recipients"]["nodes"] if seen else [])
            for one in place["events"]["nodes"]
            if one["name"] != "recorded_in_error"
        ]
        if events:
            name, where, event = self.chance.choice(sorted(events))
            wrong = {"event": event, "reason": "wrong_case"}
            done = await self.portal.do(who, "correctReferral", wrong, RECIPIENT)
            self._tell(f"{who} takes back {name} at {where}", done)

    async def _withdraws(self, case: Case) -> None:
        taken = {"id": self.case, "expectedVersion": case["version"], "fields": said("withdraw")}
        done = await self.portal.do(SENDER, "withdrawReferral", taken, REFERRAL)
        self._tell("sender withdraws", done)
        began = any(
            one["name"] == "start" and not one["inError"]
            for place in case["recipients"]["nodes"]
            for one in place["events"]["nodes"]
        )
        over = case["overall"] in {"WITHDRAWN", "ENDED"}
        assert (done["__typename"] in REFUSED) == (began or over), (self.done, case, done)

    async def _makes(self, who: str, verb: str, place: Place, name: str, **more: str) -> None:
        change = {
            "recipient": place["id"], "expectedVersion": place["version"], "fields": said(name),
            **more,
        }  # fmt: skip
        done = await self.portal.do(who, verb, change, RECIPIENT)
        self._tell(f"{who} {name} at {name_of(place)} {more}", done)

    def _tell(self, what: str, done: dict[str, Any]) -> None:
        if done["__typename"].endswith("Payload"):
            self.done.append(f"{self.portal.today}: {what}")
        else:
            assert done["__typename"] in REFUSED, (self.done, what, done)


def said(name: str) -> list[dict[str, Any]]:
    """What a move of the pathway says with it, as the API takes it."""
    if name not in SAID:
        return []
    field, value = SAID[name]
    return [{"name": field, "values": [value]}]
