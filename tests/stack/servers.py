#!/usr/bin/env python3
"""The real servers of the stack as plain processes on 127.0.0.1: Kafka, PostgreSQL, MinIO, an Iceberg REST catalog.

    servers.py up [kafka postgres minio rest] [--state DIR]   start them at their usual ports, print how to use them
    servers.py down [--state DIR]                             stop them; --purge removes their data too
    servers.py status [--state DIR]

Needs `tools/setup stack`. Processes are recorded in STATE/pids.json and stopped by those ids only. The stack tests start
their own servers at free ports (see conftest.py). This file is also their library.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPS = ROOT / ".deps"
HOST = "127.0.0.1"


# Below the ports that the system gives to clients. Concurrent test processes each use every eighth port.
PORTS = iter(random.sample(range(20_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8, 32_000, 8), 1500))


def free_port() -> int:
    return next(port for port in PORTS if port_is_free(port))


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def pinned(name: str) -> Path:
    """Returns the folder that tools/setup created for a pinned dependency."""
    found = sorted(DEPS.glob(name + "-*"))
    if not found:
        sys.exit(f"{name} is not there: run tools/setup stack")
    return found[-1]


def read_properties(file: Path) -> dict[str, str]:
    """Reads a file of key=value lines."""
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def started_at(pid: int) -> str | None:
    """Returns when the process began, so that a reused process id is not mistaken for ours."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state == "Z" else rest[18]
    except (FileNotFoundError, ProcessLookupError):
        return None


def quick_java(archive: str | None = None) -> list[str]:
    """Returns options for a Java that starts in little processor time and lives for a test. `archive` names classes that
    tools/setup archived (Debian's Java); Java ignores an archive that is missing or of other jars."""
    options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    if archive:
        options += [f"-XX:SharedArchiveFile={DEPS.resolve()}/class-archives/{archive}.jsa", "-Xlog:disable", "-Xlog:all=error:stderr"]
    return options


def tied(command: list) -> list[str]:
    """Returns a command that ends when the process that started it has ended, for any reason."""
    return ["setpriv", "--pdeathsig=TERM", "--", *map(str, command)]


class Server:
    """One process with its folder. `start` returns when the server answers."""

    name = "server"
    ready_seconds = 300  # only a failure takes as long
    outlives = False  # the process that starts it
    quick = False  # for tests: started in little processor time rather than fast afterwards

    def __init__(self, folder: Path, port: int):
        self.folder, self.port = folder, port
        self.process: subprocess.Popen | None = None
        folder.mkdir(parents=True, exist_ok=True)

    # How each server differs:
    def prepare(self) -> None: ...
    def command(self) -> list[str]: ...
    def environment(self) -> dict[str, str]:
        return {}
    def is_ready(self) -> bool: ...
    def hint(self) -> str: ...

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def start(self) -> "Server":
        if not port_is_free(self.port):
            raise RuntimeError(f"{self.name}: port {self.port} is in use by another program")
        self.prepare()
        log = open(self.folder / "log.txt", "ab")
        self.process = subprocess.Popen(
            self.command() if self.outlives else tied(self.command()), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            cwd=self.folder, env={**os.environ, **self.environment()})
        deadline = time.monotonic() + self.ready_seconds
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.output()[-3000:]
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{tail}")
            time.sleep(0.1)
        return self

    def output(self) -> str:
        return (self.folder / "log.txt").read_text(errors="replace")

    def stop(self, sig: int = signal.SIGTERM, wait: float = 20) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(sig)
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()


class Kafka(Server):
    name = "kafka"

    def __init__(self, folder: Path, port: int, controller_port: int | None = None, settings: dict | None = None,
                 secure: "dict | None" = None, metrics_port: int | None = None, joins: "Kafka | None" = None, node: int = 1):
        super().__init__(folder, port)
        self.metrics_port = metrics_port  # of the JMX exporter, with the settings of deploy/kafka
        self.controller_port = joins.controller_port if joins else controller_port or free_port()
        self.joins, self.node = joins, node  # a broker of another one's cluster
        self.settings = settings or {}
        self.secure = secure  # {"port": …, "keystore": …}: an extra listener with TLS and SASL

    def program(self, name: str, main: str, options: str) -> Path:
        """Returns a program as in the broker's image, from its jars."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        java = " ".join(quick_java("kafka") if self.quick else ["-XX:+UseSerialGC"])
        path.write_text(f"#!/bin/sh\nexec java {options} {java} -Dorg.slf4j.simpleLogger.defaultLogLevel=warn "
                        f"${{KAFKA_OPTS:-}} -cp '{pinned('kafka').resolve()}/*' {main} \"$@\"\n")
        path.chmod(0o755)
        return path

    def prepare(self) -> None:
        listeners, advertised = [f"PLAINTEXT://{self.address}"], [f"PLAINTEXT://{self.address}"]
        protocols = ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT"]
        more = {}
        if self.secure:
            listeners.append(f"SECURE://{HOST}:{self.secure['port']}")
            advertised.append(f"SECURE://{HOST}:{self.secure['port']}")
            protocols.append("SECURE:SASL_SSL")
            login = "org.apache.kafka.common.security"
            more = {
                "ssl.keystore.location": self.secure["keystore"], "ssl.keystore.password": self.secure["password"],
                "ssl.keystore.type": "PKCS12",
                "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
                "listener.name.secure.plain.sasl.jaas.config":
                    f'{login}.plain.PlainLoginModule required user_reader="plain-secret";',
                "listener.name.secure.scram-sha-256.sasl.jaas.config": f"{login}.scram.ScramLoginModule required;",
                "listener.name.secure.scram-sha-512.sasl.jaas.config": f"{login}.scram.ScramLoginModule required;",
            }
        if self.joins:
            more |= {"process.roles": "broker", "node.id": self.node}
        else:
            listeners.append(f"CONTROLLER://{HOST}:{self.controller_port}")
        instead = {
            "controller.quorum.bootstrap.servers": f"{HOST}:{self.controller_port}",
            "listeners": ",".join(listeners),
            "advertised.listeners": ",".join(advertised),
            "listener.security.protocol.map": ",".join(protocols), "log.dirs": self.folder / "data", "num.partitions": 1,
            # Makes retention and compaction take effect within a test:
            "log.retention.check.interval.ms": 1000, "log.cleaner.backoff.ms": 500, "log.initial.task.delay.ms": 500,
            **more, **self.settings}
        config = read_properties(ROOT / "deploy/kafka/server.properties") | instead
        file = self.folder / "server.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in config.items()))
        storage = self.program("kafka-storage.sh", "kafka.tools.StorageTool", "-XX:TieredStopAtLevel=1")
        self.server = self.program("kafka-server-start.sh", "kafka.Kafka", "-Xmx768m")
        if self.secure and not (self.folder / "data" / "meta.properties").exists():
            scram = [word for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                     for word in ("--add-scram", f"{mechanism}=[name=writer,password=scram-secret]")]
            cluster = base64.urlsafe_b64encode(b"@" + random.randbytes(15)).decode().rstrip("=")
            subprocess.run([storage, "format", "--standalone", "-t", cluster, "-c", file, *scram], check=True, capture_output=True)

    def command(self) -> list[str]:
        # Formats the broker's folder if it is new.
        return [str(ROOT / "deploy/kafka/start.sh"), str(self.server), str(self.folder / "server.properties")]

    def environment(self) -> dict[str, str]:
        variables = {}
        if self.metrics_port:
            agent = pinned("jmx_prometheus_javaagent") / "jmx_prometheus_javaagent.jar"
            variables["KAFKA_OPTS"] = f"-javaagent:{agent}={HOST}:{self.metrics_port}:{ROOT}/deploy/kafka/jmx.yml"
        if self.joins:
            variables["KAFKA_CLUSTER_ID"] = read_properties(self.joins.folder / "data/meta.properties")["cluster.id"]
        return variables

    def is_ready(self) -> bool:
        return not port_is_free(self.port)

    def hint(self) -> str:
        return f"KAFKA_BROKER={self.address}"


class Postgres(Server):
    name = "postgres"
    user, password, database = "ingot", "ingot", "iceberg"

    def __init__(self, folder: Path, port: int, tls: dict | None = None):
        super().__init__(folder, port)
        self.tls = tls
        self.binaries = Path("/usr/lib/postgresql/15/bin")

    def as_owner(self, *command: object) -> list[str]:
        # The server does not run as root.
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=keep"] if os.getuid() == 0 else []
        return [*prefix, *map(str, command)]

    def prepare(self) -> None:
        data = self.folder / "data"
        if data.exists():
            return
        if os.getuid() == 0:
            data.mkdir()
            shutil.chown(data, "postgres")
            for parent in [self.folder, *self.folder.parents]:
                if parent.stat().st_mode & 0o005 != 0o005 and str(parent).startswith("/tmp/"):
                    parent.chmod(parent.stat().st_mode | 0o055)
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        subprocess.run(self.as_owner(self.binaries / "initdb", "-D", data, "-U", self.user, "-A", "scram-sha-256",
                                     "--pwfile", secret, "-E", "UTF8", "--locale=C"), check=True, capture_output=True,
                       cwd="/tmp")
        if self.tls:
            for name, source in (("server.crt", self.tls["cert"]), ("server.key", self.tls["key"])):
                shutil.copy(source, data / name)
                (data / name).chmod(0o600)
                if os.getuid() == 0:
                    shutil.chown(data / name, "postgres", "postgres")

    def command(self) -> list[str]:
        more = ["-c", "ssl=on"] if self.tls else []
        return self.as_owner(self.binaries / "postgres", "-D", self.folder / "data", "-p", self.port,
                             "-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories=", "-c", "shared_buffers=64MB",
                             *more)

    def environment(self) -> dict[str, str]:
        return {"LC_ALL": "C"}

    def psql(self, sql: str, database: str | None = None) -> str:
        return subprocess.run(
            ["psql", "-h", HOST, "-p", str(self.port), "-U", self.user, "-d", database or self.database, "-AtX", "-c", sql],
            env={**os.environ, "PGPASSWORD": self.password}, check=True, capture_output=True, text=True).stdout.strip()

    def psql_file(self, file: Path) -> None:
        subprocess.run(
            ["psql", "-h", HOST, "-p", str(self.port), "-U", self.user, "-d", self.database, "-qX", "-v", "ON_ERROR_STOP=1",
             "-f", str(file)], env={**os.environ, "PGPASSWORD": self.password}, check=True, capture_output=True)

    def is_ready(self) -> bool:
        if port_is_free(self.port):
            return False
        try:
            if self.psql(f"SELECT count(*) FROM pg_database WHERE datname = '{self.database}'", "postgres") == "0":
                self.psql(f"CREATE DATABASE {self.database}", "postgres")
                self.psql_file(ROOT / "deploy/postgres/init.sql")
            return True
        except subprocess.CalledProcessError:
            return False

    def stop(self, sig: int = signal.SIGINT, wait: float = 20) -> None:
        super().stop(sig, wait)  # SIGINT: fast shutdown

    @property
    def uri(self) -> str:
        return f"postgresql://{self.user}@{self.address}/{self.database}"

    def hint(self) -> str:
        return f"PGPASSWORD={self.password} INGOT_CATALOG={self.uri}"


class Minio(Server):
    name = "minio"
    user, password, bucket = "minioadmin", "minioadmin", "lakehouse"

    def __init__(self, folder: Path, port: int, console_port: int | None = None, certs: Path | None = None,
                 stale_uploads: str = "24h"):
        super().__init__(folder, port)
        self.stale_uploads = stale_uploads  # the age at which unfinished uploads are removed
        self.console_port = console_port or free_port()
        self.certs = certs  # a folder with public.crt and private.key: TLS

    def start(self) -> "Minio":
        super().start()
        trust = {"CURL_CA_BUNDLE": str(self.certs / "public.crt")} if self.certs else {}
        subprocess.run([ROOT / "deploy/minio/init.sh", self.bucket], check=True, env={
            "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": self.user, "AWS_SECRET_ACCESS_KEY": self.password,
            **trust})
        return self

    def command(self) -> list[str]:
        more = ["--certs-dir", str(self.certs)] if self.certs else []
        return [str(pinned("minio") / "minio"), "server", str(self.folder / "data"), "--address", self.address,
                "--console-address", f"{HOST}:{self.console_port}", "--quiet", *more]

    def environment(self) -> dict[str, str]:
        return {"MINIO_ROOT_USER": self.user, "MINIO_ROOT_PASSWORD": self.password, "MINIO_UPDATE": "off",
                "MINIO_PROMETHEUS_AUTH_TYPE": "public", "MINIO_API_STALE_UPLOADS_EXPIRY": self.stale_uploads,
                "MINIO_API_STALE_UPLOADS_CLEANUP_INTERVAL": self.stale_uploads, "GOMEMLIMIT": "512MiB"}

    @property
    def url(self) -> str:
        return f"{'https' if self.certs else 'http'}://{self.address}"

    def is_ready(self) -> bool:
        try:
            import ssl
            context = ssl._create_unverified_context() if self.certs else None
            return urllib.request.urlopen(self.url + "/minio/health/live", timeout=2, context=context).status == 200
        except OSError:
            return False

    def hint(self) -> str:
        return (f"AWS_ENDPOINT_URL={self.url} AWS_ACCESS_KEY_ID={self.user} AWS_SECRET_ACCESS_KEY={self.password} "
                f"INGOT_WAREHOUSE=s3://{self.bucket}/warehouse")


class Rest(Server):
    """The reference implementation of the Iceberg project over its JDBC catalog, in a small main that requires
    tokens."""

    name = "rest"

    def __init__(self, folder: Path, port: int, settings: dict[str, str] | None = None):
        super().__init__(folder, port)
        self.settings = settings or {}
        self.classes = folder.parent / "rest-classes"  # shared: compiling takes longer than starting

    def classpath(self) -> str:
        return f"{pinned('rest')}/*:{pinned('kafka')}/*"

    def prepare(self) -> None:
        (self.folder / "warehouse").mkdir(exist_ok=True)
        self.settings.setdefault("uri", f"jdbc:sqlite:{self.folder}/catalog.db")
        self.settings.setdefault("warehouse", f"file://{self.folder}/warehouse")
        if not self.classes.exists():
            compiled = Path(tempfile.mkdtemp(dir=self.folder))
            subprocess.run(["javac", "-nowarn", "-cp", self.classpath(), "-d", compiled, ROOT / "tests/stack/RestServer.java"],
                           check=True)
            with contextlib.suppress(OSError):  # another server of this folder was first
                compiled.rename(self.classes)

    def command(self) -> list[str]:
        java = quick_java() if self.quick else ["-XX:+UseSerialGC"]
        return ["java", "-Xmx256m", *java, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                f"{self.classes}:{self.classpath()}", "org.apache.iceberg.rest.RestServer", str(self.port),
                *[f"{key}={value}" for key, value in self.settings.items()]]

    def is_ready(self) -> bool:
        return not port_is_free(self.port)

    @property
    def uri(self) -> str:
        return f"http://{self.address}"

    def hint(self) -> str:
        return f"INGOT_CATALOG={self.uri} INGOT_CATALOG_CREDENTIAL=ingot:secret"


def default_servers(state: Path) -> dict[str, Server]:
    return {"kafka": Kafka(state / "kafka", 9092, 9093), "postgres": Postgres(state / "postgres", 5432),
            "minio": Minio(state / "minio", 9000, 9001), "rest": Rest(state / "rest", 8181)}


def up(state: Path, names: list[str]) -> None:
    pids_file = state / "pids.json"
    state.mkdir(parents=True, exist_ok=True)
    recorded = json.loads(pids_file.read_text()) if pids_file.exists() else {}
    servers = default_servers(state)
    for name in names:
        if name in recorded and started_at(recorded[name]["pid"]) == recorded[name]["started"]:
            print(f"{name:<9} runs already (process {recorded[name]['pid']})")
            continue
        servers[name].outlives = True
        server = servers[name].start()
        pid = server.process.pid
        recorded[name] = {"pid": pid, "started": started_at(pid), "port": server.port}
        pids_file.write_text(json.dumps(recorded, indent=1))
        print(f"{name:<9} {server.address:<16} {server.hint()}")


def down(state: Path, purge: bool) -> None:
    pids_file = state / "pids.json"
    recorded = json.loads(pids_file.read_text()) if pids_file.exists() else {}
    for name, one in recorded.items():
        if started_at(one["pid"]) != one["started"]:
            continue
        os.kill(one["pid"], signal.SIGINT if name == "postgres" else signal.SIGTERM)
        for _ in range(200):
            if started_at(one["pid"]) is None:
                break
            time.sleep(0.1)
        else:
            os.kill(one["pid"], signal.SIGKILL)
        print(f"{name:<9} stopped")
    pids_file.unlink(missing_ok=True)
    if purge:
        shutil.rmtree(state, ignore_errors=True)


def status(state: Path) -> None:
    pids_file = state / "pids.json"
    recorded = json.loads(pids_file.read_text()) if pids_file.exists() else {}
    for name in default_servers(state):
        one = recorded.get(name)
        runs = one is not None and started_at(one["pid"]) == one["started"]
        print(f"{name:<9} {'runs, process %d, port %d' % (one['pid'], one['port']) if runs else 'does not run'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["up", "down", "status"])
    parser.add_argument("names", nargs="*", help="kafka, postgres, minio, rest; default: the first three")
    parser.add_argument("--state", type=Path, default=ROOT / ".stack")
    parser.add_argument("--purge", action="store_true", help="down: remove the servers' data too")
    arguments = parser.parse_args()
    state = arguments.state.resolve()
    if arguments.command == "up":
        up(state, arguments.names or ["kafka", "postgres", "minio"])
    elif arguments.command == "down":
        down(state, arguments.purge)
    else:
        status(state)


if __name__ == "__main__":
    main()
