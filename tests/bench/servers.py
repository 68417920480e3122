"""Starting what is measured, and measuring one against another in turns."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

HERE = Path(__file__).parent
Request = tuple
"""Path, body, and headers if it needs any: see load.py."""
Requests = Mapping[str, Sequence[Request]]
"""What to ask of each server, by its name."""


@dataclass(frozen=True)
class Serving:
    """A server that is up."""

    name: str
    port: int
    pid: int

    def load(self, requests: Sequence[Request], clients: int, limit: str) -> dict:
        """What the load generator measures on it."""
        command = [sys.executable, str(HERE / "load.py"), str(self.port), str(clients), limit]
        told = json.dumps(list(requests))
        done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(f"{self.name}: {done.stderr}")
        return json.loads(done.stdout)

    @property
    def address(self) -> str:
        """Under which it knows itself."""
        return f"http://localhost:{self.port}"

    def beside(self, reads: Sequence[Request], others: Sequence[Request], at_once: int) -> float:
        """How much longer one in twenty reads takes while the others are answered."""
        half = len(reads) // 2
        alone = self.load(reads[:half], 1, f"{half}x")
        told = json.dumps({"reads": reads[half:], "others": list(others)})
        command = [sys.executable, str(HERE / "beside.py"), str(self.port), str(at_once)]
        done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(f"{self.name}: {done.stderr}")
        return json.loads(done.stdout)["p95"] / alone["p95"]

    def ask(self, request: Request) -> list:
        """One answer's data, with its keys in their order."""
        path, body, *headers = request
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        told = {"content-type": "application/json", **dict(*headers)}
        connection.request("POST", path, json.dumps(body), told)
        answer = json.loads(connection.getresponse().read(), object_pairs_hook=Pairs)
        connection.close()
        found = dict(answer)
        if found.get("errors") or not found.get("data"):
            sys.exit(f"{self.name} answers {json.dumps(found)[:2000]}")
        return found["data"]

    def resident(self) -> int:
        """Its resident memory in bytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Pairs(list):
    """An object's keys and values, in the order in which they came."""


@contextmanager
def serving(
    name: str, environ: Mapping[str, str], command: Sequence[str] = ()
) -> Iterator[Serving]:
    """A server on that database, until the end."""
    command = command or [sys.executable, str(HERE / "serving.py"), name]
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            command,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        try:
            port = process.stdout.readline()
            if not port:
                said.seek(0)
                sys.exit(f"{name} did not start:\n{said.read()[-2000:]}")
            yield Serving(name, int(port), process.pid)
        finally:
            process.terminate()
            process.wait()


@dataclass(frozen=True)
class Turn:
    """What one turn measured, as ratios of ours to the rival's."""

    rate: float
    p50: float


@dataclass(frozen=True)
class Pace:
    """How long to measure."""

    rounds: int
    seconds: float


def in_turns(ours: Serving, rival: Serving, requests: Requests, clients: int, pace: Pace) -> Turn:
    """The medians of the rounds' ratios: both are measured in each round, so noise hits both."""
    turns = []
    for at in range(pace.rounds):
        pair = [ours, rival] if at % 2 else [rival, ours]
        limit = str(pace.seconds)
        found = {each.name: each.load(requests[each.name], clients, limit) for each in pair}
        mine, theirs = found[ours.name], found[rival.name]
        turns.append(Turn(mine["rate"] / theirs["rate"], mine["p50"] / theirs["p50"]))
    return Turn(median(t.rate for t in turns), median(t.p50 for t in turns))
