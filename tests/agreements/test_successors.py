"""A body that ends: its successor looks after its agreements, and is a party by its own word."""

from uuid import uuid4

from sqlalchemy import text

from portal.sample.partnership import DAY, agency_id, membership_id
from portal.store.engines import Engines

OPEN = text("SELECT * FROM open_command_caller(:who, :request)")
LED = "SELECT count(*) FROM agreement WHERE title LIKE 'Wirral MARAC%'"
MAY = "SELECT count(*) FROM agreement_for(:one, :other, 'marac', '{needs}', now())"


async def test_the_successor_leads_the_agreements_and_shares_under_them_once_it_has_signed(
    agreed: Engines,
) -> None:
    old, new = agency_id("wirral"), agency_id("uol")
    async with agreed.command.connect() as connection, connection.begin() as change:
        await connection.execute(OPEN, {"who": membership_id("uol.protection"), "request": uuid4()})
        assert (await connection.execute(text(LED))).scalar_one() == 0
        await connection.execute(
            OPEN, {"who": membership_id("pcc.administrator"), "request": uuid4()}
        )
        took_over = text("SELECT succeed_agency(:old, :new, :day)")
        await connection.execute(took_over, {"old": old, "new": new, "day": DAY})
        await connection.execute(OPEN, {"who": membership_id("uol.protection"), "request": uuid4()})
        assert (await connection.execute(text(LED))).scalar_one() == 1
        given = {"one": agency_id("police"), "other": new}
        assert (await connection.execute(text(MAY), given)).scalar_one() == 0
        await change.rollback()
