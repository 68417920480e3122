"""`poe bench [NAME]...`: the benchmarks. Every number is a ratio of two measured in one run."""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # what it shares with the tests

from benchmarks import ALL
from ground import Ground
from results import HEADER, Result, keep, line
from seeded import bench_server
from servers import Pace


def arguments() -> argparse.Namespace:
    """What to run, and for how long."""
    parser = argparse.ArgumentParser(
        prog="poe bench",
        description="Measures the portal and writes the ratios to .portal/bench.json.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:<12} {each.__doc__}" for name, each in ALL.items()),
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones; all if none is named")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each comparison")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each side of a turn")
    given = parser.parse_args()
    if unknown := set(given.names) - set(ALL):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: see --help")
    return given


def main() -> None:
    """Run them one by one; a bar that is not reached is told, and is not an error."""
    given = arguments()
    sys.stdout.write(f"{HEADER}\n")
    with bench_server() as server:
        ground = Ground(server, Pace(given.rounds, given.seconds))
        for name in given.names or ALL:
            found: list[Result] = []
            for result in ALL[name](ground):
                found.append(result)
                sys.stdout.write(f"{line(result)}\n")
                sys.stdout.flush()
            keep(found)


if __name__ == "__main__":
    main()
