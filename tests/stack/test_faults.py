"""Processes, servers and connections that die or hang: afterwards bronze has each record of the topic once.
verify_bronze.py is the judge."""

import re
import signal
import struct
import time

QUICK = {"INGOT_KAFKA_SESSION_TIMEOUT_MS": "6000", "INGOT_KAFKA_HEARTBEAT_INTERVAL_MS": "1000"}


def through(proxy, house) -> str:
    """Returns the catalog behind the proxy, unencrypted, so that the proxy can find the bytes to drop."""
    uri = house.variables["INGOT_CATALOG"].replace(house.postgres.address, f"127.0.0.1:{proxy.port}")
    return uri if "?" in uri else uri + "?sslmode=disable"


def fault_points(house) -> list[str]:
    """Returns every fault point of a run, from the run itself: "name:hit"."""
    house.generate(200)
    trace = house.ingot("run", env={"INGOT_FAULT_TRACE": "1"}).stderr
    names = re.findall(r"^fault point (\S+)", trace, re.M)
    return [f"{name}:{names[:i + 1].count(name)}" for i, name in enumerate(names)]


def test_kill_at_every_step(house):
    """Goal: kill -9 at any step of any commit loses and duplicates nothing.
    Method: each step in turn, verified after each."""
    fault_points(house)
    points = fault_points(house)  # an existing warehouse no longer passes the points of table creation
    assert {"bronze.after_data_files:1", "bronze.after_commit:1", "commit.before_swap:1"} <= set(points)
    for point in points:
        house.generate(100)
        killed = house.ingot("run", check=False, env={"INGOT_FAULT": point})
        assert killed.returncode == -signal.SIGKILL, point
        house.run()
        house.verify()
    house.verify_all_layers()


def test_workers_killed_in_a_loop(house):
    """Goal: a followed topic stays complete while workers are killed at random times.
    Method: ten kills under a steady stream."""
    house.make_topic(4)
    for round_number in range(6):
        worker = house.worker(env=QUICK)
        house.generate(2000, "--rate", 4000)
        # At another point of its work each time.
        moment = 0.1 + 0.05 * round_number
        house.wait_for(lambda: worker.processor_seconds() >= moment or house.bronze_rows() >= 2000 * (round_number + 1))
        worker.kill()
    house.run()
    assert house.verify_all_layers()["topic"] == 12_000


def test_two_workers_rebalance(house):
    """Goal: workers share partitions, join and leave, and nothing is lost or duplicated.
    Method: join, stop, join again."""
    house.make_topic(4)
    first = house.worker(env=QUICK)
    house.generate(4000, "--rate", 4000)
    second = house.worker(env=QUICK)
    house.generate(4000, "--rate", 2000)
    assert first.stop() == 0
    house.generate(4000, "--rate", 4000)
    house.wait_for(lambda: house.bronze_rows() == 12_000)
    assert second.stop() == 0
    house.run()
    assert house.verify_all_layers()["topic"] == 12_000


def test_four_workers(house):
    """Goal: more workers, one of them killed. Method: four on eight partitions."""
    house.make_topic(8)
    workers = [house.worker(env=QUICK) for _ in range(4)]
    house.generate(8000, "--rate", 2000)
    workers[1].kill()
    house.generate(4000, "--rate", 2000)
    house.wait_for(lambda: house.bronze_rows() == 12_000)
    for index in (0, 2, 3):
        assert workers[index].stop() == 0, workers[index].text()[-2000:]
    house.run()
    assert house.verify_all_layers()["topic"] == 12_000


def test_zombie(house):
    """Goal: a worker that was suspended while another took over loses its commit.
    Method: SIGSTOP before the commit."""
    house.make_topic(2)
    house.generate(1000)
    zombie = house.worker(env=QUICK | {"INGOT_FAULT": "bronze.after_data_files:1=stop"})
    house.wait_for(lambda: f"State:\tT" in open(f"/proc/{zombie.process.pid}/status").read())
    house.generate(1000)
    other = house.worker(env=QUICK)
    house.wait_for(lambda: house.bronze_rows() == 2000)
    zombie.send(signal.SIGCONT)
    house.generate(1000)
    house.wait_for(lambda: house.bronze_rows() == 3000)
    house.wait_for(lambda: "rereading from the position of the table" in zombie.text() or "retrying" in zombie.text())
    for worker in (zombie, other):
        assert worker.stop() == 0, worker.text()[-2000:]
    assert house.verify_all_layers()["topic"] == 3000


def test_first_commit_fails(house):
    """Goal: records whose commit failed are read again, even when the table has no offset of their partition yet.
    Method: a follower whose first commit fails, and one whose later commit fails."""
    house.make_topic(2)
    house.generate(1000)
    worker = house.worker(env={"INGOT_FAULT": "bronze.after_data_files:1=fail"})
    house.wait_for(lambda: house.bronze_rows() == 1000)
    assert "injected fault" in worker.text()
    assert worker.stop() == 0
    house.generate(1000)
    worker = house.worker(env={"INGOT_FAULT": "bronze.after_data_files:2=fail"})
    house.wait_for(lambda: house.bronze_rows() == 2000)
    house.generate(1000)
    house.wait_for(lambda: house.bronze_rows() == 3000)
    assert "injected fault" in worker.text() and worker.stop() == 0
    assert house.verify_all_layers()["topic"] == 3000


def test_waiting_for_a_broker_is_idle(house):
    """Goal: waiting for a broker uses almost no CPU.
    Method: a broker that stops and restarts under a follower, which reports that it waits."""
    house.make_topic(2)
    worker = house.worker()
    house.generate(2000)
    house.wait_for(lambda: house.bronze_rows() == 2000)
    house.kafka.stop()
    gone_at, before = time.monotonic(), worker.processor_seconds()
    house.wait_for(lambda: "waiting for Kafka at" in worker.text())
    assert worker.processor_seconds() - before <= 1 + (time.monotonic() - gone_at) / 10
    house.kafka.start()
    house.generate(2000)
    house.wait_for(lambda: house.bronze_rows() == 4000)
    assert worker.stop() == 0
    assert house.verify_all_layers()["topic"] == 4000


def test_no_broker_is_named(house, proxy_to):
    """Goal: a cluster that shuts down briefly answers that it has no brokers. A follower that asks then finds it
    again.
    Method: Kafka advertises a proxy, which removes the broker from its answers (Metadata 9 and later)."""
    house.make_topic(2)
    proxy = proxy_to(house.kafka.port)
    address = b"127.0.0.1" + struct.pack(">i", house.kafka.port)
    one_broker = b"\x02" + struct.pack(">i", 1) + b"\x0a" + address + b"\x00\x00"  # count + 1, id, address, no rack, no tags
    unnamed = []

    def lead_here(piece: bytes) -> bytes:
        return piece.replace(address, b"127.0.0.1" + struct.pack(">i", proxy.port))

    def name_none(piece: bytes) -> bytes:
        if one_broker not in piece or int.from_bytes(piece[:4]) != len(piece) - 4:
            return lead_here(piece)
        unnamed.append(time.monotonic())
        body = piece[4:].replace(one_broker, b"\x01", 1)
        return struct.pack(">i", len(body)) + body

    proxy.edit = lead_here
    worker = house.worker(env={"KAFKA_BROKER": f"127.0.0.1:{proxy.port}", "INGOT_KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS": "1000"})
    house.generate(1000)
    house.wait_for(lambda: house.bronze_rows() == 1000)
    proxy.edit = name_none
    house.wait_for(lambda: len(unnamed) >= 3)
    proxy.edit = lead_here
    proxy.cut()
    house.generate(1000)
    house.wait_for(lambda: house.bronze_rows() == 2000)
    assert worker.stop() == 0
    assert house.verify_all_layers()["topic"] == 2000


def test_answer_lost_after_the_commit(house, proxy_to):
    """Goal: a commit that the catalog made and whose answer was lost counts once.
    Method: the proxy cuts at the swap."""
    house.generate(500)
    house.run()
    proxy = proxy_to(house.postgres.port)
    direct = house.variables["INGOT_CATALOG"]
    for cut in range(5):
        house.variables["INGOT_CATALOG"] = through(proxy, house)
        house.generate(500)
        proxy.dropped, proxy.drops_max, proxy.drop_answer_after = 0, cut + 1, b".metadata.json"
        house.run()
        assert proxy.dropped == cut + 1
        proxy.drop_answer_after = None
        house.variables["INGOT_CATALOG"] = direct
        house.verify()
    assert house.verify_all_layers()["topic"] == 3000


def test_connections_cut(house, proxy_to):
    """Goal: broken catalog connections are reopened at any time. Method: a proxy that cuts while a follower works."""
    house.make_topic(2)
    proxy = proxy_to(house.postgres.port)
    direct = house.variables["INGOT_CATALOG"]
    house.variables["INGOT_CATALOG"] = through(proxy, house)
    worker = house.worker()
    for _ in range(10):
        house.generate(300)
        house.wait_for(proxy.connections)
        proxy.cut()
    house.variables["INGOT_CATALOG"] = direct
    house.wait_for(lambda: house.bronze_rows() == 3000)
    assert worker.stop() == 0, worker.text()[-2000:]
    assert house.verify_all_layers()["topic"] == 3000


def test_storage_throttles_and_is_slow(house, proxy_to):
    """Goal: 503 Slow Down is retried, slow answers are waited for. Method: a proxy that injects both."""
    proxy = proxy_to(house.minio.port)
    house.generate(1000)
    house.variables["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.port}"
    for _ in range(3):
        proxy.answer_503 = 6
        house.run()
        assert proxy.answer_503 == 0
        house.generate(500)
    proxy.delay = 0.02
    house.run()
    proxy.delay = 0
    assert house.verify_all_layers()["topic"] == 2500


def test_expiry_and_other_writers_between_runs(house):
    """Goal: expired snapshots and commits of another engine do not hide the offsets. Method: PyIceberg does both."""
    house.generate(1000)
    house.run()
    for _ in range(3):
        table = house.pyiceberg()
        foreign = table.scan(limit=3).to_arrow()
        foreign = foreign.set_column(foreign.schema.get_field_index("_source"), "_source",
                                     [["another"] * foreign.num_rows])
        table.append(foreign.cast(table.schema().as_arrow()))
        house.run()
        table.refresh()
        for snapshot in table.metadata.snapshots:
            if snapshot.snapshot_id != table.metadata.current_snapshot_id:
                table.maintenance.expire_snapshots().by_id(snapshot.snapshot_id).commit()
        house.generate(1000)
        assert house.run()["bronze"]["rows_in"] == 1000
    house.verify()
    assert house.query("SELECT count(*) AS n FROM bronze.speedtest_raw WHERE _source = 'another'")[0]["n"] in (9, "9")
