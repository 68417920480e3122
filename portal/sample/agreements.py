"""The sample's agreements: invented, plausible for Merseyside, signed by people who do not exist.

They stand in every state, so that each can be looked at: one is due for review, one is suspended,
one is out for signature, one is a draft and one is over, with a run-off.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import SQLModel

from auth.kinds import AgencyKind
from auth.roles import Role, SignatoryTitle
from portal.agreements.categories import DataCategory, DataSubject, Purpose
from portal.agreements.gateways import gateway_rows
from portal.agreements.tables import (
    Accession,
    Agreement,
    AgreementAdvice,
    AgreementEvent,
    AgreementMove,
    AgreementParty,
    AgreementSignature,
    AgreementVersion,
    Ceiling,
    Controllers,
    Gateway,
    OnwardRule,
    SharingDirection,
    Verdict,
)
from portal.sample.partnership import AGENCIES, SIGNS_AS, agency_id, fixed, membership_id

P, C, M = Purpose, DataCategory, AgreementMove
GIVES, RECEIVES, BOTH = SharingDirection.GIVES, SharingDirection.RECEIVES, SharingDirection.BOTH
ALL = tuple(DataCategory)
RESTS = datetime(2026, 11, 3, 10, tzinfo=UTC)
"""When the latest of it happened."""
SUPPORT = tuple(c for c in DataCategory if c not in {C.CRIMINAL_JUSTICE, C.ORDERS})
_CASEWORK = (Role.CASEWORKER, Role.TEAM_LEAD, Role.DESIGNATED_SAFEGUARDING_LEAD)
_MARAC = (*_CASEWORK, Role.MARAC_COORDINATOR, Role.MARAC_CHAIR, Role.MARAC_REPRESENTATIVE)
Party = tuple[str, SharingDirection, str | None]


@dataclass(frozen=True)
class Deal:
    """One agreement of the sample, with one version."""

    key: str
    title: str
    lead: str
    parties: tuple[Party, ...]
    """Agency, direction, and for whom it acts."""
    purposes: tuple[Purpose, ...]
    gateways: tuple[str, ...]
    starts: date
    ends: date
    review: date
    categories: tuple[DataCategory, ...] = ALL
    roles: tuple[Role, ...] = _CASEWORK
    """Who in a receiving agency may use what is shared."""
    accession: Accession = Accession.ALL_PARTIES
    onward: OnwardRule = OnwardRule.ASK_OWNER
    run_off: int | None = None
    sent: bool = True
    unsigned: tuple[str, ...] = ()
    """Who has not signed yet."""
    suspended: str | None = None
    """Why."""
    resting: str | None = None
    """A party that has suspended its own part."""
    joining: str | None = None
    """Who has been named and has not joined yet."""
    amended: bool = False
    """Whether a second version is being written."""


def _both(*agencies: str, acting_for: str | None = None) -> tuple[Party, ...]:
    return tuple((agency, BOTH, acting_for) for agency in agencies)


DEALS: tuple[Deal, ...] = (
    Deal(
        "wirral-marac", "Wirral MARAC: information sharing agreement", "wirral",
        (*_both("wirral", "police", "probation", "icb"),
         *_both("marac", "rasa", acting_for="wirral"), ("savera", BOTH, "wirral"),
         ("tww", BOTH, "wirral")),
        (P.MARAC, P.VICTIM_SUPPORT), ("cda_115", "common_law_policing"),
        date(2026, 4, 1), date(2028, 3, 31), date(2027, 4, 1), run_off=30, roles=_MARAC,
        onward=OnwardRule.PARTIES,
    ),
    Deal(
        "police-councils", "Police and councils: safeguarding and victims", "police",
        _both("police", "knowsley", "liverpool", "sefton", "sthelens", "wirral"),
        (P.SAFEGUARDING_ADULT, P.SAFEGUARDING_CHILD, P.VICTIM_SUPPORT, P.PERPETRATOR_MANAGEMENT),
        ("cda_115", "children_10_11", "care_act", "common_law_policing"),
        date(2026, 1, 1), date(2027, 12, 31), date(2027, 1, 4), accession=Accession.LEAD,
        resting="knowsley",
    ),
    Deal(
        "police-idva", "Referrals by the police to commissioned IDVA and ISVA services", "police",
        (("police", GIVES, None), *_both("liverpool", "wirral"),
         ("rasa", BOTH, "wirral"), ("ldas", RECEIVES, "liverpool")),
        (P.VICTIM_SUPPORT,), ("cda_115", "common_law_policing"),
        date(2026, 6, 1), date(2027, 5, 31), date(2027, 1, 15), SUPPORT, run_off=14,
    ),
    Deal(
        "cps-police", "Charging and victims' updates: CPS and police", "cps",
        _both("cps", "police"), (P.CRIMINAL_JUSTICE,), ("cda_115", "common_law_policing"),
        date(2026, 2, 1), date(2029, 1, 31), date(2027, 2, 1), accession=Accession.CLOSED,
        roles=(Role.CASEWORKER, Role.TEAM_LEAD, Role.CPS_LIAISON),
    ),
    Deal(
        "charities", "Referrals between specialist charities", "savera",
        _both("savera", "rasa", "ldas", "tww"), (P.VICTIM_SUPPORT,), ("legitimate_interests",),
        date(2026, 5, 1), date(2028, 4, 30), date(2027, 5, 1), SUPPORT, run_off=30,
        joining="ariel",
    ),
    Deal(
        "universities", "Student disclosures: universities and specialist support", "uol",
        _both("uol", "ljmu", "rasa"), (P.STUDENT_SUPPORT, P.VICTIM_SUPPORT),
        ("legitimate_interests",),
        date(2025, 10, 1), date(2027, 9, 30), date(2026, 10, 1), SUPPORT,
        amended=True,
    ),
    Deal(
        "sefton-front-door", "Sefton children's front door: charities", "sefton",
        (("sefton", BOTH, None), *_both("rasa", "savera", acting_for="sefton")),
        (P.SAFEGUARDING_CHILD, P.VICTIM_SUPPORT), ("cda_115", "children_10_11"),
        date(2026, 3, 1), date(2028, 2, 29), date(2027, 3, 1),
        suspended="A letter went to a wrong address; until the review of contact details is done.",
    ),
    Deal(
        "perpetrators", "Work with perpetrators: probation, police and Wirral", "probation",
        _both("probation", "police", "wirral"), (P.PERPETRATOR_MANAGEMENT,), ("cja_325",),
        date(2026, 12, 1), date(2028, 11, 30), date(2027, 12, 1), unsigned=("police", "wirral"),
    ),
    Deal(
        "knowsley-housing", "Safe accommodation in Knowsley", "knowsley",
        (("knowsley", BOTH, None), ("ldas", BOTH, "knowsley")), (P.VICTIM_SUPPORT,),
        ("cda_115", "da_part_4"),
        date(2024, 11, 1), date(2026, 10, 31), date(2025, 11, 1), SUPPORT, run_off=60,
    ),
    Deal(
        "sthelens-idva", "St Helens: from MARAC to IDVA", "sthelens",
        (*_both("sthelens", "police"), ("savera", BOTH, "sthelens")), (P.MARAC, P.VICTIM_SUPPORT),
        ("cda_115",), date(2027, 1, 1), date(2028, 12, 31), date(2028, 1, 3), sent=False,
    ),
)  # fmt: skip


def agreement_rows() -> list[SQLModel]:
    """Everything, in an order that satisfies the foreign keys."""
    return [_proposed_power(), *(row for deal in DEALS for row in _rows(deal))]


def _proposed_power() -> Gateway:
    """A change of a legal power that waits for a second data protection lead."""
    [now] = [row for row in gateway_rows() if row.key == "legitimate_interests"]
    narrower = [kind for kind in now.receiver_kinds if kind != AgencyKind.COMBINED_AUTHORITY]
    return Gateway(
        id=fixed("gateway", "legitimate-interests/2"), key=now.key, name=now.name, law=now.law,
        sender_kinds=now.sender_kinds, receiver_kinds=narrower, purposes=now.purposes,
        note="Invented: not to a body that supports nobody itself.",
        valid_from=date(2027, 1, 1), proposed_by_id=membership_id("police.protection"),
        updated_at=RESTS,
    )  # fmt: skip


def _at(deal: Deal, days: int) -> datetime:
    """So many days after it was begun."""
    begun = min(deal.starts, date(2026, 11, 2)) - timedelta(days=30)
    return datetime.combine(begun + timedelta(days=days), time(9), UTC)


def _rows(deal: Deal) -> Iterator[SQLModel]:
    signed = deal.sent and not deal.unsigned
    agreement, version = fixed("agreement", deal.key), fixed("agreement-version", deal.key)
    suspended_at = _suspended_at(deal)
    yield Agreement(
        id=agreement, reference=f"AG-{agreement.hex[:6].upper()}", title=deal.title,
        lead_agency_id=agency_id(deal.lead), sent_at=_at(deal, 5) if deal.sent else None,
        suspended_at=suspended_at, last_event_at=suspended_at or _at(deal, 20 if signed else 5),
        is_sample=True, created_at=_at(deal, 0), updated_at=suspended_at or _at(deal, 20),
    )  # fmt: skip
    yield AgreementVersion(
        id=version, agreement_id=agreement, number=1, **content_of(deal),
        sent_at=_at(deal, 5) if deal.sent else None, signed_at=_at(deal, 20) if signed else None,
        updated_at=_at(deal, 5),
    )  # fmt: skip
    yield _event(deal, M.DRAFTED, deal.lead, _at(deal, 0))
    for party in deal.parties:
        yield from _party(deal, party, signed=signed)
    if deal.sent:
        yield _event(deal, M.SENT, deal.lead, _at(deal, 5), version=True)
        for agency, _, _ in deal.parties:
            yield from _signing(deal, agency, signs=agency not in deal.unsigned)
    if signed:
        yield _event(deal, M.AGREED, deal.lead, _at(deal, 20), version=True)
    if suspended_at:
        yield _event(deal, M.SUSPENDED, deal.lead, suspended_at, reason=deal.suspended)
    if deal.joining:
        yield from _accession(deal, deal.joining)
    if deal.amended:
        yield from _amendment(deal)


def _party(deal: Deal, party: Party, *, signed: bool) -> Iterator[SQLModel]:
    agency, direction, acts_for = party
    rests = RESTS if agency == deal.resting else None
    yield AgreementParty(
        id=fixed("agreement-party", f"{deal.key}/{agency}"),
        agreement_id=fixed("agreement", deal.key), agency_id=agency_id(agency),
        direction=direction, acts_for_id=agency_id(acts_for) if acts_for else None,
        named_at=_at(deal, 1), joined_at=_at(deal, 20) if signed else None, suspended_at=rests,
        suspended_by_agency_id=agency_id(agency) if rests else None, updated_at=_at(deal, 1),
    )  # fmt: skip
    yield _event(deal, M.PARTY_NAMED, deal.lead, _at(deal, 1), party=agency)
    if rests:
        why = "A new case system is being brought in."
        yield _event(deal, M.PARTY_SUSPENDED, agency, rests, party=agency, reason=why)


def _accession(deal: Deal, agency: str) -> Iterator[SQLModel]:
    """Somebody has been named whom the other parties have to let in."""
    yield AgreementParty(
        id=fixed("agreement-party", f"{deal.key}/{agency}"),
        agreement_id=fixed("agreement", deal.key), agency_id=agency_id(agency),
        direction=RECEIVES, required=False, accedes=True, named_at=RESTS, updated_at=RESTS,
    )  # fmt: skip
    yield _event(deal, M.PARTY_NAMED, deal.lead, RESTS, party=agency)


def _amendment(deal: Deal) -> Iterator[SQLModel]:
    """A second version, which was not sent yet."""
    days = {
        "starts_on": date(2026, 12, 1), "review_on": date(2027, 12, 1), "ends_on": date(2028, 9, 30)
    }  # fmt: skip
    content = {**content_of(deal), **days, "run_off_days": 30}
    yield AgreementVersion(
        id=fixed("agreement-version", f"{deal.key}/2"), number=2, updated_at=RESTS,
        agreement_id=fixed("agreement", deal.key), **content,
    )  # fmt: skip
    yield _event(deal, M.AMENDED, deal.lead, RESTS, reason="The review found no run-off clause.")


def _suspended_at(deal: Deal) -> datetime | None:
    return datetime(2026, 10, 19, 14, tzinfo=UTC) if deal.suspended else None


def content_of(deal: Deal) -> dict[str, Any]:
    """The columns of its version that say what is agreed."""
    return {
        "purposes": [purpose.value for purpose in deal.purposes],
        "gateways": list(deal.gateways),
        "categories": [category.value for category in deal.categories],
        "subjects": [
            subject.value for subject in DataSubject if subject is not DataSubject.WITNESS
        ],
        "permitted_roles": [role.value for role in deal.roles],
        "controllers": Controllers.SOLE,
        "ceiling": Ceiling.OFFICIAL_SENSITIVE,
        "onward_rule": deal.onward,
        "accession": deal.accession,
        "lawful_basis": "Invented: public task, and safeguarding of people at risk.",
        "retention_rule": "Invented: each party keeps its part by its own schedule.",
        "rights_lead_agency_id": agency_id(deal.lead),
        "dpia_reference": f"SAMPLE-{deal.key}",
        "run_off_days": deal.run_off,
        "starts_on": deal.starts,
        "review_on": deal.review,
        "ends_on": deal.ends,
    }


def _signing(deal: Deal, agency: str, *, signs: bool) -> Iterator[SQLModel]:
    """A data protection lead advises, and then a signatory signs, or has not yet."""
    about: dict[str, Any] = {
        "agreement_id": fixed("agreement", deal.key),
        "agreement_version_id": fixed("agreement-version", deal.key),
        "party_id": fixed("agreement-party", f"{deal.key}/{agency}"),
        "agency_id": agency_id(agency),
    }
    yield AgreementAdvice(
        id=fixed("agreement-advice", f"{deal.key}/{agency}"), verdict=Verdict.SUPPORTS,
        text="Invented: necessary and proportionate.", advised_at=_at(deal, 10),
        advised_by_id=membership_id(f"{agency}.protection"), **about,
    )  # fmt: skip
    yield _event(deal, M.ADVISED, agency, _at(deal, 10), party=agency, version=True)
    if not signs:
        return
    yield AgreementSignature(
        id=fixed("agreement-signature", f"{deal.key}/{agency}"), signed_at=_at(deal, 20),
        signed_by_id=membership_id(f"{agency}.signatory"),
        title=SIGNS_AS.get(AGENCIES[agency][2], SignatoryTitle.SIRO), **about,
    )  # fmt: skip
    yield _event(deal, M.SIGNED, agency, _at(deal, 20), party=agency, version=True)


def _event(  # noqa: PLR0913 - a move, by whom, when, and what of the rest it has
    deal: Deal, move: AgreementMove, by: str, at: datetime, *, party: str | None = None,
    version: bool = False, reason: str | None = None,
) -> AgreementEvent:  # fmt: skip
    who = "signatory" if move is M.SIGNED else "protection"
    return AgreementEvent(
        id=fixed("agreement-event", f"{deal.key}/{move}/{party}"), move=move, reason=reason,
        agreement_id=fixed("agreement", deal.key), at=at,
        agreement_version_id=fixed("agreement-version", deal.key) if version else None,
        party_id=fixed("agreement-party", f"{deal.key}/{party}") if party else None,
        by_id=membership_id(f"{by}.{who}"), by_agency_id=agency_id(by),
    )  # fmt: skip
