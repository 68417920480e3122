"""An operator names a mail server, and is told in one line what is wrong with it."""

import pytest
from support.commands import run, started
from support.databases import environ_of
from support.keyrings import throwaway_folder

from portal.store.bootstrap import bootstrap
from portal.store.server import Server

NOBODY = "smtp://clerk:secret@127.0.0.1:1"


@pytest.fixture(scope="module")
def environ(server: Server) -> dict[str, str]:
    """A migrated database."""
    bootstrap(server.dsn, "sending")
    given = {**environ_of(server, "sending"), "PORTAL_KEYS_FOLDER": str(throwaway_folder())}
    assert run("migrate", environ=given).exit_code == 0
    return given


def test_a_worker_without_a_mail_server_says_so_and_writes_reminders(environ):
    ran = run("worker", "--once", environ=environ)
    assert (ran.exit_code, ran.output) == (
        0,
        "PORTAL_SMTP_URL is not set: notices are written, and nothing is sent.\n",
    )


def test_a_worker_needs_its_own_way_to_the_database_and_a_sender(environ):
    ran = run("worker", "--once", environ={**environ, "PORTAL_WORKER_DATABASE_URL": ""})
    assert ran.exit_code == 1
    assert ran.output.startswith("Error: PORTAL_WORKER_DATABASE_URL is not set: ")
    ran = run("worker", "--once", environ={**environ, "PORTAL_SMTP_URL": NOBODY})
    assert ran.exit_code == 1
    assert ran.output.startswith("Error: PORTAL_MAIL_FROM is not set: ")


def test_a_worker_as_another_role_may_not_take_messages(environ, server: Server):
    wrong = {**environ, "PORTAL_WORKER_DATABASE_URL": server.dsn("portal_runtime", "sending")}
    ran = run("check", environ=wrong)
    assert ran.exit_code == 1
    assert "PORTAL_WORKER_DATABASE_URL signs in as portal_runtime" in ran.output


def test_a_mail_server_that_does_not_answer_is_a_finding_and_its_password_stays_secret(environ):
    named = {**environ, "PORTAL_SMTP_URL": NOBODY, "PORTAL_MAIL_FROM": "portal@example.org"}
    ran = run("check", environ=named)
    assert ran.exit_code == 1
    assert "PORTAL_SMTP_URL does not lead to a mail server that answers: " in ran.output
    assert "secret" not in ran.output


def test_in_production_the_operator_hears_that_nothing_is_sent(environ):
    ran = run("check", environ={**environ, "PORTAL_MODE": "production"})
    assert (
        "PORTAL_SMTP_URL is not set: no e-mail is sent, notices wait in the portal.\n" in ran.output
    )


def test_a_worker_stops_when_it_is_told_to(environ):
    with started("worker", until="Emptying the outbox of sending", environ=environ) as working:
        code, _ = working.stop()
    assert code == 0
