"""The operator's and partner's commands: `portal NAME`, each imported only when it is run."""

from importlib import import_module
from importlib.util import find_spec

import click

COMMANDS = {
    "agency": ("portal.cli.agency:agency", "Add an agency or joint body, and list them."),
    "check": ("portal.cli.check:command", "Say what is missing or unsafe, and what to do."),
    "client": ("portal.cli.client:client", "Let a program of an agency in, or end it."),
    "clocks": (
        "portal.cli.clocks:clocks",
        "Reckon the clocks of referrals after a change of calendar.",
    ),
    "contract": ("portal.cli.contract:contract", "Write graphql/ from the code."),
    "demo": ("portal.cli.demo:command", "Serve a sample partnership, with its own database."),
    "export": ("portal.cli.sheets:export", "Export initiatives to a spreadsheet."),
    "import": (
        "portal.cli.sheets:import_",
        "Import initiatives or a MARAC list from a spreadsheet.",
    ),
    "invite": ("portal.cli.agency:invite", "Invite an agency's first people."),
    "key": ("portal.cli.key:key", "Make, list and change the portal's own keys."),
    "migrate": ("portal.cli.migrate:command", "Bring the database to this release."),
    "pathways": (
        "portal.cli.pathways:pathways",
        "Check the file of a pathway, and say what it lays down.",
    ),
    "provider": ("portal.cli.provider:provider", "Let an agency sign in with its own accounts."),
    "query": ("portal.cli.query:query", "Ask the API, as an API client."),
    "seed": (
        "portal.cli.seed:command",
        "Invent initiatives and referrals, for a demonstration at size.",
    ),
    "serve": ("portal.cli.serve:command", "Serve the portal."),
    "tidy": ("portal.cli.tidy:command", "Remove rows that have outlived their time."),
    "token": ("portal.cli.query:token", "Print an access token for an API client."),
    "walk": ("portal.cli.walk:command", "Go through a case in the demo, step by step."),
    "worker": ("portal.cli.worker:command", "Send what is in the outbox by e-mail."),
}
"""Where each command is, and what it does in a few words."""
IN_A_CHECKOUT = frozenset({"contract"})
"""Commands that an installed portal does not have: they work on the code."""


STOPPED = 130
"""The exit code after Ctrl-C, as shells know it."""


class OnDemand(click.Group):
    """Finds a command by its place, so that a short command does not load the whole portal."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS} - _absent())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS or cmd_name in _absent():
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Without loading them all."""
        with formatter.section("Commands"):
            listed = sorted(COMMANDS.keys() - _absent())
            formatter.write_dl([(name, COMMANDS[name][1]) for name in listed])


def _absent() -> frozenset[str]:
    return frozenset(
        name for name in IN_A_CHECKOUT if find_spec(COMMANDS[name][0].partition(":")[0]) is None
    )


@click.group(
    cls=OnDemand,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `portal demo`. `portal NAME --help` explains a command.",
)
@click.version_option(package_name="vawg-portal")
def main() -> None:
    """Agencies work together against violence against women and girls."""
