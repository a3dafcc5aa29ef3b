"""The code that the jobs share: the compiled pipeline, the session, and the commit of a stage.

Positions and marks are only in the tables, as with the embedded engine (docs/formats/snapshot-summary.md). A stage reads its
mark from the newest snapshot on main that has one. It writes to a branch that begins at the same state, with the new mark in
the snapshot summary. It then moves main to the branch by fast_forward, which fails in Iceberg if main has moved meanwhile. So
another writer in between, Ingot or Spark, costs a retry and never a row.
"""

from __future__ import annotations

import argparse
import datetime
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

SOURCE_SNAPSHOT = "ingot.source-snapshot-id"
SOURCE_FROM = "ingot.source-from-snapshot-id"
DEFINITION = "ingot.definition-id"
PROGRAM = "ingot.program-version"
STEP = "ingot.step-id"
REVERTED = "ingot.step-taken-back"
RUN_ID = "ingot.run-id"
MARK = (SOURCE_SNAPSHOT, SOURCE_FROM, DEFINITION, PROGRAM, STEP, RUN_ID)
ATTEMPTS = 5


class Conflict(Exception):
    """Another writer committed first: the stage starts again from the table's new state."""


class PendingChange(Exception):
    """The table has another definition than the compiled pipeline: a user has to decide with `ingot plan` and `ingot apply`."""


@dataclass
class Report:
    """The summary of a stage run, in the format of `ingot run --log-format json`."""

    stage: str
    table: str
    run_id: str
    rows_in: int = 0
    rows_out: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    rows_error: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    commits: int = 0
    broken_by_rule: dict[str, int] = field(default_factory=dict)
    started_at_us: int = field(default_factory=lambda: time.time_ns() // 1000)

    def summary(self) -> dict[str, str]:
        """As properties of the snapshot that commits them, from which the ledger is made."""
        counts = {count.name.replace("_", "-"): getattr(self, count.name) for count in fields(self)
                  if count.name.startswith(("rows_", "bytes_"))}
        counts |= {"started-at-us": self.started_at_us, "finished-at-us": time.time_ns() // 1000}
        return ({"ingot.stage": self.stage, "ingot.run-id": self.run_id, "ingot.engine": "spark"}
                | {f"ingot.{key}": str(value) for key, value in counts.items()}
                | {f"ingot.rule.{rule}": str(count) for rule, count in self.broken_by_rule.items() if count})

    def print(self) -> None:
        report = {key: value for key, value in self.__dict__.items() if key != "started_at_us"}
        print(json.dumps(report | {"seconds": (time.time_ns() // 1000 - self.started_at_us) / 1e6}), flush=True)


class Job:
    """One job: its arguments, the compiled pipeline, the session."""

    def __init__(self, name: str, doc: str | None, add_arguments: Callable[[argparse.ArgumentParser], None] | None = None):
        parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--compiled", required=True, help="what `ingot compile --engine spark --json` prints")
        if add_arguments:
            add_arguments(parser)
        self.arguments = parser.parse_args()
        with open(self.arguments.compiled, encoding="utf-8") as file:
            self.compiled: dict[str, Any] = json.load(file)
        self.catalog: str = self.compiled["catalog"]
        self.run_id = str(uuid.uuid4())
        settings = {"spark.sql.session.timeZone": "UTC", "spark.sql.variant.allowDuplicateKeys": "true"}  # the last value wins
        self.spark = SparkSession.builder.appName(f"ingot-{name}").config(map=settings).getOrCreate()
        self.spark.sparkContext.setLogLevel("ERROR")

    def name(self, table: str) -> str:
        return f"{self.catalog}.{table}"

    def statement(self, sql: str) -> str:
        return sql.replace("{run_id}", self.run_id)

    def call(self, procedure: str, table: str, *arguments: str) -> list[Any]:
        return self.spark.sql(f"CALL {self.catalog}.system.{procedure}({', '.join((f'table => {table!r}', *arguments))})").collect()

    def retry_on_conflict(self, stage: Callable[[], Report]) -> Report:
        for attempt in range(ATTEMPTS):
            try:
                return stage()
            except Conflict:
                if attempt + 1 == ATTEMPTS:
                    raise
                time.sleep(0.2 * 2**attempt)
        raise AssertionError

    def every(self, seconds: float | None) -> Iterator[None]:
        """Runs the job once, or every --every seconds."""
        while True:
            started = time.monotonic()
            yield
            if seconds is None:
                return
            time.sleep(max(0.0, seconds - (time.monotonic() - started)))


class Table:
    """A table at the state at which its own branch begins."""

    def __init__(self, job: Job, table: str):
        self.job, self.table, self.name = job, table, job.name(table)
        self.branch = f"ingot_{job.run_id.replace('-', '')[:12]}"
        job.spark.sql(f"REFRESH TABLE {self.name}")
        job.spark.sql(f"ALTER TABLE {self.name} CREATE OR REPLACE BRANCH {self.branch}")
        rows = job.spark.sql(f"SELECT snapshot_id, parent_id, summary FROM {self.name}.snapshots").collect()
        self.snapshots = {row.snapshot_id: row for row in rows}
        refs = {row.name: row.snapshot_id for row in job.spark.sql(f"SELECT name, snapshot_id FROM {self.name}.refs").collect()}
        self.base: int | None = refs[self.branch]
        if refs.get("main") not in (None, self.base):  # main moved while the branch was created
            self.drop()
            raise Conflict(table)
        # Each change of the definition is a snapshot. A commit of this job fails if there is one after `base`.
        self.definition: str = job.compiled["definitions"][table]
        if self.mark(DEFINITION) not in (None, self.definition):
            self.drop()
            raise PendingChange(f"table {table} was computed by another pipeline file or program version than this one: "
                                "see the differences with `ingot plan`, then decide with `ingot apply`")

    def mark(self, key: str) -> str | None:
        """The newest mark in the history of main, else that in the table's properties (docs/maintenance.md)."""
        at = self.base
        while at in self.snapshots:
            summary = self.snapshots[at].summary or {}
            if key in summary:
                return summary[key] or None
            at = self.snapshots[at].parent_id
        properties = self.job.spark.sql(f"SHOW TBLPROPERTIES {self.name}").collect()
        return {row.key: row.value for row in properties}.get(key) or None

    def commit(self, rows: DataFrame, summary: dict[str, str], overwrite: bool = False) -> None:
        """Writes the rows to the branch and moves main to it. Errors: Conflict; main is then unchanged."""
        # Reads and writes name the branch in the same way; the writer expects it as part of the table's name.
        writer = rows.writeTo(f"{self.name}.branch_{self.branch}")
        summary = summary | {DEFINITION: self.definition}
        for key, value in summary.items():
            writer = writer.option(f"snapshot-property.{key}", value)
        try:
            writer.overwritePartitions() if overwrite else writer.append()
            self.job.call("fast_forward", self.table, "branch => 'main'", f"to => '{self.branch}'")
            if SOURCE_SNAPSHOT in summary:
                self.keep({key: summary[key] for key in MARK if key in summary})
        except (Py4JJavaError, PySparkException) as error:
            if not any(word in str(error) for word in ("fast-forward", "ancestor", "CommitFailedException")):
                raise
            raise Conflict(self.table) from error
        finally:
            self.drop()

    def keep(self, mark: dict[str, str]) -> None:
        """Also writes the mark to the table's properties, in case another engine expires the snapshot."""
        pairs = ", ".join(f"'{key}' = '{value}'" for key, value in mark.items())
        self.job.spark.sql(f"ALTER TABLE {self.name} SET TBLPROPERTIES ({pairs})")

    def drop(self) -> None:
        """Drops the branch, whether it was merged or not."""
        self.job.spark.sql(f"ALTER TABLE {self.name} DROP BRANCH IF EXISTS {self.branch}")


class Source:
    """The state of a table at a snapshot, by default the current one, for reading within the `with` block while other
    writers commit."""

    def __init__(self, job: Job, table: str, end: str | None = None):
        self.job, self.name = job, job.name(table)
        self.branch: str | None = None
        self.end = end

    def __enter__(self) -> Source:
        self.job.spark.sql(f"REFRESH TABLE {self.name}")
        if self.end:
            return self
        rows = self.job.spark.sql(f"SELECT snapshot_id FROM {self.name}.refs WHERE name = 'main'").collect()
        self.end = str(rows[0].snapshot_id) if rows else None
        return self

    def __exit__(self, *_: object) -> None:
        if self.branch:
            self.job.spark.sql(f"ALTER TABLE {self.name} DROP BRANCH IF EXISTS {self.branch}")

    def has_new(self, consumed: str | None) -> bool:
        return self.end is not None and self.end != consumed

    def rows(self, consumed: str | None = None) -> DataFrame:
        """The rows that were appended after the snapshot `consumed`; all rows without it."""
        reader = self.job.spark.read.format("iceberg")
        if consumed is not None:
            return reader.option("start-snapshot-id", consumed).option("end-snapshot-id", self.end).load(self.name)
        if not self.branch:
            # Not by snapshot id, which gives the columns of that snapshot: a branch has the current columns.
            self.branch = f"ingot_read_{uuid.uuid4().hex[:12]}"
            self.job.spark.sql(f"ALTER TABLE {self.name} CREATE BRANCH {self.branch} AS OF VERSION {self.end}")
        return reader.option("branch", self.branch).load(self.name)


def literal(moment: datetime.datetime) -> str:
    return f"TIMESTAMP '{moment.isoformat(sep=' ')}'"
