#!/usr/bin/env python3
"""Writes a topic into an Iceberg table with Spark Structured Streaming, `local[2]`, warm.

    spark_stream.py BROKER TOPIC WARM-TOPIC OUT   prints one JSON object: seconds, rows at the end

Tuned as bench/spark_batch.py; everything that is in the topic, in micro-batches of a million records. Warm: the topic
WARM-TOPIC is carried first, into a table of its own.
"""

import json
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from spark_batch import SCHEMA, TABLE, session


def carry(spark: SparkSession, broker: str, topic: str, out: str) -> tuple[float, int]:
    table = f"lake.stream.{topic}"
    properties = ", ".join(f"'{key}'='{value}'" for key, value in TABLE.items())
    spark.sql("CREATE NAMESPACE IF NOT EXISTS lake.stream")
    spark.sql(f"CREATE TABLE {table} (timestamp TIMESTAMP, user_id STRING, upload_speed DOUBLE, download_speed DOUBLE, "
              "latency DOUBLE, location STRING, _source STRING, _source_partition INT, _source_offset BIGINT, _ingested_at TIMESTAMP) "
              f"USING iceberg PARTITIONED BY (days(timestamp)) TBLPROPERTIES ({properties})")
    rows = (spark.readStream.format("kafka").option("kafka.bootstrap.servers", broker).option("subscribe", topic)
            .option("startingOffsets", "earliest").option("maxOffsetsPerTrigger", 1_000_000).load())
    rows = rows.select(f.from_json(f.col("value").cast("string"), SCHEMA).alias("r"), "topic", "partition", "offset")
    rows = rows.select(f.timestamp_millis("r.timestamp").alias("timestamp"), "r.user_id", "r.upload_speed",
                       "r.download_speed", "r.latency", "r.location", f.col("topic").alias("_source"),
                       f.col("partition").alias("_source_partition"), f.col("offset").alias("_source_offset"),
                       f.current_timestamp().alias("_ingested_at"))
    begun = time.monotonic()
    query = (rows.writeStream.format("iceberg").outputMode("append").option("fanout-enabled", "true")
             .option("checkpointLocation", f"{out}/checkpoint-{topic}").trigger(availableNow=True).toTable(table))
    query.awaitTermination()
    return time.monotonic() - begun, spark.table(table).count()


def main() -> None:
    broker, topic, warm, out = sys.argv[1:5]
    spark = session(out)
    spark.sparkContext.setLogLevel("ERROR")
    carry(spark, broker, warm, out)
    seconds, rows = carry(spark, broker, topic, out)
    print(json.dumps({"seconds": seconds, "rows": rows}))
    spark.stop()


if __name__ == "__main__":
    main()
