"""What the operator decides: read once from the environment, then passed on."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from portal.logins import BY_SETTING, LOGINS

T = TypeVar("T")

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_TLS = frozenset({"verify-ca", "verify-full"})


class Mode(StrEnum):
    DEMO = "demo"
    PRODUCTION = "production"


class RefusedSettings(ValueError):
    """One line for each variable whose value makes no sense or is never safe."""


@dataclass(frozen=True)
class MailServer:
    """Who takes e-mails over from the portal. Without `tls` from the start it is asked for by
    STARTTLS, except on this computer."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Settings:
    """`today` fixes the day for demonstrations; everything that counts days asks for it here."""

    database_url: str | None = field(default=None, repr=False)  # may hold a password
    auth_database_url: str | None = field(default=None, repr=False)
    command_database_url: str | None = field(default=None, repr=False)
    worker_database_url: str | None = field(default=None, repr=False)
    owner_database_url: str | None = field(default=None, repr=False)
    base_url: str = "http://localhost:8000"
    mode: Mode = Mode.DEMO
    today: date | None = None
    pool_size: int = 10
    auth_pool_size: int = 5
    statement_timeout_ms: int = 15_000
    body_limit: int = 256 * 1024
    proxies: frozenset[str] = frozenset()
    """The addresses of our own proxies, whose word on where a request comes from is taken."""
    keys_folder: Path | None = None
    refusals_per_minute: int = 120
    """From one network; whoever reaches it waits before the next try."""
    mail_server: MailServer | None = None
    """Without one notices wait in the portal, and nothing is sent."""
    mail_from: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        reader = _Reader(environ)
        urls: dict[str, Any] = {login.field: environ.get(login.setting) or None for login in LOGINS}
        plain = cls(
            base_url=reader.read("PORTAL_BASE_URL", _origin, cls.base_url),
            mode=reader.read("PORTAL_MODE", Mode, cls.mode),
            today=reader.read("PORTAL_TODAY", date.fromisoformat, None),
            pool_size=reader.read("PORTAL_POOL_SIZE", _count, cls.pool_size),
            auth_pool_size=reader.read("PORTAL_AUTH_POOL_SIZE", _count, cls.auth_pool_size),
            statement_timeout_ms=reader.read(
                "PORTAL_STATEMENT_TIMEOUT_MS", _count, cls.statement_timeout_ms
            ),
            body_limit=reader.read("PORTAL_BODY_LIMIT", _count, cls.body_limit),
            proxies=reader.read("PORTAL_PROXIES", _addresses, cls.proxies),
            refusals_per_minute=reader.read(
                "PORTAL_REFUSALS_PER_MINUTE", _count, cls.refusals_per_minute
            ),
            keys_folder=reader.read("PORTAL_KEYS_FOLDER", _folder, None),
            mail_server=reader.read("PORTAL_SMTP_URL", _mail_server, None, secret=True),
            mail_from=reader.read("PORTAL_MAIL_FROM", _mail_address, ""),
        )
        settings = replace(plain, **urls)
        if settings.today and settings.mode is Mode.PRODUCTION:
            reader.refused.append("PORTAL_TODAY stops every clock and due date: unset it.")
        if reader.refused:
            raise RefusedSettings("\n".join(reader.refused))
        return settings

    @property
    def database_urls(self) -> dict[str, str | None]:
        return {login.setting: getattr(self, login.field) for login in LOGINS}

    @property
    def database(self) -> str | None:
        """The database that the first address names, without who signs in there and how."""
        for _, address in self._addresses():
            place = _host(address) or "this computer"
            return " on ".join(filter(None, (address.path.strip("/"), place)))
        return None

    def problems(self) -> list[str]:
        """One line for each missing or unsafe setting: which, and what to do."""
        found = [*self._missing(), *self._wrong_database()]
        if self.mail_server and not self.mail_from:
            found.append(
                "PORTAL_MAIL_FROM is not set: name the address that e-mails come from, such as"
                " portal@example.org."
            )
        if self.mode is Mode.PRODUCTION:
            found += self._unsafe_in_production()
        elif urlsplit(self.base_url).hostname not in LOCAL_HOSTS:
            found.append(
                f"PORTAL_MODE is demo, which is for this computer alone, and PORTAL_BASE_URL is"
                f" {self.base_url}: set PORTAL_MODE to production."
            )
        return found

    def _missing(self) -> Iterator[str]:
        for name, url in self.database_urls.items():
            if not url:
                yield f"{name} is not set: set it to the address for {BY_SETTING[name].needed_by}."
        if not self.keys_folder:
            yield "PORTAL_KEYS_FOLDER is not set: name the folder of `portal key make`."

    def _wrong_database(self) -> Iterator[str]:
        users: dict[str, str] = {}
        places: set[tuple[str, str]] = set()
        for name, address in self._addresses():
            if address.scheme not in {"postgresql", "postgres"}:
                yield f"{name} starts with {address.scheme}: write it as postgresql://..."
                continue
            user = _user(address)
            if not user:
                yield f"{name} names no user: add the login role, as deploy/README.md lists them."
            elif user in users:
                yield f"{name} signs in as {user}, as {users[user]} does: give each its own role."
            users.setdefault(user, name)
            places.add((_host(address), address.path))
        if len(places) > 1:
            yield "The PORTAL_*_DATABASE_URL name different databases: point all at one."

    def _unsafe_in_production(self) -> Iterator[str]:
        if not self.base_url.startswith("https://"):
            yield f"PORTAL_BASE_URL is {self.base_url}: set it to the public https:// address."
        if not self.proxies:
            yield (
                "PORTAL_PROXIES is not set: name the address of the proxy that ends TLS, such as"
                " 127.0.0.1, or all visitors count as one when somebody guesses."
            )
        for name, address in self._addresses():
            if _user(address) == "postgres":
                yield f"{name} signs in as a superuser, whom no row rule binds: use its own role."
            if _plain(address):
                yield f"{name} crosses the network unchecked: add sslmode=verify-full."

    def _addresses(self) -> Iterator[tuple[str, SplitResult]]:
        for name, url in self.database_urls.items():
            if url:
                yield name, urlsplit(url)


class _Reader:
    """Reads all variables before it complains, so that an operator mends them in one go."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.refused: list[str] = []

    def read(self, name: str, parse: Callable[[str], T], default: T, *, secret: bool = False) -> T:
        text = self.environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as problem:
            shown = "" if secret else f"={text}"
            self.refused.append(f"{name}{shown}: {EXPECTED.get(name, problem)}")
            return default


EXPECTED = {
    "PORTAL_MODE": "write demo or production.",
    "PORTAL_TODAY": "write a date such as 2026-11-22.",
    "PORTAL_SMTP_URL": "write it as smtps://user:password@mail.example.org, or smtp:// for"
    " STARTTLS; user and password percent-encoded, or none.",
    "PORTAL_MAIL_FROM": "write an address such as portal@example.org.",
    "PORTAL_PROXIES": "write IP addresses with commas between them, such as 127.0.0.1.",
}


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ValueError("write a whole number above zero.")
    return int(text)


def _folder(text: str) -> Path:
    if not Path(text).is_absolute():
        raise ValueError("write it from the root, such as /etc/vawg-portal/keys.")
    return Path(text)


def _addresses(text: str) -> frozenset[str]:
    return frozenset(str(ip_address(each.strip())) for each in text.split(","))


def _mail_server(text: str) -> MailServer:
    url = urlsplit(text)
    if url.scheme not in {"smtp", "smtps"} or not url.hostname or url.path.strip("/") or url.query:
        raise ValueError(text)
    tls = url.scheme == "smtps"
    port = url.port or (465 if tls else 587)
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return MailServer(url.hostname, port, tls, user, password)


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+", text, re.ASCII) or len(text) > 254:
        raise ValueError(text)
    return text


def _origin(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.netloc or "@" in url.netloc:
        raise ValueError("write it as https://portal.example.org")
    if url.path.strip("/") or url.query or url.fragment:
        raise ValueError("leave out everything after the host and port.")
    return f"{url.scheme}://{url.netloc.lower()}"


def _option(address: SplitResult, name: str) -> str:
    return parse_qs(address.query).get(name, [""])[-1]


def _user(address: SplitResult) -> str:
    return _option(address, "user") or address.username or ""


def _host(address: SplitResult) -> str:
    return _option(address, "host") or address.netloc.rpartition("@")[2]


def _plain(address: SplitResult) -> bool:
    """Over the network, and nobody checks who answers."""
    host = _option(address, "host") or address.hostname or ""
    local = not host or host.startswith("/") or host in LOCAL_HOSTS
    return not local and _option(address, "sslmode") not in SAFE_TLS
