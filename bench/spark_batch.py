#!/usr/bin/env python3
"""The three stages in PySpark with Iceberg tables, `local[2]`, tuned and warm: what Ingot replaces.

    spark_batch.py LANDING OUT           prints one JSON object: seconds per stage, rows at the end
    spark_batch.py LANDING OUT STAGE     only that stage, cold, as its own process

Tuned: no shuffle before writing, fan-out writers, 8 shuffle partitions, zstd 1, quantiles approximate (Ingot's are
exact), distinct users counted on their own. Warm: all stages run once on the first file into
tables of their own before the clock starts.
"""

import json
import os
import pathlib
import sys
import time

from measure import cpu_seconds

os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1"}
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as f  # noqa: E402

FIELDS = ("timestamp", "user_id", "upload_speed", "download_speed", "latency", "location")
SCHEMA = "timestamp BIGINT, user_id STRING, upload_speed DOUBLE, download_speed DOUBLE, latency DOUBLE, location STRING"
TABLE = {"write.distribution-mode": "none", "write.spark.fanout.enabled": "true", "write.parquet.compression-codec": "zstd",
         "write.parquet.compression-level": "1"}


def catalog(name: str, warehouse: str) -> dict[str, str]:
    """Settings of a Hadoop catalog."""
    key = f"spark.sql.catalog.{name}"
    return {key: "org.apache.iceberg.spark.SparkCatalog", f"{key}.type": "hadoop", f"{key}.warehouse": warehouse}


def session(out: str, further: dict[str, str] | None = None) -> SparkSession:
    root = pathlib.Path(__file__).resolve().parents[1]
    jars = ",".join(map(str, (root / ".deps").glob("spark-4.1.1-*/*.jar")))
    builder = SparkSession.builder.master("local[2]").appName("bench")
    for key, value in {
            "spark.jars": jars, "spark.driver.memory": "5g", "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "8",
            "spark.sql.session.timeZone": "UTC", **catalog("lake", out), **(further or {}),
            "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def write(rows, table: str, partition) -> None:
    writer = rows.writeTo(table).using("iceberg").partitionedBy(partition)
    for key, value in TABLE.items():
        writer = writer.tableProperty(key, value)
    writer.create()


def bronze(spark: SparkSession, source: str, space: str) -> None:
    rows = spark.read.schema(SCHEMA).json(source).withColumn("timestamp", f.timestamp_millis("timestamp"))
    rows = rows.withColumn("_source", f.input_file_name()).withColumn("_ingested_at", f.current_timestamp())
    write(rows, f"lake.{space}.bronze", f.days("timestamp"))


def silver(spark: SparkSession, space: str) -> None:
    rows = spark.table(f"lake.{space}.bronze").withColumn("location", f.trim("location")).dropna(subset=list(FIELDS))
    rows = rows.where("upload_speed BETWEEN 0 AND 100000 AND download_speed BETWEEN 0 AND 100000 "
                      "AND latency BETWEEN 0 AND 60000 AND location <> ''")
    write(rows.dropDuplicates(["user_id", "timestamp"]), f"lake.{space}.silver", f.days("timestamp"))


def gold(spark: SparkSession, space: str) -> None:
    measures = [f.count("*").alias("tests")]
    for m in ("upload_speed", "download_speed", "latency"):
        measures += [f.avg(m).alias(f"avg_{m}"), f.min(m).alias(f"min_{m}"), f.max(m).alias(f"max_{m}"),
                     f.expr(f"percentile_approx({m}, array(0.5, 0.95))").alias(f"p_{m}"), f.stddev(m).alias(f"stddev_{m}")]
    measures += [f.expr(f"avg(CASE WHEN {c} THEN 1.0D ELSE 0.0D END)").alias(n) for n, c in (
        ("broadband", "download_speed >= 100 AND upload_speed >= 20"), ("quick", "latency < 50"),
        ("slow", "download_speed < 25"))]
    keys = ["date", "hour", "location"]
    rows = spark.table(f"lake.{space}.silver").withColumns({"date": f.to_date("timestamp"), "hour": f.hour("timestamp")})
    # Distinct users in a separate aggregation: in the same one Spark keeps a sketch per user.
    users = rows.select(*keys, "user_id").distinct().groupBy(*keys).agg(f.count("*").alias("users"))
    write(rows.groupBy(*keys).agg(*measures).join(users, keys), f"lake.{space}.gold", f.col("date"))


def main() -> None:
    landing, out, *only = sys.argv[1:]
    spark = session(out)
    spark.sparkContext.setLogLevel("ERROR")
    seconds = {}
    warm = [] if only else [("warm", str(sorted(pathlib.Path(landing).glob("*.jsonl"))[0]))]
    for space, source in [*warm, ("timed", landing)]:
        for stage, step in (("bronze", lambda: bronze(spark, source, space)), ("silver", lambda: silver(spark, space)),
                            ("gold", lambda: gold(spark, space))):
            if only and stage not in only:
                continue
            begun = time.monotonic()
            step()
            seconds[stage] = time.monotonic() - begun
    rows = 0 if only else spark.table("lake.timed.silver").count()
    jvm = spark._jvm.java.lang.ProcessHandle.current().pid()
    peak = int(open(f"/proc/{jvm}/status").read().split("VmHWM:")[1].split()[0])
    print(json.dumps({"seconds": seconds, "rows": rows, "version": spark.version, "peak_mb": peak / 1024,
                      "cpu_seconds": cpu_seconds(jvm)}))
    spark.stop()


if __name__ == "__main__":
    main()
