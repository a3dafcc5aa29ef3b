#!/usr/bin/env python3
"""Maintains the tables with Spark's procedures, on a Spark cluster, instead of `ingot maintain`.

    spark-submit iceberg_maintenance.py --compiled compiled.json [--older-than-hours 24] [--orphans-older-than-days 3]
                                        [--what manifests,compact,expire,orphans]
"""

from __future__ import annotations

import datetime
import json

from ingot_spark import SOURCE_SNAPSHOT, Job


def tables(job: Job) -> list[str]:
    names = [silver["source"] for silver in job.compiled["silver"][:1]]
    for silver in job.compiled["silver"]:
        names += [silver["table"], silver["quarantine"]]
    return names + [gold["table"] for gold in job.compiled["gold"]]


def keep_marks(job: Job, table: str) -> None:
    """Writes the marks of later stages to the table properties before snapshots expire (docs/maintenance.md)."""
    for key in (SOURCE_SNAPSHOT, "ingot.offsets", "ingot.topics", "ingot.offsets-file", "ingot.files", "ingot.files-file"):
        rows = job.spark.sql(f"SELECT summary[{key!r}] AS mark FROM {job.name(table)}.snapshots WHERE summary[{key!r}] IS NOT "
                             "NULL ORDER BY committed_at DESC LIMIT 1").collect()
        if rows:
            mark = rows[0].mark.replace("\\", "\\\\").replace("'", "\\'")
            job.spark.sql(f"ALTER TABLE {job.name(table)} SET TBLPROPERTIES ('{key}' = '{mark}')")


def main() -> None:
    def add(parser):
        parser.add_argument("--older-than-hours", type=float, default=24, help="the minimum age of snapshots that expire")
        parser.add_argument("--orphans-older-than-days", type=float, default=3, help="the minimum age of orphans that are removed")
        parser.add_argument("--what", default="manifests,compact,expire,orphans")

    job = Job("maintenance", __doc__, add)
    now, what = datetime.datetime.now(datetime.UTC), job.arguments.what.split(",")
    expired = (now - datetime.timedelta(hours=job.arguments.older_than_hours)).strftime("%Y-%m-%d %H:%M:%S")
    orphaned = (now - datetime.timedelta(days=job.arguments.orphans_older_than_days)).strftime("%Y-%m-%d %H:%M:%S")
    procedures = {"manifests": ("rewrite_manifests", ()), "compact": ("rewrite_data_files", ()),
                  "expire": ("expire_snapshots", (f"older_than => TIMESTAMP '{expired}'", "retain_last => 100")),
                  # Lists files with the catalog's own FileIO, because Hadoop does not know s3://.
                  "orphans": ("remove_orphan_files", (f"older_than => TIMESTAMP '{orphaned}'", "prefix_listing => true"))}
    for table in tables(job):
        for name in what:
            procedure, arguments = procedures[name]
            if name == "expire":
                keep_marks(job, table)
            rows = job.call(procedure, table, *arguments)
            print(json.dumps({"table": table, "operation": procedure, "results": len(rows)}
                             | (rows[0].asDict() if rows and name != "orphans" else {})), flush=True)


if __name__ == "__main__":
    main()
