"""What the member does whom a program names: they accept it as it is, or refuse it."""

from typing import Annotated
from uuid import UUID

from sqlalchemy import func, select

from auth.access import may_answer_for
from auth.oauth import clients
from auth.oauth.tables import Client, ClientAcceptance
from portal.acting.checks import one_line, reason_fault, refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Conflict, Invalid

TheProgram = Annotated[UUID, Ref("Client"), "The program."]
REASON_LIMIT = 200


async def accept_client(work: Work, id: TheProgram, expected_version: int) -> Client:
    """Say yes to a program that names you as its owner, as it is at this version.

    Only then it, a new key, a wider scope or a further address works. It may never do more than
    you may, and nobody can say yes in your name.
    """
    client = await work.seen(Client, id)
    may_answer_for(work.caller, {client.owner_membership_id})
    await _must_be_as_read(work, client, expected_version)
    if not await resting(work, client.id):
        raise Invalid.field("id", "Nothing of it waits for you: all of it works.", "WRONG_STATE")
    found = await clients.owner_faults(
        work.db, client.agency_id, client.owner_membership_id, client.scopes, work.today
    )
    if found:
        raise Invalid(*found)
    saying_yes = select(func.accept_client(client.id, expected_version))
    return await _answered(work, client, saying_yes, expected_version)


async def refuse_client(
    work: Work,
    id: TheProgram,
    expected_version: int,
    reason: Annotated[str, "Why, for the administrators of your agency."],
    altogether: Annotated[
        bool, "Also what you had accepted before: the program then gets no token."
    ] = False,
) -> Client:
    """Say no to a program that names you as its owner, or to what is new about it.

    A program that nobody has accepted ends. What worked before goes on unless you say no
    altogether, or somebody else is to answer for it from now on.
    """
    client = await work.seen(Client, id)
    accepted = await work.db.get(ClientAcceptance, client.id)
    before = accepted.owner_membership_id if accepted else client.owner_membership_id
    may_answer_for(work.caller, {client.owner_membership_id, before})
    refuse(reason_fault("reason", reason, REASON_LIMIT))
    await _must_be_as_read(work, client, expected_version)
    if not altogether and not await resting(work, client.id):
        message = "Nothing of it waits for you. To stop it, say no altogether."
        raise Invalid.field("altogether", message, "WRONG_STATE")
    saying_no = select(
        func.refuse_client(client.id, expected_version, one_line(reason), altogether)
    )
    return await _answered(work, client, saying_no, expected_version)


async def resting(work: Work, client_id: UUID) -> list[str]:
    """The parts of it that wait for its owner."""
    found = await work.db.execute(select(func.client_rests(client_id)))
    return list(found.scalar_one() or ())


async def _must_be_as_read(work: Work, client: Client, expected_version: int) -> None:
    """Whoever only answers for it cannot lock it; the database looks once more when it does."""
    await work.db.refresh(client)
    work.unchanged(client, expected_version)
    if client.ended_at is not None:
        raise Invalid.field("id", "This program has ended.", "ENDED")


async def _answered(work: Work, client: Client, answer: object, expected_version: int) -> Client:
    version = (await work.db.execute(answer)).scalar_one()  # type: ignore[call-overload]  # any select
    if version != expected_version:
        raise Conflict(current=version)
    await work.db.refresh(client)
    return client
