"""What the row rules refuse of agreements, should the portal's own Python be got round."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.sample.partnership import agency_id, fixed, membership_id
from portal.store.engines import Engines
from portal.store.states import FORBIDDEN, sqlstate

SIGN = (
    "INSERT INTO agreement_signature (id, agreement_id, agreement_version_id, party_id, agency_id,"
    " signed_by_id, title, signed_at, acl)"
    " VALUES (:id, :agreement, :version, :party, :agency, :member, 'siro', now(), '{}')"
)
EVENT = (
    "INSERT INTO agreement_event (id, agreement_id, move, party_id, by_id, by_agency_id, at, acl)"
    " VALUES (:id, :agreement, :move, :party, :member, :agency, now(), '{}')"
)
PARTY = (
    "INSERT INTO agreement_party (id, agreement_id, agency_id, direction, required, accedes,"
    " since_number, named_at, joined_at, updated_at, version, acl) VALUES (:id, :agreement, :named,"
    " 'both', false, :accedes, 1, now(), {joined}, now(), 1, '{{}}')"
)


async def tried(engines: Engines, who: str, sql: str, **values: Any) -> str | None:
    """The SQL state in which a person's own statement ends; None where it is done."""
    async with engines.command.connect() as connection, connection.begin() as change:
        opening = text("SELECT * FROM open_command_caller(:who, :request)")
        await connection.execute(opening, {"who": membership_id(who), "request": uuid4()})
        agency = who.split(".", maxsplit=1)[0]
        given = {"id": uuid4(), "member": membership_id(who), "agency": agency_id(agency)}
        try:
            done = await connection.execute(text(sql), {**given, **values})
        except DBAPIError as refused:
            return sqlstate(refused)
        finally:
            await change.rollback()
        return None if done.rowcount else "none"


def signing(whose: str, deal: str = "perpetrators") -> dict[str, Any]:
    return {
        "agreement": fixed("agreement", deal), "version": fixed("agreement-version", deal),
        "party": fixed("agreement-party", f"{deal}/{whose}"),
    }  # fmt: skip


async def test_a_signatory_signs_for_the_own_agency_and_nobody_else_does(agreed: Engines) -> None:
    assert await tried(agreed, "wirral.signatory", SIGN, **signing("wirral")) is None
    other = {**signing("police"), "agency": agency_id("police")}
    assert await tried(agreed, "wirral.signatory", SIGN, **other) == FORBIDDEN
    assert await tried(agreed, "wirral.protection", SIGN, **signing("wirral")) == FORBIDDEN
    assert await tried(agreed, "rasa.signatory", SIGN, **signing("wirral")) == FORBIDDEN


async def test_no_signature_stands_under_what_was_not_sent_or_without_advice(
    agreed: Engines,
) -> None:
    draft = signing("sthelens", "sthelens-idva")
    assert await tried(agreed, "sthelens.signatory", SIGN, **draft) == FORBIDDEN
    async with agreed.owner.connect() as owner, owner.begin():
        forget = text("DELETE FROM agreement_advice WHERE id = :id")
        row = {"id": fixed("agreement-advice", "perpetrators/police")}
        assert (await owner.execute(forget, row)).rowcount == 1
        await owner.commit()
    assert await tried(agreed, "police.signatory", SIGN, **signing("police")) == FORBIDDEN


MARAC = {"agreement": fixed("agreement", "wirral-marac"), "party": None}


@pytest.mark.parametrize("move", ["agreed", "joined", "signed", "advised"])
async def test_nobody_claims_what_only_the_portal_notes(agreed: Engines, move: str) -> None:
    assert await tried(agreed, "wirral.protection", EVENT, **MARAC, move=move) == FORBIDDEN


async def test_only_the_lead_moves_the_whole_and_only_as_itself(agreed: Engines) -> None:
    suspend = {**MARAC, "move": "suspended"}
    assert await tried(agreed, "wirral.protection", EVENT, **suspend) is None
    assert await tried(agreed, "police.protection", EVENT, **suspend) == FORBIDDEN
    assert await tried(agreed, "wirral.signatory", EVENT, **suspend) == FORBIDDEN
    assert await tried(agreed, "uol.protection", EVENT, **suspend) == FORBIDDEN
    as_another = {**suspend, "agency": agency_id("wirral")}
    assert await tried(agreed, "police.protection", EVENT, **as_another) == FORBIDDEN


async def test_nobody_is_put_in_beside_those_who_have_signed(agreed: Engines) -> None:
    named = {"agreement": fixed("agreement", "wirral-marac"), "named": agency_id("uol")}
    waits, joined = PARTY.format(joined="NULL"), PARTY.format(joined="now()")
    who = "wirral.protection"
    assert await tried(agreed, who, waits, **named, accedes=True) is None
    assert await tried(agreed, who, waits, **named, accedes=False) == FORBIDDEN
    assert await tried(agreed, who, joined, **named, accedes=True) == FORBIDDEN
    assert await tried(agreed, "police.protection", waits, **named, accedes=True) == FORBIDDEN


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE agreement SET suspended_at = NULL",
        "UPDATE agreement_version SET ends_on = ends_on + 365 WHERE sent_at IS NOT NULL",
        "UPDATE agreement_party SET suspended_at = NULL",
        "DELETE FROM agreement_event",
        "UPDATE agreement_signature SET signed_at = now()",
        "UPDATE gateway SET confirmed = true",
    ],
)
async def test_nothing_that_was_sent_or_signed_is_rewritten(agreed: Engines, sql: str) -> None:
    assert await tried(agreed, "sefton.protection", sql) in {FORBIDDEN, "none"}
