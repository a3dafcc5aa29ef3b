#!/usr/bin/env python3
"""Registers existing tables in the catalog, from their newest metadata file.

    spark-submit register_tables.py --compiled compiled.json silver.speedtest_clean=s3://lakehouse/warehouse/silver/speedtest_clean/metadata/00012-….metadata.json …
"""

from __future__ import annotations

import json

from ingot_spark import Job


def main() -> None:
    job = Job("register", __doc__, lambda parser: parser.add_argument("tables", nargs="+", metavar="NAME=METADATA_FILE"))
    for pair in job.arguments.tables:
        table, _, location = pair.partition("=")
        namespace = table.rpartition(".")[0]
        job.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {job.catalog}.{namespace}")
        row = job.call("register_table", table, f"metadata_file => {location!r}")[0]
        print(json.dumps({"table": table, "snapshot_id": row.current_snapshot_id, "rows": row.total_records_count}), flush=True)


if __name__ == "__main__":
    main()
