"""Shared code of the judge tests: the program, the warehouse of one test, and independent readers of its tables."""

import json
import os
import pathlib
import random
import subprocess
import sys

import duckdb
import pytest
from pyiceberg.catalog.sql import SqlCatalog

ROOT = pathlib.Path(__file__).resolve().parents[2]
INGOT = pathlib.Path(os.environ.get("INGOT_PROGRAM", ROOT / "build/release/ingot"))
CATALOG = "iceberg_catalog"


def part_of(points: list) -> list:
    """Returns the fault points at which a test kills the program: a third of them, which a seed chooses and a failure
    prints. FAULTS=all (`make faults`) takes all of them, FAULTS_SEED repeats a choice."""
    if os.environ.get("FAULTS") == "all":
        return points
    seed = os.environ.get("FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"FAULTS_SEED={seed}")
    return random.Random(seed).sample(points, -(-len(points) // 3))


class Warehouse:
    """A fresh warehouse with its catalog, and the program that runs on it."""

    def __init__(self, folder: pathlib.Path, pipeline: pathlib.Path):
        self.folder, self.pipeline = folder, pipeline
        self.landing = folder / "landing"
        self.landing.mkdir()

    def environment(self):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "KAFKA_"))}
        return inherited | {
            "INGOT_WAREHOUSE": str(self.folder / "warehouse"),
            "INGOT_PIPELINE": str(self.pipeline),
            "INGOT_SOURCE": str(self.landing),
        }

    def ingot(self, *arguments, check=True, env=None, **options):
        done = subprocess.run([INGOT, *map(str, arguments)], env=self.environment() | (env or {}), capture_output=True, text=True, **options)
        if check and done.returncode != 0:
            raise AssertionError(f"ingot {arguments} ended with {done.returncode}:\n{done.stderr}")
        return done

    def lines(self, *arguments, env=None):
        """Yields output lines of the program while it runs. The program is killed when the generator is closed."""
        process = subprocess.Popen([INGOT, *map(str, arguments)], env=self.environment() | (env or {}), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        try:
            yield from process.stderr
        finally:
            process.kill()
            process.wait()

    def run(self, *arguments, **options):
        """Runs the stages. Returns the report of each stage by its name."""
        done = self.ingot("run", "--log-format", "json", *arguments, **options)
        return {report["stage"]: report for report in map(json.loads, done.stdout.splitlines())}

    def query(self, sql):
        return [json.loads(line) for line in self.ingot("query", sql, "--format", "json").stdout.splitlines()]

    def pyiceberg(self):
        """PyIceberg on the same SQLite catalog."""
        return SqlCatalog(CATALOG, uri=f"sqlite:///{self.folder}/warehouse/catalog.db", warehouse=f"file://{self.folder}/warehouse")

    def foreign_catalog(self):
        """The same before Ingot has created anything, with the namespace x."""
        (self.folder / "warehouse").mkdir()
        catalog = self.pyiceberg()
        catalog.create_tables()
        catalog.create_namespace("x")
        return catalog

    def duckdb(self, table, columns="*"):
        """Returns the rows as DuckDB's iceberg extension reads them, from the metadata file that the catalog names."""
        location = self.pyiceberg().load_table(table).metadata_location.removeprefix("file://")
        return iceberg_duckdb().sql(f"SELECT {columns} FROM iceberg_scan('{location}')").fetchall()

    def table_hash(self, table, without=("_run_id", "_ingested_at", "updated_at")):
        """Returns a hash of a table's rows that does not depend on their order or write time."""
        rows = self.pyiceberg().load_table(table).scan().to_arrow()
        rows = rows.drop_columns([name for name in without if name in rows.column_names])
        return sorted(map(repr, rows.to_pylist()))


def iceberg_duckdb():
    connection = duckdb.connect()
    for name in ("avro", "iceberg"):
        path = next(pathlib.Path(sys.prefix).glob(f"lib/python*/site-packages/duckdb_extension_{name}/extensions/*/{name}.duckdb_extension"))
        connection.execute(f"INSTALL '{path}'; LOAD {name};")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path, ROOT / "pipelines/speedtest.yaml")


@pytest.fixture
def mlab(tmp_path):
    made = Warehouse(tmp_path, ROOT / "pipelines/mlab-ndt7.yaml")
    made.landing = ROOT / "tests/data/mlab/ndt7"
    return made


def peer_data(*parts):
    """Returns a path in the data of other projects. Skips the test with a message when it is missing."""
    folder = pathlib.Path(os.environ.get("INGOT_PEER_DATA", ROOT / "../shared/data/peers")).resolve()
    if not folder.is_dir():
        pytest.skip(f"PEER DATA IS MISSING: {folder} (set INGOT_PEER_DATA)")
    return folder.joinpath(*parts)


def pytest_terminal_summary(terminalreporter):
    """Prints how many command blocks of the documentation were run, and why the others were not."""
    passed = [report.nodeid for report in terminalreporter.stats.get("passed", []) if "test_docs.py::test_page[" in report.nodeid]
    if not passed:
        return
    from collections import Counter

    from test_docs import BLOCKS, RUNNABLE, WITH_COMMANDS
    ran = [page for page in WITH_COMMANDS if any(node.endswith(f"[{page.relative_to(ROOT)}]") for node in passed)]
    blocks = [block for page in ran for block in BLOCKS[page] if block.language in RUNNABLE]
    reasons = Counter(block.reason for block in blocks if block.reason is not None)
    terminalreporter.write_line(f"docs: {len(blocks) - reasons.total()} command blocks run, {reasons.total()} not run")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"  {count} not run: {reason}")
