"""An operator who leaves something out, or sets something unsafe, is told which and what to do."""

from datetime import date

import pytest

from portal.settings import MailServer, Mode, RefusedSettings, Settings

SAFE = {
    "PORTAL_DATABASE_URL": "postgresql://portal_runtime:a@db/portal?sslmode=verify-full",
    "PORTAL_AUTH_DATABASE_URL": "postgresql://portal_auth:b@db/portal?sslmode=verify-full",
    "PORTAL_COMMAND_DATABASE_URL": "postgresql://portal_command:c@db/portal?sslmode=verify-full",
    "PORTAL_WORKER_DATABASE_URL": "postgresql://portal_worker:e@db/portal?sslmode=verify-full",
    "PORTAL_OWNER_DATABASE_URL": "postgresql://portal_owner:d@db/portal?sslmode=verify-full",
    "PORTAL_BASE_URL": "https://portal.example.org/",
    "PORTAL_MODE": "production",
    "PORTAL_KEYS_FOLDER": "/etc/vawg-portal/keys",
    "PORTAL_PROXIES": "127.0.0.1",
}


def test_a_safe_production_has_no_problems():
    settings = Settings.from_env(SAFE)
    assert settings.problems() == []
    assert settings.base_url == "https://portal.example.org"
    assert settings.mode is Mode.PRODUCTION


def test_without_any_variable_it_is_a_demo_that_lacks_only_its_databases_and_keys():
    settings = Settings.from_env({})
    assert (settings.mode, settings.base_url) == (Mode.DEMO, "http://localhost:8000")
    assert [line.split()[0] for line in settings.problems()] == [
        "PORTAL_DATABASE_URL",
        "PORTAL_AUTH_DATABASE_URL",
        "PORTAL_COMMAND_DATABASE_URL",
        "PORTAL_WORKER_DATABASE_URL",
        "PORTAL_OWNER_DATABASE_URL",
        "PORTAL_KEYS_FOLDER",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORTAL_BASE_URL", "http://portal.example.org", "https://"),
        ("PORTAL_MODE", "", "for this computer alone"),
        ("PORTAL_MODE", "demo", "set PORTAL_MODE to production"),
        ("PORTAL_PROXIES", "", "PORTAL_PROXIES is not set"),
        ("PORTAL_OWNER_DATABASE_URL", "", "PORTAL_OWNER_DATABASE_URL is not set"),
        ("PORTAL_OWNER_DATABASE_URL", SAFE["PORTAL_DATABASE_URL"], "each its own role"),
        ("PORTAL_DATABASE_URL", SAFE["PORTAL_DATABASE_URL"][:-20], "sslmode=verify-full"),
        ("PORTAL_DATABASE_URL", "postgresql:///portal?host=db2&user=me", "sslmode=verify-full"),
        ("PORTAL_DATABASE_URL", "postgresql://postgres@localhost/portal", "superuser"),
        ("PORTAL_DATABASE_URL", "postgresql://portal_runtime@localhost/other", "different"),
        ("PORTAL_DATABASE_URL", "postgresql://localhost/portal", "names no user"),
        ("PORTAL_DATABASE_URL", "postgresql+asyncpg://me@localhost/portal", "postgresql://"),
    ],
)
def test_an_unsafe_production_setting_is_named_with_its_remedy(name, value, said):
    problems = Settings.from_env(SAFE | {name: value}).problems()
    assert any(said in line and "PORTAL_" in line for line in problems), problems


def test_a_local_socket_needs_no_tls():
    sockets = {
        name: f"postgresql:///portal?host=/run/postgresql&user=portal_{number}"
        for number, name in enumerate(name for name in SAFE if name.endswith("DATABASE_URL"))
    }
    assert Settings.from_env(SAFE | sockets).problems() == []


def test_all_senseless_values_are_named_at_once():
    senseless = {
        "PORTAL_MODE": "live",
        "PORTAL_TODAY": "22/11/2026",
        "PORTAL_POOL_SIZE": "-1",
        "PORTAL_BODY_LIMIT": "many",
        "PORTAL_BASE_URL": "portal.example.org",
    }
    with pytest.raises(RefusedSettings) as refusal:
        Settings.from_env(senseless)
    lines = str(refusal.value).splitlines()
    assert {line.partition("=")[0] for line in lines} == set(senseless)


@pytest.mark.parametrize("address", ["https://a.org/portal", "https://a.org/?x=1", "ftp://a.org"])
def test_a_base_url_is_an_origin_and_nothing_more(address):
    with pytest.raises(RefusedSettings, match="PORTAL_BASE_URL"):
        Settings.from_env({"PORTAL_BASE_URL": address})


def test_a_demonstration_may_fix_its_day():
    assert Settings.from_env({"PORTAL_TODAY": "2026-11-22"}).today == date(2026, 11, 22)


def test_production_refuses_to_fix_the_day():
    with pytest.raises(RefusedSettings, match="PORTAL_TODAY"):
        Settings.from_env(SAFE | {"PORTAL_TODAY": "2026-11-22"})


def test_a_password_does_not_show_in_a_log_of_the_settings():
    assert ":a@" not in repr(Settings.from_env(SAFE))


def test_a_mail_server_is_named_with_how_it_is_spoken_to():
    given = {
        "PORTAL_SMTP_URL": "smtps://user:p%40ss@mail.example.org",
        "PORTAL_MAIL_FROM": "p@e.org",
    }
    server = Settings.from_env(SAFE | given).mail_server
    assert server == MailServer("mail.example.org", 465, tls=True, user="user", password="p@ss")
    plain = Settings.from_env(SAFE | {"PORTAL_SMTP_URL": "smtp://localhost:2525"})
    assert plain.mail_server == MailServer("localhost", 2525, tls=False)
    assert [line.split()[0] for line in plain.problems()] == ["PORTAL_MAIL_FROM"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORTAL_SMTP_URL", "mail.example.org"),
        ("PORTAL_SMTP_URL", "http://user:secret@mail.example.org"),
        ("PORTAL_SMTP_URL", "smtp://user:secret@mail.example.org/inbox"),
        ("PORTAL_SMTP_URL", "smtp://user:secret@mail.example.org:secret"),
        ("PORTAL_MAIL_FROM", "The portal"),
        ("PORTAL_MAIL_FROM", "a@b.org\nBcc: c@d.org"),
    ],
)
def test_a_mail_setting_that_makes_no_sense_is_refused_without_its_password(name, text):
    with pytest.raises(RefusedSettings) as refused:
        Settings.from_env(SAFE | {name: text})
    assert str(refused.value).startswith(name)
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(MailServer("h", 1, tls=True, user="u", password="secret"))
