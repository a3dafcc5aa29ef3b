"""Bronze by Spark equals bronze by Ingot, for fields of every type and every record."""

import json
import random
import uuid

from conftest import PATIENCE
from engines import spark_settings
from test_other_engines import differences, twin

TYPES = {
    "at": "{type: timestamptz, unit: rfc3339}", "sec": "{type: timestamptz, unit: s}", "ms": "{type: timestamptz, unit: ms}",
    "us": "{type: timestamptz, unit: us}", "ns": "{type: timestamptz, unit: ns}", "late": "{type: timestamptz, unit: rfc3339, range: [2000-01-01, now+1d]}",
    "flag": "{type: boolean}", "n": "{type: int}", "big": "{type: long}", "x": "{type: double}", "f": "{type: float}",
    "rate": "{type: double, unit: Mbit/s, from_unit: bit/s}", "place": "{type: string}", "user": "{type: uuid}", "day": "{type: date}",
    "deep": "{type: double, from: [\"$.a.b\", \"$.c[0].d\"]}", "one": "{type: int, from: [$.one, $.a.one, $.two]}",
    "seven": "{type: int, default: 7}", "yes": "{type: boolean, default: true}", "born": "{type: date, default: \"1999-12-31\"}",
    "nobody": "{type: uuid, default: \"00000000-0000-0000-0000-000000000000\"}",
}
PIPELINE = """
pipeline: types
source: {kafka: {brokers: "${KAFKA_BROKER}", topic: "${KAFKA_TOPIC}"}}
fields:
FIELDS
bronze: {table: bronze.t}
silver: {table: silver.t, quarantine: silver.q}
gold: [{table: gold.t, group: {flag: flag}, measures: {rows: count(*)}}]
"""
VALUES = r"""
null true false 0 -1 -0 5 5.0 5.5 1e2 1.5e0 -0.0 0.1 2147483647 2147483648 -2147483649 2147483648.0 9007199254740993 9223372036854775807
9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 1e15 1e16 1e18 1e19 1e38 1e39 3.4028236e38
1e308 1.7976931348623157e308 1e400 5e-324 1e-400 123456789012345678901234567890 0.30000000000000004 1767225600 1767225600000 1767225600000000
1767225600000.0 99999999999999 253402300799 253402300800 -62135596801 1487249458.633 -0.000001 9999999999.5 1721347200000000 1721347200000000000 [] [1] [null] {} {"b":1} "" "a" "5" "true" "NULL" "null" "\u0000" "é"
"\ud83d\ude00" "2026-01-02" "2026-02-30" "2026-1-02" "0000-01-01" "0001-01-01" "1582-10-10" "9999-12-31" "12026-01-2" "2026-01-2T" "2026"
"2026-01-02T03:04:05Z" "2026-01-02T03:04:05.1Z" "2026-01-02T03:04:05.123456789Z" "2026-01-02T03:04:05.Z" "2026-01-02t03:04:05z"
"2026-01-02T03:04:05+02:00" "2026-01-02T03:04:05+0200" "2026-01-02T03:04:05-00:00" "2026-01-02T03:04:05+25:00" "2026-01-02T03:04:05+02:00:30"
"2026-01-02T03:04:05" "2026-01-02T03:04Z" "2026-01-02T24:00:00Z" "2026-01-02T23:59:60Z" "2026-01-02T03:04:05UTC" "T12:00" "12:00" "now" "epoch"
"1582-10-10T00:00:00Z" "0001-01-01T00:00:00Z" "9999-12-31T23:59:59.999999Z" "1999-12-31T23:59:59Z" "2199-01-01T00:00:00Z"
"6F9619FF-8B86-D011-B42D-00C04FC964FF" "6f9619ff-8b86-d011-b42d-00c04fc964ff" "6f9619ff8b86d011b42d00c04fc964ff"
"{6f9619ff-8b86-d011-b42d-00c04fc964ff}" "6f9619ff-8b86-d011-b42d-00c04fc964fg"
""".split() + ['" "', '"2026-01-02 "', '" 2026-01-2"', '"2026-01-02 03:04:05Z"', '" 2026-01-02T03:04:05Z"', '"2026-01-02T03:04:05 Z"', '"now+1d "',
               '"2026-01-02T03:04:05Z\\n"', '"6f9619ff-8b86-d011-b42d-00c04fc964ff\\n"']
RECORDS = r"""
{}
[]
null
5
"{}"
{"n":1,"n":2}
{"n":null,"n":2}
{"n":1}{"n":2}
{"n":1,}
{"n":01}
{"n":+1}
{"n":.5}
{"x":NaN}
{"x":Infinity}
{'n':1}
{"place":"a	b"}
{"place":"\ud800"}
{"place":"\x"}
{"a":{"b":null},"c":[{"d":3}]}
{"a":{"b":"x"},"c":[{"d":3}]}
{"a":5,"c":[{"d":3}]}
{"one":1,"two":2}
{"one":null,"two":2}
{"one":1,"two":null}
{"two":2,"a":{"one":3}}
{"a":{"b":1,"z":2},"other":[1,{"k":null}],"n":3}
{"zwei":2,"Zwei":3,"N":4}
{"":1,"n ":2}
{"n":1} x
// {"n":1}
{"n":1,"place":"\u00e9\n\t\"\\\/"}
""".splitlines()


# Spark reads no time from whole numbers beyond 64 bits. In its _extra, a number beyond a double is "Infinity". A
# number closer to 0 than any double is the whole number 0 (docs/engines.md).
BEYOND_SPARK = (b'{"ns":9223372036854775808}', b'{"ns":18446744073709551615}', b'{"a":1e400}',
                b'{"n":1e-400}', b'{"big":1e-400}', b'{"one":1e-400}', b'{"seven":1e-400}')


def repeats_a_key(record: bytes) -> bool:
    """Of a key that occurs twice, Spark has only the last value (docs/engines.md). Ingot keeps the others in
    _extra."""
    found = []
    try:
        json.loads(record, object_pairs_hook=lambda pairs: found.append(len(pairs) != len(dict(pairs))))
    except (ValueError, RecursionError):
        return False
    return any(found)


def meaning(row: dict) -> dict:
    """Normalizes JSON text and zero, which have more than one form."""
    same = row | {"_extra": row["_extra"] and json.loads(row["_extra"])}
    return same | {name: row[name] and float(row[name]) for name in ("x", "f", "rate", "deep")}


def test_spark_reads_every_type(house, folder, kafka, postgres, minio):
    """Goal: a record has one meaning in every engine.
    Method: every value in a field of every type, and records that are barely JSON; all columns, and whether a record
    fits."""
    house.make_topic(1)
    fields = "\n".join(f"  {name}: {spec}" for name, spec in TYPES.items())
    house.pipeline = house.folder / "types.yaml"
    house.pipeline.write_text(PIPELINE.replace("FIELDS", fields))
    on_spark = twin(house, folder, kafka, postgres, minio)
    on_spark.pipeline = house.pipeline
    on_spark.variables |= spark_settings()
    records = [record.encode() for record in RECORDS if record] + [b"\xef\xbb\xbf{}", b'{"place":"\xff"}', b"\x00", b" ", b"[" * 2000]
    records += [f'{{"{"a" if name == "deep" else name}":{value}}}'.encode() for name in TYPES for value in VALUES]
    producer = house.producer()
    for record in records:
        producer.produce(house.topic, record, partition=0)
        producer.poll(0)
    producer.flush()
    house.run("--stage", "bronze")
    on_spark.run("--stage", "bronze", "--engine", "spark", timeout=4 * PATIENCE)
    columns = ", ".join(f'CAST("{name}" AS VARCHAR) AS "{name}"' for name in TYPES)
    query = f"SELECT _source_offset, _error IS NULL AS fits, {columns}, _extra, _payload IS NULL AS whole, _error FROM bronze.t ORDER BY _source_offset"
    ours, theirs = house.query(query), on_spark.query(query)
    assert len(ours) == len(theirs) == len(records)
    different = []
    for record, one, other in zip(records, ours, theirs):
        told = [one.pop("_error"), other.pop("_error")]
        if repeats_a_key(record):
            one["_extra"] = other["_extra"] = None
        if meaning(one) != meaning(other) and record not in BEYOND_SPARK:
            different.append((record, {key: (one[key], other[key]) for key in one if one[key] != other[key]}, told))
    assert different == [], different


EXPRESSIONS = """
pipeline: expressions
source: {kafka: {brokers: "${KAFKA_BROKER}", topic: "${KAFKA_TOPIC}"}}
fields:
  at: {type: timestamptz, unit: rfc3339}
  n: {type: int}
  big: {type: long}
  x: {type: double}
  place: {type: string}
  flag: {type: boolean}
  day: {type: date}
  user: {type: uuid}
  added: {type: long, compute: "n + big"}
  mixed: {type: double, compute: "x * 2.5 - n"}
  third: {type: double, compute: "n / 3"}
  rest: {type: long, compute: "big % 4"}
  twice: {type: long, compute: "big + big"}
  square: {type: long, compute: "n * big"}
  minus: {type: long, compute: "-big"}
  portion: {type: double, compute: "x / n"}
  cycle: {type: long, compute: "big % n"}
  exact: {type: double, compute: "big"}
  size: {type: int, compute: "abs(n)"}
  joined: {type: string, compute: "place || '-' || lower(place)"}
  wide: {type: long, compute: "length(place)"}
  loud: {type: string, compute: "upper(trim(place))"}
  near: {type: double, compute: "round(x)"}
  far: {type: long, compute: "abs(big)"}
  some: {type: string, compute: "coalesce(place, 'it''s none')"}
  unless: {type: int, compute: "nullif(n, 0)"}
  which: {type: string, compute: "case when flag then 'yes' when n > 3 then 'many' else 'no' end"}
  on_day: {type: date, compute: "date(at)"}
  hour: {type: int, compute: "hour(at)"}
bronze: {table: bronze.t, partition: day(at)}
silver:
  table: silver.t
  quarantine: silver.q
  partition: [day(at), "bucket(4, user)"]
  rules:
    - {name: trimmed, field: place, fix: trim}
    - {name: there, not_null: [at, user]}
    - {name: few, check: "n between -50 and 40 or place in ('a', 'ä')"}
    - {name: not_half, check: "x <> 1.5 and not (x < -90)"}
    - {name: either, check: "flag or n is null or big % 2 = 0", else: count}
    - {name: short, check: "length(place) < 9 and place <> 'x y'"}
    - {name: no_slash, check: "place <> 'a\\\\b' or place is null"}
    - {name: young, check: "day >= '2026-01-05' or day is null or at > '2026-01-02T12:00:00Z'"}
  unique: {key: [user, at]}
gold:
  - table: gold.t
    partition: on
    group: {on: date(at), hour: hour(at), flag: flag, loud: upper(place)}
    measures:
      records: count(*)
      with_x: count(x)
      places: count(distinct place)
      many: count_if(n > 3)
      flagged: share_if(flag)
      mean: avg(x)
      total: sum(x)
      whole: sum(n)
      least: min(n)
      last: max(at)
      first_place: min(place)
      spread: stddev(x)
      low: quantile(x, 0.25)
      high: quantile(n, 0.9)
      ratio: sum(x) / count(*)
"""
PLACES = ["a", "ä", " b ", "", "   ", "x y", "Çelik", "ω", "日本", "\U0001f600", "long enough", "it's", "a\\b", "A", None]


def results(house, query: str) -> list[dict]:
    """Returns the rows without the columns that depend on the run."""
    ours = ("_run_id", "_ingested_at", "_error", "updated_at")
    return [{key: value for key, value in row.items() if key not in ours} for row in house.query(query)]


def odd_records(count: int) -> list[bytes]:
    chance = random.Random(17)
    records = []
    for _ in range(count):
        row = {
            "at": f"2026-01-0{chance.randrange(1, 5)}T{chance.randrange(3):02}:{chance.randrange(60):02}:00.{chance.randrange(1000):03}Z",
            "n": chance.choice([0, -7, 5, 3, 40, 41, -51, -2**31, chance.randrange(-60, 60)]), "big": chance.choice([2**63 - 1, -2**63, 0, *[chance.randrange(-10**12, 10**12)] * 7]),
            "x": chance.choice([1.5, 2.5, 0.5, -0.5, -91.25, 3, chance.uniform(-100, 100)]), "place": chance.choice(PLACES),
            "flag": chance.random() < 0.5, "day": f"2026-01-{chance.randrange(1, 9):02}", "user": str(uuid.UUID(int=chance.randrange(40) << 64))}
        records.append(json.dumps({key: value for key, value in row.items() if chance.random() > 0.04}).encode())
    return records


def test_expressions_agree(house, trino, folder, kafka, postgres, minio):
    """Goal: rules, computed columns and measures have the same meaning on every engine.
    Method: all operators and functions on odd values; all rows of silver, quarantine and gold of the three engines."""
    house.make_topic(2)
    house.pipeline = house.folder / "expressions.yaml"
    house.pipeline.write_text(EXPRESSIONS)
    embedded, on_spark = (twin(house, folder, kafka, postgres, minio) for _ in range(2))
    embedded.pipeline = on_spark.pipeline = house.pipeline
    on_spark.variables |= spark_settings()
    producer = house.producer()
    for record in odd_records(3000):
        producer.produce(house.topic, record)
        producer.poll(0)
    producer.flush()
    embedded.run()
    house.run("--stage", "bronze")
    house.run("--stage", "silver,gold", "--engine", "trino", timeout=4 * PATIENCE)
    on_spark.run("--engine", "spark", timeout=4 * PATIENCE)
    for query in ("SELECT * FROM silver.t ORDER BY _source_partition, _source_offset", "SELECT * FROM silver.q ORDER BY _source_partition, _source_offset",
                  'SELECT * FROM gold.t ORDER BY "on", hour, flag, loud'):
        rows = results(embedded, query)
        assert len(rows) > 50
        for engine, other in (("trino", house), ("spark", on_spark)):
            assert differences(rows, results(other, query)) == [], (engine, query)
