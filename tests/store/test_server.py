"""The embedded server lives and dies with the program that started it, and loses nothing."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from portal.store.cluster import Cluster, home
from portal.store.runner import Runner
from portal.store.server import Server, ServerProblem, at_work, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


def test_a_first_start_answers_and_leaves_nothing_when_it_ends(ask):
    with running(name="first", durable=False, fresh=True) as server:
        assert ask(server.dsn("portal_runtime"), "SELECT 1") == 1
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
    assert not Path(f"/proc/{server.pid}").exists()
    assert not list(home().glob(f"{server.data.name}*"))


def test_a_second_start_is_warm_and_keeps_what_was_written(kept, ask):
    with running(name=kept) as server:
        born = (server.data / "PG_VERSION").stat().st_ino
        ask(server.dsn("portal_owner"), "CREATE TABLE kept AS SELECT 'safer streets' AS title")
    with running(name=kept) as again:
        assert (again.data / "PG_VERSION").stat().st_ino == born
        assert ask(again.dsn("portal_owner"), "SELECT title FROM kept") == "safer streets"


async def test_it_can_be_started_while_an_event_loop_runs(kept):
    with running(name=kept) as server:
        connection = await asyncpg.connect(server.dsn("portal_auth"))
        assert await connection.fetchval("SELECT current_user::text") == "portal_auth"
        await connection.close()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_program_takes_its_server_along(kept, hold, end):
    holder = hold(kept)
    holder.end(end)
    assert holder.leaves_nothing()


def test_a_program_that_ends_normally_leaves_no_socket_folder(kept, hold):
    holder = hold(kept)
    holder.process.communicate("", timeout=20)
    assert holder.process.returncode == 0
    assert not holder.socket.exists()


def test_ctrl_c_reaches_the_program_which_stops_its_server_in_order(kept, hold):
    holder = hold(kept)
    assert os.getpgid(holder.pid) != os.getpgid(holder.process.pid)
    os.killpg(holder.process.pid, signal.SIGINT)
    holder.process.wait(20)
    assert holder.leaves_nothing()
    log = Cluster(holder.data).log.read_text()
    assert "database system is shut down" in log
    assert "terminated by signal" not in log


def test_the_next_start_waits_for_the_server_of_a_program_just_killed(kept, hold, ask):
    holder = hold(kept)
    holder.process.kill()
    with running(name=kept) as server:
        assert ask(server.dsn("portal_runtime"), "SELECT 1") == 1


def test_a_second_starter_is_told_who_holds_the_server(kept, hold):
    holder = hold(kept)
    with pytest.raises(ServerProblem, match=f"process {holder.process.pid}"), running(name=kept):
        pass
    found = at_work(kept)
    assert found is not None
    assert (found.pid, found.socket) == (holder.pid, holder.socket)


def test_of_two_starters_at_once_one_wins_and_one_is_told(kept, begin):
    cold = f"{kept}-cold"
    both = [begin(cold), begin(cold)]
    limit = time.monotonic() + 30
    while time.monotonic() < limit and all(starter.poll() is None for starter in both):
        time.sleep(0.02)
    loser, winner = sorted(both, key=lambda starter: starter.poll() is None)
    assert "refused" in loser.communicate(timeout=5)[1]
    assert winner.stdout.readline().split()[0].isdigit()


def test_a_first_start_that_was_killed_half_way_is_begun_anew(kept, begin, hold):
    half = f"{kept}-half"
    first = begin(half)
    while not (busy := list(home().glob(f"{half}-*.new*/base"))):
        assert first.poll() is None
        time.sleep(0.005)
    first.kill()
    for _ in range(2):  # the first one's initdb may be busy for a moment longer
        start = hold(half)
        start.end(signal.SIGTERM)
        assert start.leaves_nothing()
    assert not busy[0].parent.exists()


def test_fresh_servers_of_one_name_do_not_meet(hold):
    first, second = hold("meet", "fresh"), hold("meet", "fresh")
    assert first.data != second.data


def test_what_a_killed_test_run_left_is_swept_by_the_next(hold):
    left = hold("swept", "fresh")
    left.end(signal.SIGKILL)
    with running(name="swept", durable=False, fresh=True):
        assert not left.data.exists()


KILLED = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


async def _write_until_killed(server: Server, first: int, seconds: float) -> list[int]:
    """Four people write at once; whoever got an answer may rely on it."""
    answered: list[int] = []

    async def person(number: int) -> None:
        connection = await asyncpg.connect(server.dsn("portal_owner"))
        with suppress(*KILLED):
            while True:
                number += 4
                await connection.execute("INSERT INTO written VALUES ($1)", number)
                answered.append(number)

    loop = asyncio.get_running_loop()
    loop.call_later(seconds, os.kill, server.pid, signal.SIGKILL)
    await asyncio.gather(*(person(first + offset) for offset in range(4)))
    return answered


def test_kill_9_of_postgresql_under_writes_loses_nothing_that_was_answered(kept, ask):
    answered: list[int] = []
    for number in range(4):
        with running(name=kept) as server:
            owner = server.dsn("portal_owner")
            ask(owner, "CREATE TABLE IF NOT EXISTS written (number int PRIMARY KEY)")
            assert set(answered) <= set(ask(owner, "SELECT array_agg(number) FROM written") or [])
            with ThreadPoolExecutor(1) as thread:
                writing = _write_until_killed(server, number * 1_000_000, 0.1 + 0.07 * number)
                answered += thread.submit(asyncio.run, writing).result()
        assert (server.data / "postmaster.pid").exists()
    assert len(answered) > 20


def test_a_left_pid_file_whose_number_is_now_somebody_elses_is_no_obstacle(kept, ask):
    with running(name=kept) as server:
        left = (server.data / "postmaster.pid").read_text()
    runner = Runner.here()
    stranger = subprocess.Popen(["/bin/sleep", "60"], user=runner.uid)
    try:
        (server.data / "postmaster.pid").write_text(
            left.replace(str(server.pid), str(stranger.pid))
        )
        with running(name=kept) as again:
            assert ask(again.dsn("portal_runtime"), "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_long_path_to_the_data_moves_the_socket_to_the_temporary_folder(ask):
    with running(name="n" * 90, durable=False, fresh=True) as server:
        assert server.socket.parent == Path(tempfile.gettempdir())
        assert ask(server.dsn("portal_runtime"), "SELECT 1") == 1
    assert not server.socket.exists()


def test_a_socket_path_that_fits_nowhere_names_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("t" * 90)))
    with (
        pytest.raises(ServerProblem, match="TMPDIR"),
        running(name="n" * 90, durable=False, fresh=True),
    ):
        pass


def test_another_thread_may_not_start_it():
    refused: list[ServerProblem] = []

    def start() -> None:
        try:
            with running(name="thread", durable=False, fresh=True):
                pass
        except ServerProblem as problem:
            refused.append(problem)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(refused[0])


def test_a_folder_with_something_else_in_it_is_not_touched():
    data = home() / f"photos{os.getpid()}"
    data.mkdir(parents=True)
    (data / "holiday.jpg").touch()
    try:
        with pytest.raises(ServerProblem, match="neither empty nor a database"), running(data):
            pass
        assert (data / "holiday.jpg").exists()
    finally:
        (data / "holiday.jpg").unlink()
        data.rmdir()
        Cluster(data).lock.unlink()
