#!/usr/bin/env python3
"""Creates equal tables of many small files, and compacts one with Spark's rewrite_data_files, `local[2]`, warm.

    spark_compact.py LANDING OUT FILES   prints one JSON object: files, bytes, and Spark's seconds and rows

Tables b.t of the catalogs of folders OUT/spark and OUT/copy; the warm-up is done on a third one. Not tables of Ingot's own, so
that both begin with the same files.
"""

import json
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as f
from spark_batch import SCHEMA, TABLE, catalog, session


def make(spark: SparkSession, name: str, rows) -> None:
    writer = rows.writeTo(f"{name}.b.t").using("iceberg").partitionedBy(f.days("timestamp"))
    for key, value in TABLE.items():
        writer = writer.tableProperty(key, value)
    writer.create()


def compact(spark: SparkSession, name: str) -> float:
    begun = time.monotonic()
    spark.sql(f"CALL {name}.system.rewrite_data_files(table => 'b.t', options => map('min-input-files', '2', "
              "'max-concurrent-file-group-rewrites', '2', 'max-file-group-size-bytes', '536870912'))").collect()
    return time.monotonic() - begun


def main() -> None:
    landing, out, files = sys.argv[1], sys.argv[2], int(sys.argv[3])
    spark = session(f"{out}/spark", catalog("copy", f"{out}/copy") | catalog("warm", f"{out}/warm"))
    spark.sparkContext.setLogLevel("ERROR")
    rows = spark.read.schema(SCHEMA).json(landing).withColumn("timestamp", f.timestamp_millis("timestamp"))
    make(spark, "lake", rows.repartition(files))
    make(spark, "copy", rows.repartition(files))
    make(spark, "warm", rows.limit(500_000).repartition(files // 4))
    before = spark.sql("SELECT count(*) AS files, sum(file_size_in_bytes) AS bytes FROM lake.b.t.files").collect()[0]
    compact(spark, "warm")
    seconds = compact(spark, "lake")
    print(json.dumps({"files": before.files, "bytes": before.bytes, "seconds": seconds, "rows": spark.table("lake.b.t").count()}))


if __name__ == "__main__":
    main()
