"""A follower survives an outage of each of its servers, for minutes in the middle of a step, and reports what it waits
for."""

import concurrent.futures
import datetime
import os
import pathlib
import re
import signal
import time
import uuid

import pytest
from conftest import Lakehouse
from servers import Kafka, Minio, Postgres, Rest, free_port

AWAY_SECONDS = float(os.environ.get("OUTAGE_SECONDS", 180))
SHORT_SECONDS = 2
SERVERS = ("minio", "postgres", "rest", "kafka")
NAMES = {"minio": "S3 at ", "postgres": "the catalog at postgresql://", "rest": "the catalog at http://", "kafka": "Kafka at "}
# The step of the follower when its server stops: between any two writes of the three stages.
STEPS = ("bronze.after_data_files", "commit.after_manifests", "commit.before_swap:2", "bronze.after_commit", "silver.after_files",
         "silver.between_commits", "gold.computed", "gold.after_files")


# A process that a thread starts ends with the thread. These threads stay.
POOL = concurrent.futures.ThreadPoolExecutor(len(SERVERS))


def at_each_server(one) -> None:
    for done in [POOL.submit(one, kind) for kind in SERVERS]:
        done.result()


def family(pid: int) -> list[int]:
    """Returns the process and all below it: PostgreSQL's have their own sessions."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def signal_all(server, number: int) -> None:
    for pid in family(server.process.pid):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def take_away(server, how: str) -> None:
    server.kill() if how == "refuses" else signal_all(server, signal.SIGSTOP)


def bring_back(server, how: str) -> None:
    server.start() if how == "refuses" else signal_all(server, signal.SIGCONT)


@pytest.fixture(scope="module")
def own_servers(folder):
    """Starts servers that no other test uses."""
    place = folder / "outages"
    servers = {"minio": Minio(place / "minio", free_port()), "postgres": Postgres(place / "postgres", free_port()),
               "kafka": Kafka(place / "kafka", free_port())}
    list(POOL.map(lambda server: server.start(), servers.values()))
    yield servers
    stop(servers.values())


@pytest.fixture
def victims(folder, own_servers):
    """Returns one server of each kind. A REST catalog has the same tables for all clients, so each test has its
    own."""
    rest = Rest(folder / f"rest-{uuid.uuid4().hex[:6]}", free_port())
    POOL.submit(rest.start).result()
    yield own_servers | {"rest": rest}
    stop([rest])


def stop(servers) -> None:
    for server in servers:
        if server.process is not None:
            signal_all(server, signal.SIGCONT)
        server.stop()


@pytest.fixture
def houses(request, folder, victims, kafka, postgres, minio):
    """Maps each kind of server to a house that uses the victim of that kind."""
    shared = {"kafka": kafka, "postgres": postgres, "minio": minio}
    made = {kind: Lakehouse(folder, **(shared | ({kind: victims[kind]} if kind in shared else {}))) for kind in SERVERS}
    made["rest"].variables |= {"INGOT_CATALOG": victims["rest"].uri, "INGOT_WAREHOUSE": "", "INGOT_CATALOG_CREDENTIAL": "ingot:secret"}
    for house in made.values():
        house.make_topic(2)
    yield made
    for house in made.values():
        if getattr(request.node, "failed", False):
            for worker in house.workers:
                print(f"--- {house.topic} {worker.log.name}\n{worker.text()[-3000:]}")
        house.close()


def stands(worker) -> bool:
    return "State:\tT" in pathlib.Path(f"/proc/{worker.process.pid}/status").read_text()


def outage(house, server, how: str, step: str, seconds: float, records: int):
    """Stops the server while the follower is in the middle of the step; records arrive meanwhile. Returns the
    follower."""
    hit = step if ":" in step else step + ":1"
    house.generate(records)
    # Its own group: a suspended member would delay those of the other houses.
    worker = house.worker("--group", house.topic, env={"INGOT_FAULT": hit + "=stop"})
    house.wait_for(lambda: stands(worker))
    take_away(server, how)
    worker.send(signal.SIGCONT)
    back_at = time.monotonic() + seconds
    while (left := back_at - time.monotonic()) > 0:
        assert worker.process.poll() is None, "the follower ended:\n" + worker.text()[-3000:]
        if server is not house.kafka:
            house.generate(records)
        time.sleep(min(left, 10))  # the outage itself, not a wait for a condition
    bring_back(server, how)
    return worker


def arrived(house, worker) -> None:
    """Waits until every record of the topic is in bronze, then stops the follower."""
    house.generate(100)
    offsets = house.end_offsets()
    house.wait_for(lambda: house.bronze_rows() == offsets)
    assert worker.stop() == 0, worker.text()[-3000:]


def verified(house) -> None:
    """Asserts that every record of the topic is in each layer once."""
    house.run()
    assert house.verify_all_layers()["topic"] == house.end_offsets()


def at(line: dict) -> float:
    return datetime.datetime.fromisoformat(line["time"]).timestamp()


@pytest.mark.parametrize("how", ["refuses", "hangs"])
def test_away_for_minutes(houses, victims, how):
    """Goal: S3, PostgreSQL, REST catalog and broker may each be unavailable for three minutes in the middle of a step.
    The log reports it about once a minute, and when it ends.
    Method: each stops under its own follower, all at once; the verifier."""
    steps = {"minio": "bronze.after_data_files", "postgres": "commit.before_swap:2", "rest": "silver.after_files", "kafka": "gold.computed"}

    def one(kind):
        house = houses[kind]
        worker = outage(house, victims[kind], how, steps[kind], AWAY_SECONDS, 200)
        house.wait_for(lambda: re.search(f"no longer waiting for {NAMES[kind]}.*since .* UTC", worker.text()))
        arrived(house, worker)
        verified(house)
        words = [at(line) for line in worker.lines() if line.get("message", "").startswith("waiting for " + NAMES[kind])]
        assert len(words) >= AWAY_SECONDS // 60 - 1, worker.text()[-3000:]
        assert all(50 < later - earlier < 100 for earlier, later in zip(words, words[1:])), words

    at_each_server(one)


def test_away_in_every_step(houses, victims):
    """Goal: an outage in any step loses and duplicates nothing.
    Method: short outages at each step, with connections refused and unanswered in turn; the verifier at the end."""

    def one(kind):
        for number, step in enumerate(STEPS):
            worker = outage(houses[kind], victims[kind], ("refuses", "hangs")[number % 2], step, SHORT_SECONDS, 100)
            arrived(houses[kind], worker)
        verified(houses[kind])

    at_each_server(one)
