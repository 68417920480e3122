"""The database's login roles, each with its setting and its task: all else about them follows."""

from dataclasses import dataclass
from enum import StrEnum


class Power(StrEnum):
    """What a role may do that would be too much for another, as `portal check` says it."""

    SUPERUSER = "is a superuser"
    BYPASS = "passes by row-level security (BYPASSRLS)"
    OWNS = "owns tables, whose row rules it could change"
    REACHES = "reaches the credentials (schema auth_secret)"
    ACTS = "may act as anybody (function open_command_caller)"


@dataclass(frozen=True)
class Login:
    """One role. `name` is what it is called among the engines, too."""

    name: str
    setting: str
    needed_by: str
    application: str
    """Under which its connections show in the database."""
    may: tuple[Power, ...] = ()
    """What its task needs of the powers above."""
    serves: bool = False
    """Whether `portal serve` signs in as it."""
    sees: bool = True
    """Whether it reads the tables of the schema public."""

    @property
    def role(self) -> str:
        """In PostgreSQL."""
        return f"portal_{self.name}"

    @property
    def field(self) -> str:
        """Its address among the settings."""
        return self.setting.removeprefix("PORTAL_").lower()


RUNTIME = Login("runtime", "PORTAL_DATABASE_URL", "the API", "portal-api", serves=True)
AUTH = Login(
    "auth",
    "PORTAL_AUTH_DATABASE_URL",
    "sign-in and tokens",
    "portal-auth",
    may=(Power.REACHES,),
    serves=True,
    sees=False,
)
COMMAND = Login(
    "command",
    "PORTAL_COMMAND_DATABASE_URL",
    "commands with --as",
    "portal-command",
    may=(Power.ACTS,),
)
WORKER = Login(
    "worker",
    "PORTAL_WORKER_DATABASE_URL",
    "`portal worker`, which sends what is in the outbox",
    "portal-worker",
    sees=False,
)
OWNER = Login(
    "owner",
    "PORTAL_OWNER_DATABASE_URL",
    "the operator's own commands, such as `portal migrate`",
    "portal-migrate",
    may=(Power.OWNS, Power.REACHES, Power.ACTS),
)
LOGINS = (RUNTIME, AUTH, COMMAND, WORKER, OWNER)
BY_SETTING = {login.setting: login for login in LOGINS}
