"""What sending a referral would do: who would have it, what of it, and by what right."""

from typing import Any

from sqlalchemy import ARRAY, Boolean, ColumnElement, Select, String, Uuid, func, literal, select
from sqlalchemy import column as column_

from auth import tables as teams
from portal.agencies.api import Agency, Team
from portal.agreements.tables import Agreement
from portal.reading.declare import Ask, Columns, column, one, sql, value_type, values
from portal.referrals import tables
from portal.referrals.prosecution import MAY_BE_DISCLOSED, prosecutes
from portal.store.rules import table_of


def _parties(row: Columns, _: Ask) -> Select[Any]:
    listed = func.referral_audience(row.referral_id).table_valued(
        column_("agency_id", Uuid),
        column_("team_id", Uuid),
        column_("narrow", Boolean),
        column_("part", String),
        column_("agreement_id", Uuid),
        column_("gateway", String),
        column_("categories", ARRAY(String)),
        column_("lacking", Boolean),
    )
    team, agreement = table_of(teams.Team), table_of(Agreement)
    found = select(
        team.c.id.label("team_id"),
        team.c.agency_id,
        func.coalesce(listed.c.narrow, False).label("team_only"),
        func.coalesce(listed.c.part, "").label("part"),
        func.coalesce(listed.c.categories, []).label("categories"),
        agreement.c.reference.label("agreement"),
        listed.c.gateway,
        func.coalesce(listed.c.lacking, True).label("lacking"),
    )
    found = found.select_from(listed).join(team, team.c.id == listed.c.team_id)
    found = found.outerjoin(agreement, agreement.c.id == listed.c.agreement_id)
    return found.order_by(listed.c.part.desc(), team.c.id)


def preview_of(referral: Columns, _: Ask) -> Select[Any]:
    mark = func.coalesce(func.audience_mark(referral.id), "", type_=String).label("token")
    return select(mark, referral.id.label("referral_id"))


def _duplicates(row: Columns, ask: Ask) -> ColumnElement[Any]:
    """Other cases that one's own agency calls the same."""
    this, other = (table_of(tables.LocalReference).alias() for _ in range(2))
    case = table_of(tables.Referral).alias()
    found = select(func.array_agg(case.c.reference.op("ORDER BY")(case.c.reference)))
    found = found.join(other, other.c.referral_id == case.c.id)
    found = found.join(this, this.c.value == other.c.value).where(
        this.c.referral_id == row.referral_id,
        this.c.agency_id == ask.agency,
        other.c.agency_id == ask.agency,
        other.c.referral_id != row.referral_id,
    )
    return func.coalesce(found.correlate(row.referral_id.table).scalar_subquery(), [])


@value_type
class PreviewedParty:
    """An agency and its team that would have the case."""

    agency: Agency = one("The agency.", "agency_id")
    team: Team = one("Its team.", "team_id")
    team_only: bool = column("Whether only members of the team see it, and not all who work cases.")
    part: str = column("As what: sender, receiver, or representative at the MARAC that it goes to.")
    categories: list[str] = column("The data categories that it would see in full.")
    agreement: str | None = column("The reference of the agreement that permits it.")
    gateway: str | None = column("By which power.")
    lacking: bool = column("Whether no agreement in force permits it: then it cannot be sent.")


def _warnings(row: Columns, ask: Ask) -> Select[Any]:
    """What the sender must know of a receiver before it is sent."""
    parties = _parties(row, ask).subquery()
    agency, host = (table_of(teams.Agency).alias() for _ in range(2))
    found = select(
        literal("MAY_BE_DISCLOSED").label("code"),
        literal(MAY_BE_DISCLOSED).label("message"),
        parties.c.agency_id,
    )
    found = found.join(agency, agency.c.id == parties.c.agency_id)
    found = found.outerjoin(host, host.c.id == agency.c.host_id)
    found = found.where(
        parties.c.part != "sender",
        prosecutes(agency.c, host.c),
        agency.c.id != ask.agency,
    )
    return found.order_by(agency.c.name, agency.c.id)


@value_type
class PreviewWarning:
    """What the sender must know before it is sent."""

    code: str = column("MAY_BE_DISCLOSED: police and CPS may have to disclose it to a defence.")
    message: str = column("What it means, and what to mind.")
    agency: Agency = one("Because of whom.", "agency_id")


@value_type
class Preview:
    """What sending would do."""

    token: str = column("Give it back with `sendReferral`.")
    parties: list[PreviewedParty] = values("Who would have the case, the sender first.", _parties)
    warnings: list[PreviewWarning] = values(
        "What you must know before you send it. `sendReferral` asks whether you have read that it"
        " may have to be disclosed (`disclosureRead`).",
        _warnings,
    )
    duplicates: list[str] = sql(
        "References of other referrals of yours that bear the same reference of your agency's own.",
        _duplicates,
    )
