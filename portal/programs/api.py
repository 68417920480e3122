"""Programs and their keys in GraphQL."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ARRAY, ColumnElement, Text, exists, func, or_, select
from sqlmodel import col

from auth.oauth import tables
from auth.oauth.tables import Grant
from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Membership
from portal.programs import answering, verbs
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    by_id,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    where,
)


class ClientOrder(Enum):
    """How programs are sorted."""

    NAME = "name"
    """By name."""
    EXPIRY = "expiry"
    """What runs out first, first."""


class ClientKeyOrder(Enum):
    """How a program's keys are sorted."""

    NEWEST = "newest"
    """The newest first."""


def _key_used(key: Columns, _: Ask) -> ColumnElement[Any]:
    use = tables.ClientUse
    last = select(col(use.used_at)).where(
        col(use.client_id) == key.client_id, col(use.thumbprint) == key.thumbprint
    )
    return last.correlate(key.id.table).scalar_subquery()


def _client_used(client: Columns, _: Ask) -> ColumnElement[Any]:
    use = tables.ClientUse
    last = select(func.max(col(use.used_at))).where(col(use.client_id) == client.id)
    return last.correlate(client.id.table).scalar_subquery()


def _accepted(key: Columns, _: Ask) -> ColumnElement[Any]:
    yes = tables.ClientAcceptance
    listed = exists().where(
        col(yes.id) == key.client_id, key.thumbprint == func.any(col(yes.thumbprints))
    )
    return listed.correlate(key.id.table)


def _rests(client: Columns, _: Ask) -> ColumnElement[Any]:
    return func.coalesce(func.client_rests(client.id, type_=ARRAY(Text)), [])


def _mine(client: Columns, mine: bool, ask: Ask) -> ColumnElement[bool]:
    yes = tables.ClientAcceptance
    accepted = exists().where(
        col(yes.id) == client.id, col(yes.owner_membership_id) == ask.principal
    )
    named = client.owner_membership_id == ask.principal
    found: ColumnElement[bool] = or_(named, accepted.correlate(client.id.table)) == mine
    return found


def _works(client: Columns) -> ColumnElement[bool]:
    accepted = exists().where(col(tables.ClientAcceptance.id) == client.id)
    works: ColumnElement[bool] = (
        client.ended_at.is_(None)
        & (client.expires_at > func.now())
        & accepted.correlate(client.id.table)
    )
    return works


@reads(tables.ClientKey)
class ClientKey(Node):
    """The public half of a key that a program signs with; the portal never has the other half."""

    thumbprint: str = column(
        "Its SHA-256 thumbprint (RFC 7638), the `kid` of the portal's own files."
    )
    added_at: datetime = column("When it was registered.")
    accepted: bool = sql("Whether the program's owner has accepted it.", _accepted)
    retired_at: datetime | None = column("When it was retired, if it was.")
    last_used_at: datetime | None = sql(
        "When the program last got a token with it, give or take an hour.", _key_used, nullable=True
    )


@filter_input
class ClientKeyFilter:
    """Which keys."""

    in_use: bool | None = where(
        "Those that were not retired, or those that were.",
        lambda key, in_use, _: key.retired_at.is_(None) == in_use,
    )


CLIENT_KEYS = Listing(
    ClientKeyFilter,
    ClientKeyOrder,
    {ClientKeyOrder.NEWEST: Order(lambda k: [k.added_at], descending=True)},
    ClientKeyOrder.NEWEST,
)


@reads(tables.ClientAcceptance)
class ClientAcceptance(Node):
    """What somebody agreed to answer for: a program may do what both this and its agency say."""

    owner: Membership = one("Who accepted it.", "owner_membership_id")
    accepted_at: datetime = column("When.")
    scopes: list[str] = column("What it may do.")
    grants: list[Grant] = column("How it may get its tokens.")
    redirect_uris: list[str] = column("Where it may send people back to.")
    jwks_uri: str | None = column("Where it may show its public keys.")
    thumbprints: list[str] = column("The registered keys that it may sign with.")


@reads(tables.Client)
class Client(Node):
    """A program of an agency. Somebody answers for it, and it ends unless it is renewed."""

    name: str = column("What people call it.")
    version: int = column("Pass it back with a change.")
    agency: Agency = one("The agency it acts for.", "agency_id")
    owner: Membership = one(
        "Who is to answer for it; when they leave, it may do nothing.", "owner_membership_id"
    )
    acceptance: ClientAcceptance | None = one(
        "What its owner has accepted; null while it rests as a whole.", "id"
    )
    resting: list[tables.ClientPart] = sql("What of it waits for its owner's yes.", _rests)
    refused_at: datetime | None = column("When its owner said no to it as it is, if they did.")
    refusal: str | None = column("Why they did.")
    scopes: list[str] = column("What it is to have; today it may do no more than its owner may.")
    grants: list[Grant] = column("How it gets its tokens.")
    redirect_uris: list[str] = column("Where it may send people back to.")
    jwks_uri: str | None = column("Where it shows its public keys, if it does.")
    created_at: datetime = column("When it was let in.")
    expires_at: datetime = column("When it ends unless it is renewed.")
    ended_at: datetime | None = column("When it was ended, if it was.")
    last_used_at: datetime | None = sql(
        "When it last got a token, give or take an hour.", _client_used, nullable=True
    )
    keys: Connection[ClientKey] = many(
        "Its registered keys, for administrators of its agency.",
        CLIENT_KEYS,
        lambda client, key, _: key.client_id == client.id,
    )


@filter_input
class ClientFilter:
    """Which programs."""

    works: bool | None = where(
        "Those that can get a token, or those that have ended, expired or rest.",
        lambda client, works, _: _works(client) == works,
    )
    ended: bool | None = where(
        "Those that were ended, or those that were not.",
        lambda client, ended, _: client.ended_at.is_not(None) == ended,
    )
    mine: bool | None = where(
        "Those that you are to answer for or have accepted, or those of others.", _mine
    )


CLIENTS = Listing(
    ClientFilter,
    ClientOrder,
    {
        ClientOrder.NAME: Order(lambda c: [c.name]),
        ClientOrder.EXPIRY: Order(lambda c: [c.expires_at]),
    },
    ClientOrder.NAME,
)
_MANAGES = "agencies:manage"


@strawberry.type
class ProgramQueries:
    """The agency's programs."""

    clients: Connection[Client] = many("Your agency's programs.", CLIENTS)
    client: Client | None = by_id("One of your agency's programs.")


@strawberry.type
class ProgramMutations:
    """What an agency's administrators do with its programs, and what their owners say to it."""

    add_client = mutation(verbs.add_client, Client, needs=_MANAGES, fresh=True)
    change_client = mutation(verbs.change_client, Client, needs=_MANAGES, fresh=True)
    renew_client = mutation(verbs.renew_client, Client, needs=_MANAGES, fresh=True)
    end_client = mutation(verbs.end_client, Client, needs=_MANAGES, fresh=True)
    add_client_key = mutation(verbs.add_client_key, ClientKey, needs=_MANAGES, fresh=True)
    retire_client_key = mutation(verbs.retire_client_key, ClientKey, needs=_MANAGES, fresh=True)
    accept_client = mutation(answering.accept_client, Client, needs="", fresh=True, own_word=True)
    refuse_client = mutation(answering.refuse_client, Client, needs="", fresh=True, own_word=True)
