"""`--as`: the person or API client for whom a command reads or writes agency data."""

import re
from uuid import UUID

import click

from portal.sample.partnership import PEOPLE, membership_id

_ID = re.compile(
    r"(?:(?:Membership|Client):)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE
)


class Who(click.ParamType[UUID]):
    """An id, an id as the API writes it, or the name of a person of the sample."""

    name = "WHO"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> UUID:
        if isinstance(value, UUID):
            return value
        text = str(value).strip()
        if text in PEOPLE:
            return membership_id(text)
        found = _ID.fullmatch(text)
        if found is None:
            self.fail(
                "give the id of a membership or an API client; in the demo also a person such as"
                " wirral.coordinator (`.portal/demo.json` lists them)",
                param,
                ctx,
            )
        return UUID(found[1])


AS = click.option(
    "--as",
    "who",
    type=Who(),
    required=True,
    help="For whom: a membership's or an API client's id. Its rights are the command's.",
)
