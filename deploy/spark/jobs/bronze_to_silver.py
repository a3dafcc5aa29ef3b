#!/usr/bin/env python3
"""Computes silver and quarantine from new rows of bronze.

    spark-submit bronze_to_silver.py --compiled compiled.json [--every SECONDS]

A job judges no gates: `ingot run --engine spark` does so before it starts the job, up to the snapshot `--until`.
"""

from __future__ import annotations

import argparse
import uuid
from typing import Any

from ingot_spark import PROGRAM, REVERTED, RUN_ID, SOURCE_FROM, SOURCE_SNAPSHOT, STEP, Conflict, Job, Report, Source, Table, literal


def check(job: Job, silver: dict[str, Any], bronze: Source, consumed: str | None) -> None:
    """Creates the view `checked` of the rows of bronze after the snapshot `consumed`."""
    bronze.rows(consumed).createOrReplaceTempView("bronze_rows")
    job.spark.sql(job.statement(silver["check"])).persist().createOrReplaceTempView("checked")


def make_keys(job: Job, silver: dict[str, Any]) -> None:
    """Creates the view `silver_keys`: the keys in silver within the time range of the new rows."""
    keys = ", ".join(f"`{key}`" for key in silver["key"]) or "*"
    where = ""
    if silver["time"]:
        time = f"`{silver['time']}`"
        span = job.spark.sql(f"SELECT min({time}) AS low, max({time}) AS high FROM checked").first()
        where = f" WHERE {time} BETWEEN {literal(span.low)} AND {literal(span.high)}" if span.low else " WHERE false"
    job.spark.sql(f"SELECT {keys} FROM {job.name(silver['table'])}{where}").createOrReplaceTempView("silver_keys")


def mark(job: Job, consumed: str | None, end: str, step: str) -> dict[str, str]:
    """The mark in the summary of a commit (docs/formats/snapshot-summary.md)."""
    return {SOURCE_SNAPSHOT: end, SOURCE_FROM: consumed or "", STEP: step, RUN_ID: job.run_id, PROGRAM: job.compiled["program"]}


def commit_quarantine(job: Job, silver: dict[str, Any], bronze: Source) -> None:
    """Commits quarantined rows before silver, so that each row is always in at least one of the two."""
    table = Table(job, silver["quarantine"])
    consumed = table.mark(SOURCE_SNAPSHOT)
    if not bronze.has_new(consumed):
        return table.drop()
    check(job, silver, bronze, consumed)
    table.commit(job.spark.sql(job.statement(silver["quarantined"])), mark(job, consumed, bronze.end, str(uuid.uuid4())))
    job.spark.catalog.clearCache()


def run_stage(job: Job, silver: dict[str, Any]) -> Report:
    report = Report("silver", silver["table"], job.run_id)
    with Source(job, silver["source"], job.arguments.until) as bronze:
        commit_quarantine(job, silver, bronze)
        quarantine = Table(job, silver["quarantine"])
        step = quarantine.mark(STEP) or ""
        quarantine.drop()
        # Silver stops at quarantine's mark, also after a crash between the two commits.
        table = Table(job, silver["table"])
        consumed = table.mark(SOURCE_SNAPSHOT)
        if not bronze.has_new(consumed):
            table.drop()
            return report
        if step and table.mark(REVERTED) == step:  # Ingot reverts the commit to quarantine, because its definition differs
            table.drop()
            raise Conflict(silver["table"])
        check(job, silver, bronze, consumed)
        counts = job.spark.sql(job.statement(silver["counts"])).first().asDict()
        make_keys(job, silver)
        clean = job.spark.sql(job.statement(silver["clean"])).persist()
        report.rows_in, report.rows_quarantined = counts.pop("rows_in"), counts.pop("rows_quarantined")
        report.rows_out, report.rows_error, report.broken_by_rule = clean.count(), counts["parse"], counts
        report.rows_duplicate = report.rows_in - report.rows_quarantined - report.rows_out
        table.commit(clean, mark(job, consumed, bronze.end, step) | report.summary())
    job.spark.catalog.clearCache()
    report.commits = 1
    return report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--every", type=float, help="repeat every SECONDS until stopped")
    parser.add_argument("--until", help="the last snapshot of bronze that silver consumes; default: the current one")


def main() -> None:
    job = Job("silver", __doc__, add_arguments)
    for _ in job.every(job.arguments.every):
        for silver in job.compiled["silver"]:
            job.retry_on_conflict(lambda silver=silver: run_stage(job, silver)).print()


if __name__ == "__main__":
    main()
