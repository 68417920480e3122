"""What was reached: a table to read, and .portal/bench.json to keep."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

KEPT = Path(__file__).parents[2] / ".portal" / "bench.json"


@dataclass(frozen=True)
class Result:
    """A ratio beside the bar it is held to."""

    name: str
    against: str
    ratio: float
    bar: float
    holds: bool


def at_least(bar: float, name: str, against: str, ratio: float) -> Result:
    """More is better."""
    return Result(name, against, round(ratio, 3), bar, ratio >= bar)


def at_most(bar: float, name: str, against: str, ratio: float) -> Result:
    """Less is better."""
    return Result(name, against, round(ratio, 3), bar, ratio <= bar)


def keep(results: Iterable[Result]) -> None:
    """Beside those of other benchmarks, in place of an earlier run's."""
    known = json.loads(KEPT.read_text()) if KEPT.exists() else []
    merged = {(row["name"], row["against"]): row for row in known}
    merged |= {(r.name, r.against): asdict(r) for r in results}
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps(list(merged.values()), indent=2) + "\n")


def line(result: Result) -> str:
    """One line of the table."""
    told = "holds" if result.holds else "FALLS SHORT"
    return f"{result.name:<38} {result.against:<26} {result.ratio:>8.2f} {result.bar:>8.2f}  {told}"


HEADER = f"{'measured':<38} {'against':<26} {'ratio':>8} {'bar':>8}"
