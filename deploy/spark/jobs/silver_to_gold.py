#!/usr/bin/env python3
"""Updates each gold table from new rows of silver: recomputes the groups that they touch.

    spark-submit silver_to_gold.py --compiled compiled.json [--every SECONDS]
"""

from __future__ import annotations

import datetime
from typing import Any

from ingot_spark import SOURCE_SNAPSHOT, Job, Report, Source, Table, literal


def span_of_days(job: Job, column: str) -> str:
    """A condition that holds for every row of the touched groups, so that Iceberg skips the files of other days."""
    span = job.spark.sql(f"SELECT min(`{column}`) AS low, max(`{column}`) AS high FROM silver_new").first()
    if span.low is None:
        return "false"
    low = span.low.replace(hour=0, minute=0, second=0, microsecond=0)
    high = span.high.replace(hour=0, minute=0, second=0, microsecond=0) + datetime.timedelta(days=1)
    return f"`{column}` >= {literal(low)} AND `{column}` < {literal(high)}"


def run_stage(job: Job, gold: dict[str, Any]) -> Report:
    report = Report("gold", gold["table"], job.run_id)
    with Source(job, gold["source"]) as silver:
        table = Table(job, gold["table"])
        consumed = table.mark(SOURCE_SNAPSHOT)
        if not silver.has_new(consumed):
            table.drop()
            return report
        fresh = silver.rows(consumed).persist()
        fresh.createOrReplaceTempView("silver_new")
        report.rows_in = fresh.count()
        silver.rows().createOrReplaceTempView("silver_whole")
        where = f" WHERE {span_of_days(job, gold['time'])}" if gold["time"] else ""
        job.spark.sql(f"SELECT * FROM silver_whole{where}").createOrReplaceTempView("silver_rows")
        job.spark.sql(gold["touched"]).persist().createOrReplaceTempView("touched")
        old = f"SELECT * FROM {table.name}"
        if gold["replace_by"]:
            old += f" WHERE `{gold['replace_by']}` IN (SELECT `{gold['replace_by']}` FROM touched)"
        job.spark.sql(old).createOrReplaceTempView("gold_old")
        aggregate = job.spark.sql(job.statement(gold["aggregate"])).persist()
        report.rows_out = aggregate.count()
        columns = job.spark.table(table.name).columns
        rows = aggregate.select(columns).unionByName(job.spark.sql(gold["kept"]).select(columns))
        table.commit(rows, {SOURCE_SNAPSHOT: silver.end} | report.summary(), overwrite=True)
    job.spark.catalog.clearCache()
    report.commits = 1
    return report


def main() -> None:
    job = Job("gold", __doc__, lambda parser: parser.add_argument("--every", type=float, help="repeat every SECONDS until stopped"))
    for _ in job.every(job.arguments.every):
        for gold in job.compiled["gold"]:
            job.retry_on_conflict(lambda gold=gold: run_stage(job, gold)).print()


if __name__ == "__main__":
    main()
