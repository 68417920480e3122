"""What a version of an agreement says, as people write it, and what cannot stand there."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlmodel import col, select

from auth.roles import Role
from auth.tables import Agency
from portal.acting.checks import length_fault
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.agreements.categories import DataCategory, DataSubject, Purpose
from portal.agreements.powers import powers_on
from portal.agreements.tables import (
    Accession,
    Ceiling,
    Controllers,
    Gateway,
    OnwardRule,
)
from portal.errors import Finding, Invalid, NotVisible
from portal.proposals.holding import must_hold
from portal.proposals.tables import ProposalState

LONGEST_RUN_OFF = 366
LIMITS = {"lawful_basis": 1000, "retention_rule": 1000, "dpia_reference": 80}
NAMES = {"lawful_basis": "lawfulBasis", "retention_rule": "retentionRule",
         "dpia_reference": "dpiaReference"}  # fmt: skip
PLAIN = ("controllers", "onward_rule", "accession", "ceiling", "run_off_days", "starts_on",
         "review_on", "ends_on")  # fmt: skip
LISTS = ("purposes", "gateways", "categories", "subjects", "permitted_roles")


@dataclass(frozen=True)
class AgreementTerms:
    """What is agreed: about what data, for what, by which powers, from when until when."""

    purposes: Annotated[list[Purpose], "What data is shared for; at least one."]
    gateways: Annotated[list[Annotated[UUID, Ref("Gateway")]], "The legal powers it rests on."]
    categories: Annotated[list[DataCategory], "Which kinds of data; nothing else is shared."]
    subjects: Annotated[list[DataSubject], "About whom."]
    permitted_roles: Annotated[list[Role], "Who in a receiving agency may use it."]
    controllers: Annotated[Controllers, "Who answers for the data."]
    onward_rule: Annotated[OnwardRule, "Whether a receiver may pass it on."]
    accession: Annotated[Accession, "Who lets a further party in."]
    lawful_basis: Annotated[str, "The conditions of data protection law, 1,000 characters."]
    retention_rule: Annotated[str, "How long data is kept, at most 1,000 characters."]
    rights_lead: Annotated[UUID, Ref("Agency"), "The agency that answers for people's rights."]
    dpia_reference: Annotated[str, "The data protection impact assessment, 80 characters."]
    starts_on: Annotated[date, "The first day."]
    review_on: Annotated[date, "When it is to be reviewed; that closes nothing."]
    ends_on: Annotated[date, "The last day; at its end the agreement closes."]
    run_off_days: Annotated[
        int | None,
        "For how many days after the end safe contact, actions and clocks stay in sight; null: for"
        " none.",
    ] = None
    ceiling: Annotated[Ceiling, "The highest marking of what is shared."] = (
        Ceiling.OFFICIAL_SENSITIVE
    )


async def checked(work: Work, terms: AgreementTerms) -> list[str]:
    """The gateways' keys, after everything has been looked at."""
    faults = [_below(fault) for fault in (*_lists(terms), *_texts(terms), *_days(work, terms))]
    if faults:
        raise Invalid(*faults)
    if terms.ceiling is Ceiling.OFFICIAL:
        says = "Every case is marked OFFICIAL-SENSITIVE: nothing of it can be shared under this."
        work.warn("terms.ceiling", says, "NOTHING_SHARED")
    if (terms.review_on - terms.starts_on).days > LONGEST_RUN_OFF:
        work.warn("terms.reviewOn", "Agreements are reviewed once a year.", "LATE_REVIEW")
    await _known_agency(work, terms.rights_lead)
    return await _gateways(work, terms)


def _below(fault: Finding) -> Finding:
    return Finding(("terms", *fault.path), fault.message, fault.code)


def _lists(terms: AgreementTerms) -> list[Finding]:
    names = {"permitted_roles": "permittedRoles"}
    return [
        Finding((names.get(name, name),), "Name at least one.", "REQUIRED")
        for name in LISTS
        if not getattr(terms, name)
    ]


def _texts(terms: AgreementTerms) -> list[Finding]:
    found = []
    for name, limit in LIMITS.items():
        text = getattr(terms, name).strip()
        if not text:
            found.append(Finding((NAMES[name],), "Say it in words.", "REQUIRED"))
        elif fault := length_fault(NAMES[name], text, limit):
            found.append(fault)
    return found


def _days(work: Work, terms: AgreementTerms) -> list[Finding]:
    found = []
    if terms.review_on < terms.starts_on:
        found.append(Finding(("reviewOn",), "The review comes after the first day."))
    if terms.ends_on < terms.review_on:
        found.append(Finding(("endsOn",), "The last day comes after the review."))
    if terms.ends_on < work.today:
        found.append(Finding(("endsOn",), "The last day is over: choose one that is to come."))
    if terms.run_off_days is not None and not 0 < terms.run_off_days <= LONGEST_RUN_OFF:
        says = f"Give 1 to {LONGEST_RUN_OFF} days, or leave it out for no run-off."
        found.append(Finding(("runOffDays",), says))
    return found


async def _known_agency(work: Work, agency: UUID) -> None:
    known = await work.db.execute(select(col(Agency.id)).where(col(Agency.id) == agency))
    if known.scalar_one_or_none() is None:
        raise NotVisible(("terms", "rightsLead"))


async def _gateways(work: Work, terms: AgreementTerms) -> list[str]:
    wanted = select(Gateway).where(col(Gateway.id).in_(terms.gateways))
    known = {row.id: row for row in (await work.db.execute(wanted)).scalars()}
    begins = max(terms.starts_on, work.today)
    holding = await powers_on(work, {row.key for row in known.values()}, begins)
    keys = []
    for at, gateway in enumerate(terms.gateways):
        if gateway not in known:
            raise NotVisible(("terms", "gateways", str(at)))
        path, row = f"terms.gateways.{at}", known[gateway]
        if row.state is not ProposalState.CONFIRMED or row.key not in holding:
            must_hold(row, path, row.name, begins)
        _look_at(work, path, holding[row.key], terms, begins)
        keys.append(row.key)
    return list(dict.fromkeys(keys))


def _look_at(work: Work, path: str, power: Gateway, terms: AgreementTerms, begins: date) -> None:
    """A power that is over cannot be chosen; one that will be, or is unconfirmed, warns."""
    if power.valid_to is not None and power.valid_to < begins:
        says = f"{power.law} is in force until {power.valid_to}: choose another."
        raise Invalid.field(path, says, "GATEWAY_ENDED")
    if power.valid_to is not None and power.valid_to < terms.ends_on:
        says = f"{power.law} is in force until {power.valid_to} only, and closes what rests on it."
        work.warn(path, says, "GATEWAY_ENDS")
    if not power.confirmed:
        says = f"That {power.law} permits this is not confirmed: ask your lawyers."
        work.warn(path, says, "UNCONFIRMED_GATEWAY")


def columns(terms: AgreementTerms, gateways: list[str]) -> dict[str, Any]:
    """The terms as the columns of a version that was not sent yet."""
    lists: dict[str, Any] = {
        name: list(dict.fromkeys(value.value for value in getattr(terms, name)))
        for name in LISTS
        if name != "gateways"
    }
    texts = {name: getattr(terms, name).strip() for name in LIMITS}
    plain = {name: getattr(terms, name) for name in PLAIN}
    return {
        **lists, **texts, **plain, "gateways": gateways,
        "rights_lead_agency_id": terms.rights_lead,
    }  # fmt: skip
