"""A membership's version tells that something about it has changed, and not that somebody came."""

from sqlalchemy import text
from support.asking import Portal

from portal.sample.partnership import DAY, membership_id
from portal.store.engines import Engines

WHO = "sefton.coordinator"
MEMBER = membership_id(WHO)


async def version(portal: Portal) -> int:
    query = "query($id: ID!) { node(id: $id) { ...on Membership { version } } }"
    found: int = (await portal.ask(WHO, query, id=f"Membership:{MEMBER}"))["node"]["version"]
    return found


async def change(engines: Engines, what: str) -> None:
    async with engines.owner.begin() as owner:
        statement = text(f"UPDATE membership SET {what} WHERE id = :id")  # noqa: S608 - ours
        assert (await owner.execute(statement, {"id": MEMBER})).rowcount == 1


async def test_signing_in_is_no_change_of_a_membership(portal: Portal, engines: Engines) -> None:
    before = await version(portal)
    await change(engines, "last_signed_in_at = now()")
    assert await version(portal) == before


async def test_who_read_of_a_member_before_something_changed_hands_nothing_over(
    portal: Portal, engines: Engines
) -> None:
    read = await version(portal)
    await change(engines, f"ends_on = '{DAY}'")
    try:
        given = {"fromMember": f"Membership:{MEMBER}", "expectedVersion": read,
                 "toMember": f"Membership:{MEMBER}"}  # fmt: skip
        late = await portal.do(WHO, "handOverWork", given)
        assert (late["__typename"], late["currentVersion"]) == ("Conflict", read + 1)
        again = await portal.do(WHO, "handOverWork", {**given, "expectedVersion": read + 1})
        assert again["errors"][0]["path"] == ["input", "toMember"]
    finally:
        await change(engines, "ends_on = NULL")
