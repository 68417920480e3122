"""`portal worker`: sends what is in the outbox, apart from `portal serve`."""

import asyncio
import os
import signal

import click

from portal.cli.common import fail, settings_here, with_engines
from portal.clock import Clock
from portal.edge.logs import configure
from portal.logins import WORKER
from portal.outbox.letters import Sender
from portal.outbox.worker import Worker
from portal.settings import Settings
from portal.store.engines import Engines


@click.command("worker")
@click.option("--once", is_flag=True, help="Send what waits now, and end.")
def command(*, once: bool) -> None:
    """Send what is in the outbox by e-mail, and write reminders, until told to stop.

    `portal serve` does the same beside serving; several workers share the messages between them.
    Stops on Ctrl-C or SIGTERM, after the message under way.
    """
    settings = settings_here(os.environ, WORKER.setting)
    if settings.mail_server and not settings.mail_from:
        fail("PORTAL_MAIL_FROM is not set: name the address that e-mails come from.")
    if settings.mail_server is None:
        click.echo("PORTAL_SMTP_URL is not set: notices are written, and nothing is sent.")

    async def work(engines: Engines) -> None:
        worker = worker_of(settings, engines)
        if once:
            await worker.remind()
            while await worker.round():
                pass
            return
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(stop, worker.stopping.set)
        click.echo(f"Emptying the outbox of {settings.database}.")
        configure()
        await worker.run()

    with_engines(settings, work)


def worker_of(settings: Settings, engines: Engines) -> Worker:
    """The worker that the settings describe."""
    sender = Sender(settings.mail_from, settings.base_url)
    return Worker(engines.worker, settings.mail_server, sender, Clock(settings.today))
