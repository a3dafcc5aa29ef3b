#!/usr/bin/env python3
"""The three stages in plain DuckDB SQL, with Parquet files in between: a user's solution without Iceberg tables.

    duckdb_batch.py LANDING OUT   prints one JSON object: seconds per stage, rows at the end
"""

import json
import pathlib
import sys
import time

import duckdb

COMPLETE = " AND ".join(f"{field} IS NOT NULL" for field in
                        ("timestamp", "user_id", "upload_speed", "download_speed", "latency", "location"))
MEASURES = ", ".join(
    f"avg({m}), min({m}), max({m}), quantile_cont({m}, [0.5, 0.95]), stddev_samp({m})"
    for m in ("upload_speed", "download_speed", "latency"))


def stages(landing: str, out: str) -> dict[str, str]:
    """Statements without ORDER BY, so that no stage sorts."""
    parquet = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    return {
        "bronze": f"""COPY (
            SELECT make_timestamptz(timestamp * 1000) AS timestamp, user_id, upload_speed, download_speed, latency,
                   location, filename AS _source, now() AS _ingested_at
            FROM read_json('{landing}/*.jsonl', format = 'newline_delimited', filename = true, columns = {{
                timestamp: 'BIGINT', user_id: 'UUID', upload_speed: 'DOUBLE', download_speed: 'DOUBLE',
                latency: 'DOUBLE', location: 'VARCHAR'}})
            ) TO '{out}/bronze.parquet' {parquet}""",
        "silver": f"""COPY (
            SELECT DISTINCT ON (user_id, timestamp) * REPLACE (trim(location) AS location)
            FROM '{out}/bronze.parquet'
            WHERE {COMPLETE} AND upload_speed BETWEEN 0 AND 100000 AND download_speed BETWEEN 0 AND 100000
              AND latency BETWEEN 0 AND 60000 AND trim(location) <> ''
            ) TO '{out}/silver.parquet' {parquet}""",
        "gold": f"""COPY (
            SELECT CAST(timestamp AS DATE) AS date, hour(timestamp) AS hour, location, count(*) AS tests,
                   count(DISTINCT user_id) AS users, {MEASURES},
                   avg(CASE WHEN download_speed >= 100 AND upload_speed >= 20 THEN 1.0 ELSE 0.0 END),
                   avg(CASE WHEN latency < 50 THEN 1.0 ELSE 0.0 END),
                   avg(CASE WHEN download_speed < 25 THEN 1.0 ELSE 0.0 END)
            FROM '{out}/silver.parquet' GROUP BY ALL
            ) TO '{out}/gold.parquet' {parquet}""",
    }


def main() -> None:
    landing, out = sys.argv[1:3]
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.sql("SET threads = 2; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    seconds = {}
    for stage, sql in stages(landing, out).items():
        begun = time.monotonic()
        connection.execute(sql)
        seconds[stage] = time.monotonic() - begun
    rows = connection.sql(f"SELECT count(*) FROM '{out}/silver.parquet'").fetchone()[0]
    print(json.dumps({"seconds": seconds, "rows": rows, "version": duckdb.__version__}))


if __name__ == "__main__":
    main()
