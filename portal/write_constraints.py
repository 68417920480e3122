"""Writes the versions of what our dependencies need into pyproject.toml: `poe lock`.

uv.lock is not committed, since it names the hosts that packages come from. With these constraints
a clean clone resolves to the same versions all the same.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

PYPROJECT, LOCK = Path("pyproject.toml"), Path("uv.lock")
CONSTRAINTS = re.compile(r"^constraint-dependencies = \[.*?\]\n", re.DOTALL | re.MULTILINE)
TABLE = "[tool.uv]\n"
NAME = re.compile(r"[a-z0-9-]+")


def main() -> None:
    """Keep the versions of before where they still fit; with --upgrade take the newest."""
    text = PYPROJECT.read_text()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        # Without the constraints of before: a dependency that was changed may need others.
        (here / PYPROJECT).write_text(CONSTRAINTS.sub("", text))
        if LOCK.exists():
            (here / LOCK).write_bytes(LOCK.read_bytes())
        _uv("lock", *sys.argv[1:], at=here)
        listed = _uv("export", "--frozen", "--all-groups", "--no-emit-project", "--no-hashes",
                     "--no-annotate", "--no-header", at=here)  # fmt: skip
    PYPROJECT.write_text(constrained(text, further(listed, direct(text))))
    _uv("lock", at=Path())


def direct(text: str) -> set[str]:
    """What pyproject.toml pins itself."""
    declared = tomllib.loads(text)
    groups = [declared["project"]["dependencies"], *declared["dependency-groups"].values()]
    return {_name(line) for group in groups for line in group}


def further(listed: str, known: set[str]) -> list[str]:
    """What the known ones need, each at its version, by platform if that decides."""
    lines = [line for line in listed.splitlines() if "==" in line and _name(line) not in known]
    times = Counter(map(_name, lines))
    return [line if times[_name(line)] > 1 else line.partition(" ;")[0] for line in lines]


def constrained(text: str, constraints: list[str]) -> str:
    """pyproject.toml with these constraints instead of those it had."""
    block = "".join(f'    "{line}",\n' for line in constraints)
    bare = CONSTRAINTS.sub("", text)
    return bare.replace(TABLE, f"{TABLE}constraint-dependencies = [\n{block}]\n", 1)


def _name(line: str) -> str:
    found = NAME.match(line)
    return found[0] if found else ""


def _uv(*words: str, at: Path) -> str:
    ran = subprocess.run(  # noqa: S603 - the developer's own uv
        ["uv", *words],  # noqa: S607 - from the PATH, as the developer started it
        cwd=at, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if ran.returncode:
        sys.exit("uv found no versions that fit together: nothing was written.")
    return ran.stdout


if __name__ == "__main__":
    main()
