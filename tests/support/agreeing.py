"""What tests of agreements say and ask for."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from support.asking import Portal

from portal.agreements.gateways import gateway_id
from portal.sample.partnership import agency_id, fixed

SHOWN = (
    "...on AgreementPayload { agreement { id version state parties { nodes { id version agency"
    " { shortName } stands joinedAt leftAt suspendedAt } } versions { nodes { id number signedAt"
    " sentAt purposes } } inForce { number } events { nodes { move reason byAgency { shortName }"
    " by { id } } } } warnings { path code } }"
)
GATE = (
    "query($sender: ID!, $receiver: ID!, $purpose: Purpose!, $categories: [DataCategory!]!) {"
    " agreementGate(sender: $sender, receiver: $receiver, purpose: $purpose,"
    " categories: $categories) { agreementId reference title state permits gateway lacks"
    " lackingCategories } }"
)
READ = "query($id: ID!) { agreement(id: $id) { id title state version } }"


def agency(key: str) -> str:
    """A sample agency's id."""
    return f"Agency:{agency_id(key)}"


def sample(key: str) -> str:
    """A sample agreement's id."""
    return f"Agreement:{fixed('agreement', key)}"


def part(key: str, whose: str) -> str:
    """The id of an agency's part in a sample agreement."""
    return f"AgreementParty:{fixed('agreement-party', f'{key}/{whose}')}"


def terms(**more: Any) -> dict[str, Any]:
    """Terms between charities that can stand."""
    return {
        "purposes": ["VICTIM_SUPPORT"],
        "gateways": [f"Gateway:{gateway_id('legitimate_interests')}"],
        "categories": ["NEEDS", "SAFE_CONTACT", "RISK"],
        "subjects": ["VICTIM"],
        "permittedRoles": ["CASEWORKER"],
        "controllers": "SOLE",
        "onwardRule": "ASK_OWNER",
        "accession": "ALL_PARTIES",
        "lawfulBasis": "Article 6(1)(f).",
        "retentionRule": "Seven years.",
        "rightsLead": agency("rasa"),
        "dpiaReference": "DPIA-1",
        "startsOn": "2026-11-16",
        "reviewOn": "2027-11-01",
        "endsOn": "2028-11-15",
        **more,
    }


@dataclass
class Agreeing:
    """An agreement as its people take it from a draft to its end."""

    portal: Portal
    id: str = ""
    now: dict[str, Any] = field(default_factory=dict)

    async def done(self, who: str, mutation: str, **given: Any) -> dict[str, Any]:
        """It is done; what the agreement is then."""
        answer = await self.said(who, mutation, **given)
        assert answer["__typename"] == "AgreementPayload", answer
        self.now = answer["agreement"]
        self.id = self.now["id"]
        return {**self.now, "warnings": answer["warnings"]}

    async def said(self, who: str, mutation: str, **given: Any) -> dict[str, Any]:
        """Whatever the answer is."""
        return await self.portal.do(who, mutation, given, SHOWN)

    async def move(self, who: str, mutation: str, **given: Any) -> dict[str, Any]:
        """The same for a move of the whole, at the version it has now."""
        return await self.done(who, mutation, id=self.id, expectedVersion=self.version, **given)

    async def move_party(self, who: str, mutation: str, party: str, **given: Any) -> dict[str, Any]:
        """The same for a move of one party."""
        row = self.party(party)
        given = {"id": row["id"], "expectedVersion": row["version"], **given}
        return await self.done(who, mutation, **given)

    @property
    def version(self) -> int:
        return int(self.now["version"])

    def party(self, name: str) -> dict[str, Any]:
        """An agency's part, by its short name."""
        [row] = [p for p in self.now["parties"]["nodes"] if p["agency"]["shortName"] == name]
        return dict(row)

    @property
    def newest(self) -> str:
        """The newest version's id."""
        return str(self.now["versions"]["nodes"][0]["id"])

    async def draft(self, **more: Any) -> "Agreeing":
        """RASA drafts it."""
        await self.done(
            "rasa.protection", "draftAgreement", title="Between charities", terms=terms(**more)
        )
        return self

    async def with_parties(self, *parties: str) -> "Agreeing":
        """RASA names parties that share both ways."""
        for party in parties:
            await self.move(
                "rasa.protection", "nameAgreementParty", agency=agency(party), direction="BOTH"
            )
        return self

    async def signed_by(self, *parties: str) -> "Agreeing":
        """Each party's data protection lead advises, and its signatory signs."""
        for party in parties:
            await self.done(
                f"{party}.protection", "adviseOnAgreement", version=self.newest,
                verdict="SUPPORTS", text="Sign it.",
            )  # fmt: skip
            await self.done(f"{party}.signatory", "signAgreement", version=self.newest)
        return self

    async def in_force(self, *parties: str, **more: Any) -> "Agreeing":
        """The whole way."""
        await (await self.draft(**more)).with_parties(*parties)
        await self.move("rasa.protection", "sendAgreement")
        return await self.signed_by(*parties)

    async def gate(self, sender: str, receiver: str, who: str | UUID = "rasa.protection") -> bool:
        """Whether this agreement lets one party give another what it is about."""
        given = {
            "sender": agency(sender), "receiver": agency(receiver), "purpose": "VICTIM_SUPPORT",
            "categories": ["NEEDS"],
        }  # fmt: skip
        answer = (await self.portal.ask(who, GATE, **given))["agreementGate"]
        return any(one["permits"] for one in answer if one["agreementId"] == self.id)


def moves(agreement: dict[str, Any]) -> list[str]:
    """What has happened to it."""
    return [event["move"] for event in agreement["events"]["nodes"]]
