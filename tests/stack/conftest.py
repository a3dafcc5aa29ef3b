"""The servers of a test session, and the lakehouse of one test: its own topic, warehouse prefix and catalog."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from engines import SharedTrino, Spark  # noqa: E402
from proxy import Proxy  # noqa: E402
from servers import Kafka, Minio, Postgres, Server, free_port, tied  # noqa: E402
import verify_bronze  # noqa: E402

Server.quick = True

ROOT = pathlib.Path(__file__).resolve().parents[2]
INGOT = os.environ.get("INGOT_PROGRAM", str(ROOT / "build/release/ingot"))


# Seconds after which something that should happen counts as failed. Only failures take as long: it is generous, because the
# other tests and the linters use the same cores.
PATIENCE = 300
# Tests that mostly wait come first, then the longest, so that the others fill the cores beside them and none is left over at
# the end (make stack-test starts them in this order).
FIRST = ("test_outages.py", "test_other_engines.py", "test_readers.py", "test_interleaved.py", "test_airflow.py", "test_monitoring.py",
         "test_field_types.py", "test_format_3.py", "test_cluster.py", "test_faults.py")


def pytest_collection_modifyitems(items):
    order = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: order.get(item.path.name, len(FIRST)))


def this_day(lasting: float = 600) -> str:
    """Returns the day in UTC, for tests that ask for CURRENT_DATE: near midnight, waits for the next day, so that it does
    not change within the test."""
    seconds_left = lambda: 86_400 - time.time() % 86_400  # noqa: E731
    while seconds_left() < lasting:
        time.sleep(1)
    return time.strftime("%Y-%m-%d", time.gmtime())


@pytest.fixture(scope="session")
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="ingot-stack-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def certificates(folder):
    """Creates a certificate for 127.0.0.1, in the formats of the servers."""
    path = folder / "certs"
    path.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", path / "private.key",
                    "-out", path / "public.crt"], check=True, capture_output=True)
    subprocess.run(["openssl", "pkcs12", "-export", "-in", path / "public.crt", "-inkey", path / "private.key",
                    "-out", path / "keystore.p12", "-password", "pass:changeit", "-name", "kafka"], check=True)
    return path


@pytest.fixture(scope="session")
def kafka(folder, certificates):
    secure = {"port": free_port(), "keystore": certificates / "keystore.p12", "password": "changeit"}
    server = Kafka(folder / "kafka", free_port(), secure=secure).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres(folder, certificates):
    server = Postgres(folder / "postgres", free_port(),
                      tls={"cert": certificates / "public.crt", "key": certificates / "private.key"}).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def minio(folder):
    server = Minio(folder / "minio", free_port()).start()
    yield server
    server.stop()


class Worker:
    """`ingot run --follow` in the background."""

    def __init__(self, house: "Lakehouse", *arguments: str, env: dict | None = None):
        self.log = house.folder / f"worker-{uuid.uuid4().hex[:6]}.log"
        self.process = subprocess.Popen(
            tied([INGOT, "run", "--follow", "--every", "300ms", "--log-format", "json", *arguments]),
            env=house.environment() | (env or {}), stdout=open(self.log, "w"), stderr=subprocess.STDOUT)

    def send(self, sig: int) -> None:
        self.process.send_signal(sig)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self, wait: float = PATIENCE) -> int:
        self.process.terminate()
        return self.process.wait(wait)

    def processor_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def lines(self) -> list[dict]:
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [json.loads(line) for line in lines]

    def text(self) -> str:
        return self.log.read_text()


class Lakehouse:
    """One topic, one catalog database, one warehouse prefix."""

    def __init__(self, folder: pathlib.Path, kafka: Kafka, postgres: Postgres, minio: Minio):
        self.kafka, self.postgres, self.minio = kafka, postgres, minio
        name = "t" + uuid.uuid4().hex[:10]
        self.folder = folder / name
        self.folder.mkdir()
        self.topic = self.database = name
        postgres.psql(f"CREATE DATABASE {name}", "postgres")
        self.broker = kafka.address
        self.pipeline = ROOT / "pipelines/speedtest.yaml"
        self.variables = {
            "KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": self.topic, "PGPASSWORD": postgres.password,
            "INGOT_CATALOG": f"postgresql://{postgres.user}@{postgres.address}/{name}",
            "AWS_ENDPOINT_URL": minio.url, "AWS_ACCESS_KEY_ID": minio.user, "AWS_SECRET_ACCESS_KEY": minio.password,
            "INGOT_WAREHOUSE": f"s3://{minio.bucket}/{name}", "INGOT_VERIFY_PG": f"{postgres.address}/{name}",
            "INGOT_VERIFY_S3": minio.url,
        }
        self.workers: list[Worker] = []
        self.background: list[subprocess.Popen] = []

    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "KAFKA_", "AWS_", "PG"))}
        return inherited | {"INGOT_PIPELINE": str(self.pipeline)} | self.variables

    def trino_variables(self) -> dict[str, str]:
        """Returns the environment variables that deploy/trino/catalog reads, for the catalog and warehouse of this
        house."""
        return {"CATALOG_JDBC_URL": f"jdbc:postgresql://{self.postgres.address}/{self.database}",
                "CATALOG_USER": self.postgres.user, "CATALOG_PASSWORD": self.postgres.password,
                "WAREHOUSE": self.variables["INGOT_WAREHOUSE"], "AWS_REGION": "us-east-1",
                **{key: value for key, value in self.variables.items() if key.startswith("AWS_")}}

    def ingot(self, *arguments, check=True, env=None, timeout=2 * PATIENCE):
        done = subprocess.run([INGOT, *map(str, arguments)], env=self.environment() | (env or {}), capture_output=True,
                              text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"ingot {arguments} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-3000:]}")
        return done

    def start(self, *arguments) -> subprocess.Popen:
        """Starts any command in the background."""
        log = open(self.folder / f"{arguments[0]}.log", "ab")
        self.background.append(subprocess.Popen(tied([INGOT, *arguments]), env=self.environment(), stdout=log, stderr=log))
        return self.background[-1]

    def run(self, *arguments, **options) -> dict[str, dict]:
        done = self.ingot("run", "--log-format", "json", *arguments, **options)
        return {report["stage"]: report for report in map(json.loads, done.stdout.splitlines())}

    def generate(self, records: int, *arguments, dirty: float = 0.02, **options):
        """Generates other records at each call. The seed is printed, so that a failure can be repeated."""
        seed = uuid.uuid4().int % 10**6
        print(f"generate --records {records} --dirty {dirty} --seed {seed}", *arguments)
        return self.ingot("generate", "--records", records, "--dirty", dirty, "--seed", seed, *arguments, **options)

    def query(self, sql: str) -> list[dict]:
        return [json.loads(line) for line in self.ingot("query", sql, "--format", "json").stdout.splitlines()]

    def tables(self) -> list[dict]:
        return [{"table": line.split()[0]} for line in self.ingot("table", "list").stdout.splitlines()[1:] if line.strip()]

    def worker(self, *arguments, env=None) -> Worker:
        worker = Worker(self, *arguments, env=env)
        self.workers.append(worker)
        return worker

    def admin(self) -> AdminClient:
        self.admin_client = AdminClient({"bootstrap.servers": self.broker})  # its futures end with it
        return self.admin_client

    def make_topic(self, partitions: int = 4, topic: str | None = None, replicas: int = 1, **config) -> None:
        config = {key.replace("_", "."): str(value) for key, value in config.items()}
        for future in self.admin().create_topics([NewTopic(topic or self.topic, partitions, replicas, config=config)]).values():
            future.result()

    def end_offsets(self) -> int:
        """Returns how many records the topic received."""
        consumer = Consumer({"bootstrap.servers": self.broker, "group.id": "watch"})
        partitions = consumer.list_topics(self.topic, timeout=60).topics[self.topic].partitions
        ends = [consumer.get_watermark_offsets(TopicPartition(self.topic, partition), timeout=60)[1] for partition in partitions]
        consumer.close()
        return sum(ends)

    def producer(self, **settings) -> Producer:
        return Producer({"bootstrap.servers": self.broker, **{k.replace("_", "."): v for k, v in settings.items()}})

    def verify(self, topic: str | None = None, table: str = "bronze.speedtest_raw", **options) -> dict:
        """Compares the topic with bronze. Asserts that they are equal and that silver accounts for every row."""
        result = verify_bronze.verify(self.broker, topic or self.topic, table, variables=self.variables, **options)
        print(f"topic {result['topic']} records, bronze {result['bronze']} rows")
        assert result["problems"] == [], result["problems"][:10]
        assert result["topic"] == result["bronze"] or options.get("compacted")
        return result

    def pyiceberg(self, table: str = "bronze.speedtest_raw"):
        return verify_bronze.open_catalog(self.variables).load_table(table)

    def verify_all_layers(self, **options) -> dict:
        """Asserts that bronze equals the topic; every bronze row is in silver, in quarantine, or a duplicate; gold
        counts silver."""
        result = self.verify(**options)
        counts = self.query(
            "SELECT (SELECT count(*) FROM silver.speedtest_clean) AS clean,"
            " (SELECT count(DISTINCT (user_id, timestamp)) FROM silver.speedtest_clean) AS keys,"
            " (SELECT count(*) FROM silver.speedtest_quarantine) AS quarantined,"
            " (SELECT sum(tests) FROM gold.speedtest_agg) AS tests")[0]
        clean, quarantined = int(counts["clean"]), int(counts["quarantined"])
        assert clean == int(counts["keys"]) == int(counts["tests"])
        good = self.query(
            "SELECT count(DISTINCT (user_id, timestamp)) AS n FROM bronze.speedtest_raw r ANTI JOIN"
            " silver.speedtest_quarantine q ON q._source = r._source AND q._source_partition = r._source_partition AND q._source_offset = r._source_offset")
        assert clean == int(good[0]["n"]) and clean + quarantined <= result["bronze"]
        return result

    def wait_for(self, what, seconds: float = PATIENCE, pause_max: float = 1):
        """Waits until `what` returns something. Asks more and more rarely, because many questions are a program's run."""
        began = time.monotonic()
        while not (found := what()):
            passed = time.monotonic() - began
            assert passed < seconds, "it did not happen in time:\n" + self.ingot("table", "list", check=False).stdout
            time.sleep(min(pause_max, 0.1 + passed / 10))
        return found

    def bronze_rows(self) -> int:
        done = self.ingot("query", "SELECT count(*) AS n FROM bronze.speedtest_raw", "--format", "json", check=False)
        return int(json.loads(done.stdout)["n"]) if done.returncode == 0 else 0

    def close(self) -> None:
        for process in self.background:
            process.kill()
            process.wait()
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                worker.kill()


@pytest.fixture
def house(request, folder, kafka, postgres, minio):
    house = Lakehouse(folder, kafka, postgres, minio)
    yield house
    house.close()
    if getattr(request.node, "failed", False):
        for worker in house.workers:
            print(f"--- {worker.log.name}\n{worker.text()[-3000:]}")


@pytest.fixture(scope="session")
def shared_trino(folder):
    server = SharedTrino(folder / "trino", free_port()).start()
    yield server
    server.stop()


@pytest.fixture
def trino(house, shared_trino):
    """Gives the worker's Trino the catalog and warehouse of the test's house. `--engine trino` uses it.
    test_monitoring.py starts one with exactly the files of deploy/."""
    shared_trino.use(house.trino_variables())
    house.variables["INGOT_TRINO"] = f"http://{shared_trino.address}"
    return shared_trino


@pytest.fixture(scope="session")
def shared_spark(folder):
    session = Spark(folder, dict(os.environ))
    yield session
    session.stop()


@pytest.fixture
def spark(house, shared_spark):
    """Begins a Spark session with the catalog and warehouse of the house as `iceberg_catalog`."""
    shared_spark.use_house(house)
    return shared_spark


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.failed = True


@pytest.fixture
def proxy_to():
    proxies = []

    def make(port: int) -> Proxy:
        proxies.append(Proxy(port))
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.close()
