"""The legal powers that every database starts with, as the domain's papers state them.

What the papers do not confirm is marked so, and shown so. The day on which a section came into
force is not in them: each is valid from the first day of the year after its Act.

The Serious Violence Duty is left out, since Merseyside's definition names neither domestic nor
sexual abuse, and so is section 13 of the Victims and Prisoners Act 2024, which has not begun.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.kinds import AgencyKind
from portal.agreements.categories import Purpose
from portal.agreements.tables import Gateway
from portal.proposals.tables import ProposalState
from portal.store.rules import table_of

_SPACE = uuid5(NAMESPACE_URL, "vawg-portal-gateways")
_WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)
K, P = AgencyKind, Purpose
_ANY, _ALL = tuple(AgencyKind), tuple(Purpose)
RELEVANT_AUTHORITIES = (K.POLICE, K.COUNCIL, K.PROBATION, K.HEALTH, K.PCC)
_OWN_CAUSE = (K.CHARITY, K.REFUGE, K.STUDENTS_UNION, K.UNIVERSITY, K.HOUSING)
_VICTIMS = (P.VICTIM_SUPPORT, P.SAFEGUARDING_ADULT, P.SAFEGUARDING_CHILD, P.MARAC)


@dataclass(frozen=True)
class Power:
    """A gateway as it is written down here."""

    name: str
    law: str
    year: int
    senders: tuple[AgencyKind, ...]
    receivers: tuple[AgencyKind, ...]
    purposes: tuple[Purpose, ...]
    note: str | None = None


GATEWAYS: dict[str, Power] = {
    "cda_115": Power(
        "Disclosure to relevant authorities", "Crime and Disorder Act 1998, section 115", 1998,
        _ANY, RELEVANT_AUTHORITIES,
        (*_VICTIMS, P.PERPETRATOR_MANAGEMENT, P.CRIMINAL_JUSTICE, P.DISCLOSURE_SCHEME),
        "A power, not a duty. Anyone may disclose to a relevant authority or somebody acting for"
        " one; it lets no authority disclose to a charity or university that acts for none.",
    ),
    "da_77": Power(
        "Domestic violence disclosure scheme", "Domestic Abuse Act 2021, section 77", 2021,
        RELEVANT_AUTHORITIES, (K.POLICE,), (P.DISCLOSURE_SCHEME,),
        "Who may send to whom is not in the papers.",
    ),
    "da_part_4": Power(
        "Support in safe accommodation", "Domestic Abuse Act 2021, part 4", 2021,
        _ANY, (K.COUNCIL,), (P.VICTIM_SUPPORT,), "Who may send to whom is not in the papers.",
    ),
    "children_10_11": Power(
        "Co-operation to improve children's well-being", "Children Act 2004, sections 10 and 11",
        2004, (*RELEVANT_AUTHORITIES, K.SCHOOL), (*RELEVANT_AUTHORITIES, K.SCHOOL),
        (P.SAFEGUARDING_CHILD,), "Who may send to whom is not in the papers.",
    ),
    "care_act": Power(
        "Safeguarding of adults", "Care Act 2014", 2014,
        _ANY, (K.COUNCIL, K.POLICE, K.HEALTH), (P.SAFEGUARDING_ADULT,),
        "Who may send to whom is not in the papers.",
    ),
    "cja_325": Power(
        "Multi-agency public protection", "Criminal Justice Act 2003, section 325", 2003,
        (K.POLICE, K.PROBATION, K.COUNCIL, K.HEALTH, K.HOUSING),
        (K.POLICE, K.PROBATION, K.COUNCIL, K.HEALTH, K.HOUSING), (P.PERPETRATOR_MANAGEMENT,),
        "Police and probation are responsible; that others co-operate both ways is unconfirmed.",
    ),
    "common_law_policing": Power(
        "Common-law policing power", "Common law", 1998, (K.POLICE,), _ANY, _ALL,
        "Each disclosure needs a pressing need and must be proportionate.",
    ),
    "legitimate_interests": Power(
        "Legitimate interests", "UK GDPR, article 6(1)(f)", 2020, _OWN_CAUSE, _ANY,
        (*_VICTIMS, P.STUDENT_SUPPORT),
        "For bodies without a statutory power. The Act of 2025 adds recognised interests, among"
        " them safeguarding.",
    ),
    "vital_interests": Power(
        "Vital interests", "UK GDPR, article 6(1)(d)", 2020, _ANY, _ANY, _VICTIMS,
        "To protect somebody's life.",
    ),
}  # fmt: skip


def gateway_id(key: str) -> UUID:
    """The same in every database."""
    return uuid5(_SPACE, key)


def gateway_rows() -> list[Gateway]:
    """Every gateway."""
    return [
        Gateway(
            id=gateway_id(key), key=key, name=power.name, law=power.law,
            sender_kinds=[kind.value for kind in power.senders],
            receiver_kinds=[kind.value for kind in power.receivers],
            purposes=[purpose.value for purpose in power.purposes],
            note=power.note, valid_from=date(power.year + 1, 1, 1),
            state=ProposalState.CONFIRMED, updated_at=_WRITTEN,
        )
        for key, power in GATEWAYS.items()
    ]  # fmt: skip


async def furnish_gateways(owner: AsyncConnection) -> None:
    """Write what is missing, as the database's owner."""
    for row in gateway_rows():
        values = row.model_dump()
        await owner.execute(insert(table_of(Gateway)).values(**values).on_conflict_do_nothing())
