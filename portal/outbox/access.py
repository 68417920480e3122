"""Who sees what became of messages. Only the database writes them, and the worker takes them by
functions alone: its role reads no table.
"""

from portal.errors import NotAllowed
from portal.outbox import tables
from portal.store.rules import RowRule, by_power, hidden, mine, table_of

OWN = "person_id = (SELECT caller_self())"
MANAGES = "(SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL"
HERE = "agency_id = (SELECT caller_agency())"
COLLEAGUE = f"SELECT FROM membership m WHERE m.person_id = outbox_message.person_id AND m.{HERE}"
OUR_TEAM = f"SELECT FROM team t WHERE t.id = team_id AND t.{HERE}"
MESSAGE = "SELECT FROM outbox_message m WHERE m.id = message_id"
OF_COLLEAGUE = f"{MANAGES} AND (EXISTS ({COLLEAGUE}) OR EXISTS ({OUR_TEAM}))"

RULES = (
    RowRule(
        table_of(tables.MailPreference),
        "The person whose it is, who changes it by entering a code that was sent there.",
        OWN,
        why=(mine(OWN),),
    ),
    RowRule(
        table_of(tables.OutboxMessage),
        "The person it is for; administrators of an agency they belong to, or of the team's.",
        f"{OWN} OR {OF_COLLEAGUE}",
        why=(mine(OWN), by_power("agencies:manage", OF_COLLEAGUE)),
    ),
    hidden(tables.MailCode, "Nobody: whoever may see a code need not own the mailbox."),
    hidden(tables.Reminder, "Nobody: only the worker's functions ask what was said already."),
    RowRule(
        table_of(tables.OutboxNotice),
        "The person whom the notice is for.",
        "EXISTS (SELECT FROM notice n WHERE n.id = notice_id)",
    ),
    RowRule(
        table_of(tables.OutboxAttempt),
        "Whoever sees the message.",
        f"EXISTS ({MESSAGE})",
        why=(
            mine(f"EXISTS ({MESSAGE} AND m.{OWN})"),
            by_power("agencies:manage", f"EXISTS ({MESSAGE} AND m.{OWN} IS NOT TRUE)"),
        ),
    ),
)  # fmt: skip
DEFINERS: dict[str, str] = {
    "post_notice()": "",
    "set_mail(text,text,text)": "portal_runtime",
    "confirm_mail(text)": "portal_runtime",
    "post_to_team(uuid)": "",
    "settle_messages()": "",
    "take_messages(integer,integer)": "portal_worker",
    "mark_message(uuid,uuid,text,text)": "portal_worker",
    "release_messages(uuid[],integer)": "portal_worker",
}


def may_set_mail(person: object) -> None:
    """Say where one hears by e-mail: the person themselves, and no program for them."""
    if person is None:
        raise NotAllowed(
            "Where a person hears by e-mail is their own matter, and no program's.",
            rule="mail.oneself",
            granted_by="nobody; the person can do it, signed in",
        )
