"""The portal's clock: one for the API and the operator's commands."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Clock:
    """Now; on a fixed day at the time of day it really is, where the settings fix one."""

    today: date | None = None

    def now(self) -> datetime:
        """An instant in UTC."""
        real = datetime.now(UTC)
        if self.today is None:
            return real
        here = real.astimezone(LONDON)
        return datetime.combine(self.today, here.time(), LONDON).astimezone(UTC)
