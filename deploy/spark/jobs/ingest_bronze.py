#!/usr/bin/env python3
"""Ingests records from Kafka into bronze: once up to the end of the topic, or as a stream.

    spark-submit ingest_bronze.py --compiled compiled.json [--stream --every SECONDS]

The job begins at the offsets in the table, never at a checkpoint of Spark. Ingot can resume where this job ended, and
the reverse.
"""

from __future__ import annotations

import json
import re
import tempfile
from typing import Any

from ingot_spark import Conflict, Job, Report, Table
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

Offsets = dict[str, int]  # of one topic, by partition


class Topic:
    """The topic in Kafka, read with the client that Spark's own reader uses."""

    def __init__(self, job: Job):
        source = re.fullmatch(r"kafka://([^/]+)/([^?]+)(\?.*)?", job.compiled["source"])
        if source is None:
            raise SystemExit(f"Spark's bronze reads Kafka, not {job.compiled['source']}: run it with --engine embedded")
        self.job, self.brokers, self.name = job, source[1], source[2]
        jvm = job.spark.sparkContext._jvm
        properties = jvm.java.util.Properties()
        properties.put("bootstrap.servers", self.brokers)
        admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)
        try:
            described = admin.describeTopics(jvm.java.util.Collections.singletonList(self.name)).allTopicNames().get()
            # The id in Ingot's alphabet, RFC 4648, section 4; Kafka's tools use section 5.
            topic_id = described.get(self.name).topicId().toString().replace("-", "+").replace("_", "/")
            self.identity = {"cluster": admin.describeCluster().clusterId().get(), "id": topic_id}
        finally:
            admin.close()

    def ends(self) -> tuple[Offsets, Offsets]:
        """The first and the next offset of each partition, of committed records only."""
        jvm = self.job.spark.sparkContext._jvm
        properties = jvm.java.util.Properties()
        decoder = "org.apache.kafka.common.serialization.ByteArrayDeserializer"
        for key, value in {"bootstrap.servers": self.brokers, "isolation.level": "read_committed",
                           "key.deserializer": decoder, "value.deserializer": decoder}.items():
            properties.put(key, value)
        consumer = jvm.org.apache.kafka.clients.consumer.KafkaConsumer(properties)
        try:
            partitions = jvm.java.util.ArrayList()
            for info in consumer.partitionsFor(self.name):
                partitions.add(jvm.org.apache.kafka.common.TopicPartition(self.name, info.partition()))
            return tuple({str(at.partition()): offsets.get(at) for at in partitions}  # type: ignore[return-value]
                         for offsets in (consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)))
        finally:
            consumer.close()

    def options(self) -> dict[str, str]:
        return {"kafka.bootstrap.servers": self.brokers, "kafka.isolation.level": "read_committed", "failOnDataLoss": "true"}


def begins(topic: Topic, table: Table, first: Offsets) -> tuple[dict[str, Any], Offsets]:
    """The offsets of all topics in the table, and those of this topic."""
    if table.mark("ingot.offsets") is None and table.mark("ingot.offsets-file") is not None:
        raise SystemExit(f"{table.name} keeps its offsets in a file: run bronze with --engine embedded")
    known = json.loads(table.mark("ingot.topics") or "{}").get(topic.name)
    if known is not None and known != topic.identity:
        raise SystemExit(
            f"topic {topic.name} is not the one that {table.name} was read from; "
            "run bronze once with --engine embedded and --on-reset earliest or latest"
        )
    offsets = json.loads(table.mark("ingot.offsets") or "{}")
    here = {partition: offsets.get(topic.name, {}).get(partition, begin) for partition, begin in first.items()}
    gone = [partition for partition, begin in first.items() if here[partition] < begin]
    if gone:
        raise SystemExit(
            f"topic {topic.name}: records of partitions {', '.join(gone)} were deleted before they were read; "
            "run bronze once with --engine embedded and --on-reset earliest or latest"
        )
    return offsets, here


def commit(job: Job, topic: Topic, table: Table, records: DataFrame, offsets: dict[str, Any], begin: Offsets,
           end: Offsets) -> Report:
    """Commits the records from `begin` up to `end` as rows."""
    report = Report("bronze", table.table, job.run_id)
    records.withColumn("_now", f.timestamp_micros(f.lit(report.started_at_us))).createOrReplaceTempView("records")
    rows = records.sparkSession.sql(job.compiled["bronze"]["rows"]).persist()  # each batch of a stream has its own session
    counts = rows.agg(f.count("*").alias("rows"), f.count("_error").alias("errors")).first()
    report.rows_in = report.rows_out = counts.rows
    report.rows_error = counts.errors
    ranges = {partition: [begin[partition], end[partition]] for partition in end if end[partition] > begin[partition]}
    topics = json.loads(table.mark("ingot.topics") or "{}") | {topic.name: topic.identity}
    offsets = offsets | {topic.name: offsets.get(topic.name, {}) | {partition: upto for partition, (_, upto) in ranges.items()}}
    table.commit(rows, {"ingot.offsets": json.dumps(offsets), "ingot.topics": json.dumps(topics),
                        "ingot.offset-ranges": json.dumps({topic.name: ranges})} | report.summary())
    rows.unpersist()
    report.commits = 1
    return report


def once(job: Job, topic: Topic) -> Report:
    first, end = topic.ends()
    table = Table(job, job.compiled["bronze"]["table"])
    offsets, begin = begins(topic, table, first)
    if all(end[partition] <= begin[partition] for partition in end):
        table.drop()
        return Report("bronze", table.table, job.run_id)
    reader = job.spark.read.format("kafka").options(**topic.options()).option("assign", json.dumps({topic.name: sorted(map(int, end))}))
    records = reader.option("startingOffsets", json.dumps({topic.name: begin})).option(
        "endingOffsets", json.dumps({topic.name: end})).load()
    return commit(job, topic, table, records, offsets, begin, end)


def stream(job: Job, topic: Topic, seconds: float) -> None:
    """Structured Streaming. Spark's checkpoint lasts as long as the query; the next query begins at the offsets in the table."""
    first, _ = topic.ends()
    table = Table(job, job.compiled["bronze"]["table"])
    _, begin = begins(topic, table, first)
    table.drop()

    def take(records: DataFrame, _: int) -> None:
        records.persist()
        seen = records.groupBy("partition").agg(f.min("offset").alias("low"), f.max("offset").alias("high")).collect()
        if not seen:
            return
        table = Table(job, job.compiled["bronze"]["table"])
        offsets, here = begins(topic, table, first)
        if any(row.low < here[str(row.partition)] for row in seen):  # another writer has committed some of these
            table.drop()
            raise Conflict(table.table)
        end = here | {str(row.partition): row.high + 1 for row in seen}
        commit(job, topic, table, records, offsets, here, end).print()
        records.unpersist()

    reader = job.spark.readStream.format("kafka").options(**topic.options())
    reader = reader.option("assign", json.dumps({topic.name: sorted(map(int, first))}))
    records = reader.option("startingOffsets", json.dumps({topic.name: begin})).load()
    with tempfile.TemporaryDirectory(prefix="ingot-spark-") as checkpoint:
        query = records.writeStream.foreachBatch(take).option("checkpointLocation", checkpoint)
        query.trigger(processingTime=f"{seconds} seconds").start().awaitTermination()


def main() -> None:
    def add(parser: Any) -> None:
        parser.add_argument("--stream", action="store_true", help="continue with new records until stopped")
        parser.add_argument("--every", type=float, default=10, help="seconds between two commits of the stream")

    job = Job("bronze", __doc__, add)
    if "unsupported" in job.compiled["bronze"]:
        raise SystemExit(job.compiled["bronze"]["unsupported"])
    topic = Topic(job)
    if job.arguments.stream:
        stream(job, topic, job.arguments.every)
    else:
        job.retry_on_conflict(lambda: once(job, topic)).print()


if __name__ == "__main__":
    main()
