"""Every kind of Kafka record arrives in bronze unchanged, each record once. The judge is verify_bronze.py."""

import concurrent.futures
import datetime
import json
import time

import pytest
import verify_bronze
from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewPartitions


def record(i: int, **changes) -> bytes:
    return json.dumps({
        "timestamp": 1_720_000_000_000 + i * 1000, "user_id": f"00000000-0000-0000-0000-{i:012d}", "upload_speed": 10.5,
        "download_speed": 90.25, "latency": 12.0, "location": f"City {i % 7}"} | changes).encode()


def test_topic_to_gold(house):
    """Goal: Kafka to S3 and PostgreSQL, all layers, and nothing twice.
    Method: dirty records, three runs, other readers."""
    house.generate(100_000)
    first = house.run()
    assert first["bronze"]["rows_in"] == 100_000 and first["bronze"]["rows_error"] > 0
    result = house.verify_all_layers()
    assert result["topic"] == 100_000
    assert all(stage["commits"] == 0 for stage in house.run().values())
    house.generate(5_000)
    assert house.run()["bronze"]["rows_in"] == 5_000
    assert house.verify_all_layers()["topic"] == 105_000


def test_runs_beside_a_producer(house):
    """Goal: finite runs during a stream of records lose none of them. Method: many short runs under a stream."""
    house.make_topic(3)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        stream = pool.submit(house.generate, 60_000, "--rate", 15_000)
        while not stream.done():
            house.run("--stage", "bronze")
    house.run()
    assert house.verify_all_layers()["topic"] == 60_000


def test_offsets_are_queryable(house):
    """Goal: gaps and overlaps are visible in SQL.
    Method: the query of the documentation, on a table of three commits."""
    for _ in range(3):
        house.generate(1000)
        house.run("--stage", "bronze")
    rows = house.query("SELECT _source_partition, count(*) AS records, count(DISTINCT _source_offset) AS offsets,"
                       " max(_source_offset) - min(_source_offset) + 1 AS span FROM bronze.speedtest_raw GROUP BY 1 ORDER BY 1")
    ranges = house.query('SELECT partition, begin_offset, end_offset FROM bronze."speedtest_raw$offsets" ORDER BY sequence_number')
    assert sum(int(row["end_offset"]) - int(row["begin_offset"]) for row in ranges) == 3000
    text = (house.pipeline.parents[1] / "docs/exactly-once.md").read_text()
    gaps, counts, runs = text.split("```sql")[2], text.split("```sql")[1], text.split("```sql")[3]
    assert house.query(gaps.split("```")[0]) == []
    assert all(row["doubled"] == row["missing"] == 0 for row in house.query(counts.split("```")[0]))
    house.run()
    assert all(row["unaccounted"] == 0 for row in house.query(runs.split("```")[0]))
    assert sum(int(row["records"]) for row in rows) == 3000
    assert all(row["records"] == row["offsets"] == row["span"] for row in rows)


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
@pytest.mark.parametrize("by", ["producer", "broker"])
def test_codecs(house, codec, by):
    """Goal: every codec of Kafka.
    Method: another client's producer; the broker's own code, which compresses for the topic."""
    house.make_topic(2, **({"compression_type": codec.replace("none", "uncompressed")} if by == "broker" else {}))
    producer = house.producer(**({"compression_codec": codec} if by == "producer" else {}))
    for i in range(3000):
        producer.produce(house.topic, record(i))
    producer.flush()
    house.run()
    assert house.verify()["topic"] == 3000


def test_tombstones_keys_and_headers(house):
    """Goal: records without a value are kept and reported; keys and headers are kept on request.
    Method: all their forms."""
    text = house.pipeline.read_text().replace('topic: "${KAFKA_TOPIC:-speedtest_raw}"',
                                              'topic: "${KAFKA_TOPIC:-speedtest_raw}", keep: [key, headers]')
    house.pipeline = house.folder / "pipeline.yaml"
    house.pipeline.write_text(text)
    house.make_topic(1)
    producer = house.producer()
    producer.produce(house.topic, record(0), key=b"k0", headers=[("trace", b"abc"), ("raw", b"\xff\x00"), ("none", None)])
    producer.produce(house.topic, None, key=b"k1")
    producer.produce(house.topic, b"", key=None)
    producer.produce(house.topic, record(3))
    producer.flush()
    house.run()
    house.verify()
    rows = house.query("SELECT _source_offset, _key, _headers, _error, _payload IS NULL AS bare FROM bronze.speedtest_raw ORDER BY 1")
    assert json.loads(rows[0]["_headers"]) == [
        {"key": "trace", "value": "abc"}, {"key": "raw", "base64": "/wA="}, {"key": "none", "value": None}]
    assert [row["_key"] for row in rows] == ["k0", "k1", None, None]
    assert "tombstone" in rows[1]["_error"] and rows[1]["bare"] is True
    assert rows[2]["_error"] is not None and "tombstone" not in rows[2]["_error"]
    assert rows[3]["_error"] is None and rows[3]["_headers"] is None


def test_transactions(house):
    """Goal: committed transactions arrive, aborted and open ones do not.
    Method: one of each, then the open one commits."""
    house.make_topic(2)
    first = house.producer(transactional_id=house.topic + "-a")
    first.init_transactions()
    for i, outcome in enumerate(["commit", "abort", "commit", "abort"]):
        first.begin_transaction()
        for k in range(500):
            first.produce(house.topic, record(i * 1000 + k), partition=k % 2)
        first.flush()
        first.commit_transaction() if outcome == "commit" else first.abort_transaction()
    house.run()
    assert house.verify()["topic"] == 1000
    first.begin_transaction()
    for k in range(100):
        first.produce(house.topic, record(9000 + k), partition=k % 2)
    first.flush()
    house.run()
    assert house.verify()["bronze"] == 1000
    first.commit_transaction()
    house.run()
    assert house.verify()["bronze"] == 1100
    assert all(stage["commits"] == 0 for stage in house.run().values())


def test_compaction_gaps(house):
    """Goal: offsets that compaction removed are no loss and do not stop the run.
    Method: a compacted topic with few keys."""
    house.make_topic(1, cleanup_policy="compact", segment_bytes=1048576, min_cleanable_dirty_ratio=0.01,
                     segment_ms=100, max_compaction_lag_ms=100, delete_retention_ms=0)
    producer = house.producer()
    began = int(time.time() * 1000) - 3000
    for i in range(3000):
        # The length of a segment follows the times of its records.
        producer.produce(house.topic, record(i), key=str(i % 10).encode(), timestamp=began + i)
        if i % 500 == 499:
            producer.flush()
    producer.flush()

    def compacted():
        return len(verify_bronze.read_topic(house.broker, house.topic)) < 3000

    house.wait_for(compacted)
    house.run()
    assert 10 <= house.verify(compacted=True)["bronze"] < 3000
    assert all(stage["commits"] == 0 for stage in house.run().values())


def test_new_partitions_while_running(house):
    """Goal: added partitions are read from their first record. Method: a worker, then more partitions."""
    house.make_topic(1)
    worker = house.worker()
    house.generate(2000)
    house.wait_for(lambda: house.bronze_rows() == 2000)
    house.admin().create_partitions([NewPartitions(house.topic, 3)])[house.topic].result()
    house.wait_for(lambda: len(house.admin().list_topics(timeout=10).topics[house.topic].partitions) == 3)
    house.generate(3000)
    house.wait_for(lambda: house.bronze_rows() == 5000)
    assert worker.stop() == 0
    assert house.verify_all_layers()["topic"] == 5000


def test_pattern_of_topics(house):
    """Goal: one table receives all matching topics. Method: three topics, two of which match."""
    for name in ("north", "south"):
        house.make_topic(2, topic=f"{house.topic}-{name}")
        house.generate(1000, "--to", f"kafka://{house.broker}/{house.topic}-{name}")
    house.make_topic(1, topic=f"other-{house.topic}")
    house.run(env={"KAFKA_TOPIC": f"^{house.topic}-"})
    assert house.bronze_rows() == 2000
    for name in ("north", "south"):
        assert house.verify(f"{house.topic}-{name}")["bronze"] == 1000


def test_topics_into_tables_of_their_own(house):
    """Goal: {topic} in the table names gives each topic its own tables.
    Method: two topics, in one run and followed, and one that appears while they are followed."""
    text = house.pipeline.read_text()
    for layer in ("bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine", "gold.speedtest_agg"):
        text = text.replace(f"table: {layer}", f"table: {layer}_{{topic}}").replace(
            f"quarantine: {layer}", f"quarantine: {layer}_{{topic}}")
    house.pipeline = house.folder / "pipeline.yaml"
    house.pipeline.write_text(text)
    house.variables["KAFKA_TOPIC"] = f"^{house.topic}-"
    for name in ("north", "south"):
        house.make_topic(2, topic=f"{house.topic}-{name}")
        house.generate(1000, "--to", f"kafka://{house.broker}/{house.topic}-{name}")
    house.ingot("run")
    worker = house.worker()
    house.generate(500, "--to", f"kafka://{house.broker}/{house.topic}-south")
    table = f"bronze.speedtest_raw_{house.topic}_south"
    house.wait_for(lambda: int(house.query(f"SELECT count(*) AS n FROM {table}")[0]["n"]) == 1500)
    house.generate(700, "--to", f"kafka://{house.broker}/{house.topic}-late")
    late = f"gold.speedtest_agg_{house.topic}_late"
    house.wait_for(lambda: late in house.ingot("table", "list").stdout and int(
        house.query(f"SELECT coalesce(sum(tests), 0) AS n FROM {late}")[0]["n"]) > 0)
    assert worker.stop() == 0
    assert house.verify(f"{house.topic}-late", f"bronze.speedtest_raw_{house.topic}_late")["bronze"] == 700
    assert house.verify(f"{house.topic}-south", table)["bronze"] == 1500
    assert house.verify(f"{house.topic}-north", f"bronze.speedtest_raw_{house.topic}_north")["bronze"] == 1000


def test_generator_by_the_reference_names(house):
    """Goal: RECORDS_TO_GENERATE, MESSAGES_PER_SECOND, KAFKA_BROKER and KAFKA_TOPIC are honoured. Method: only those."""
    begun = time.monotonic()
    house.ingot("generate", env={"RECORDS_TO_GENERATE": "600", "MESSAGES_PER_SECOND": "300"})
    assert time.monotonic() - begun > 1.5
    house.run()
    assert house.verify()["topic"] == 600


def test_topic_recreated(house):
    """Goal: another topic of the same name stops the run with a choice; the choice is recorded.
    Method: delete, create."""
    house.generate(1000)
    house.run()
    house.admin().delete_topics([house.topic])[house.topic].result()
    house.wait_for(lambda: house.topic not in house.admin().list_topics(timeout=10).topics)
    anew = datetime.datetime.now(datetime.UTC).isoformat()
    house.generate(2000)
    rejected = house.ingot("run", check=False)
    assert rejected.returncode == 1 and "recreated" in rejected.stderr and "--on-reset earliest" in rejected.stderr
    house.run("--on-reset", "earliest")
    assert house.bronze_rows() == 3000
    assert house.verify(since=anew)["bronze"] == 2000
    history = house.ingot("table", "show", "bronze.speedtest_raw", "--log-format", "json").stdout
    assert house.run()["bronze"]["rows_in"] == 0, history


def test_retention_passes_the_consumer(house):
    """Goal: records that expired unread stop the run with a choice; the loss is recorded. Method: delete records."""
    house.generate(1000, "--partitions", 1)
    house.run()
    house.generate(1000)
    gone = house.admin().delete_records([TopicPartition(house.topic, 0, 1500)])
    [future.result() for future in gone.values()]
    rejected = house.ingot("run", check=False)
    assert rejected.returncode == 1 and "records 1000 to 1499 were deleted" in rejected.stderr
    house.run("--on-reset", "earliest")
    assert house.verify(compacted=True)["bronze"] == 1500
    table = house.pyiceberg()
    resets = [s.summary.additional_properties.get("ingot.offset-resets") for s in table.metadata.snapshots]
    assert json.loads(resets[-1]) == [
        {"topic": house.topic, "partition": 0, "from": 1000, "to": 1500, "reason": "records expired"}]
    assert verify_bronze.range_problems(table, house.topic) == []


@pytest.mark.parametrize("mechanism,user,password", [
    ("PLAIN", "reader", "plain-secret"), ("SCRAM-SHA-256", "writer", "scram-secret"),
    ("SCRAM-SHA-512", "writer", "scram-secret")])
def test_tls_and_sasl(house, certificates, mechanism, user, password):
    """Goal: TLS with SASL against the real broker, by environment; a wrong password is reported.
    Method: each mechanism."""
    house.generate(500)
    secure = {
        "KAFKA_BROKER": f"127.0.0.1:{house.kafka.secure['port']}", "INGOT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "INGOT_KAFKA_SSL_CA_LOCATION": str(certificates / "public.crt"), "INGOT_KAFKA_SASL_MECHANISM": mechanism,
        "INGOT_KAFKA_SASL_USERNAME": user, "INGOT_KAFKA_SASL_PASSWORD": password}
    house.run(env=secure)
    assert house.verify()["bronze"] == 500
    rejected = house.ingot("run", check=False, env=secure | {"INGOT_KAFKA_SASL_PASSWORD": "wrong"})
    assert rejected.returncode in (1, 2) and "sasl.password" in rejected.stderr
    untrusted = house.ingot("run", check=False, env=secure | {"INGOT_KAFKA_SSL_CA_LOCATION": "/etc/hostname"})
    assert untrusted.returncode == 2
    del secure["INGOT_KAFKA_SSL_CA_LOCATION"]
    untrusted = house.ingot("run", check=False, env=secure)
    assert untrusted.returncode == 2 and "ssl.ca.location" in untrusted.stderr


def test_another_protocol(house):
    """Goal: a protocol that differs from the listener's is reported with the known details.
    Method: plain text to TLS, and the reverse."""
    to_tls = house.ingot("run", check=False, env={"KAFKA_BROKER": f"127.0.0.1:{house.kafka.secure['port']}"})
    assert to_tls.returncode == 1 and "security.protocol" in to_tls.stderr
    to_plain = house.ingot("run", check=False, env={"INGOT_KAFKA_SECURITY_PROTOCOL": "SSL"})
    assert to_plain.returncode == 1 and "can be reached: ssl://" in to_plain.stderr  # and how the handshake ended


def test_no_broker(house):
    """Goal: an unreachable broker is reported soon, with its address. Method: a port where nothing listens."""
    rejected = house.ingot("run", check=False, env={"KAFKA_BROKER": "127.0.0.1:1"}, timeout=150)
    assert rejected.returncode == 1 and "127.0.0.1:1 can be reached" in rejected.stderr and "Connection refused" in rejected.stderr
