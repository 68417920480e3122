"""What a body said among its own people is its successor's once that has taken over."""

from support.asking import Portal, the_schema
from support.databases import empty_database
from support.initiating import LEAD, agency, committed, live, of

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import DAY, load_partnership
from portal.store.build import build
from portal.store.server import Server

SHOWN = "...on CommentPayload { comment { id version } }"


async def test_the_successor_reads_and_withdraws_what_was_said_within(server: Server) -> None:
    """A database of its own, since an agency ends in it."""
    async with empty_database(server, "voices_succeeded") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
        portal = Portal(the_schema(), engines.command)
        row = await live(portal)
        await committed(portal, row, "rasa")
        said = {"initiative": row["id"], "text": "Between us.", "audience": "AGENCY"}
        kept = (await portal.do("rasa.coordinator", "addComment", said, SHOWN))["comment"]
        over = {"agency": agency("rasa"), "by": agency("savera"), "fromDay": str(DAY),
            "expectedVersion": 1}  # fmt: skip
        done = await portal.do("pcc.administrator", "succeedAgency", over)
        assert done["__typename"] == "AgencyPayload", done
        read = """query($id: ID!, $of: ID!) { node(id: $id) { ...on Comment { text } }
            initiative(id: $of) { history(first: 100) { nodes { objectId } } } }"""
        for who in ("savera.coordinator", "rasa.contributor"):
            found = await portal.ask(who, read, id=kept["id"], of=row["id"])
            assert found["node"] == {"text": "Between us."}, who
        assert (await portal.ask(LEAD, read, id=kept["id"], of=row["id"]))["node"] is None
        gone = await portal.do("savera.coordinator", "withdrawComment", of(kept))
        assert gone["__typename"] == "CommentPayload"
