"""The operator's and partner's commands: `portal NAME`, each imported only when it is run."""

from importlib import import_module

import click

COMMANDS = {
    "query": "portal.cli.query:query",
    "token": "portal.cli.query:token",
}


class OnDemand(click.Group):
    """Finds a command by its place, so that a short command does not load the whole portal."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=OnDemand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vawg-portal")
def main() -> None:
    """Agencies work together against violence against women and girls."""
