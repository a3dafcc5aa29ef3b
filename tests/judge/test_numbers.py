"""Numbers and times at the limits of their types: kept with all their digits, or quarantined with the reason."""

import datetime
import json
from decimal import Decimal

PIPELINE = """
pipeline: t
source: {files: landing, format: %s}
fields:
  at:    {type: timestamptz, unit: %s}
  id:    {type: long, from: [$.id, $.user]}
  value: {type: %s}
bronze: {table: b.t, partition: hour(at)}
silver: {table: s.t, quarantine: s.bad, partition: month(at)}
gold:
  - {table: g.t, group: {date: date(at), hour: hour(at)}, measures: {n: count(*)}}
"""


def run(warehouse, lines, unit="ms", type="double", check=True, format="json"):
    warehouse.pipeline = warehouse.folder / "numbers.yaml"
    warehouse.pipeline.write_text(PIPELINE % (format, unit, type))
    (warehouse.landing / f"{len(list(warehouse.landing.iterdir()))}.jsonl").write_text(lines if isinstance(lines, str) else "\n".join(lines) + "\n")
    return warehouse.ingot("run", check=check)


def bronze(warehouse):
    return sorted(warehouse.pyiceberg().load_table("b.t").scan().to_arrow().to_pylist(), key=lambda row: (row["_source"], row["_source_offset"]))


def test_extra_keeps_every_digit(warehouse):
    """Goal: values that fit no field are in _extra unchanged.
    Method: Python's decimals of both sides, and the member that did not fit."""
    line = ('{"at": 1721347200000, "id": 1, "user": 42, "value": 100000000000000000000, "a": 0.1000, "b": 12345678901234567890123, "c": 1e400,'
            ' "d": {"deep": [-0.0, 9007199254740993.5, " 1.50 "]}, "id": 7}')
    run(warehouse, [line])
    [row] = bronze(warehouse)
    assert (row["id"], row["value"], row["_error"]) == (7, 1e20, None)
    assert row["_extra"] == '{"id":1,"user":42,"a":0.1000,"b":12345678901234567890123,"c":1e400,"d":{"deep":[-0.0,9007199254740993.5," 1.50 "]}}'
    assert json.loads(row["_extra"], parse_float=Decimal)["a"] == Decimal("0.1000")


def test_times_at_their_ends(warehouse):
    """Goal: times are exact, or quarantined with the unit that fits; every layer and PyIceberg read the first and the
    last.
    Method: both ends of the years 1 to 9999 and one beyond, fractions, and another unit."""
    fits = {"-62135596800000": datetime.datetime(1, 1, 1), "253402300799999": datetime.datetime(9999, 12, 31, 23, 59, 59, 999000),
            "1487249458633.25": datetime.datetime(2017, 2, 16, 12, 50, 58, 633250), "-1": datetime.datetime(1969, 12, 31, 23, 59, 59, 999000)}
    far = ["-62135596800001", "253402300800000", "1721347200000000", "99999999999999999999", "1e300"]
    done = run(warehouse, [f'{{"at": {at}, "id": {i}}}' for i, at in enumerate([*fits, *far])])
    rows = bronze(warehouse)
    assert [row["at"].replace(tzinfo=None) for row in rows[: len(fits)]] == list(fits.values())
    assert all(row["at"] is None and "time out of range" in row["_error"] and row["_payload"] for row in rows[len(fits):])
    assert "in us it is 2024-07-19" in rows[len(fits) + 2]["_error"]
    assert len(warehouse.pyiceberg().load_table("s.t").scan().to_arrow().to_pylist()) == len(fits)
    gold = {(row["date"].isoformat(), row["hour"]) for row in warehouse.pyiceberg().load_table("g.t").scan().to_arrow().to_pylist()}
    assert gold == {(at.date().isoformat(), at.hour) for at in fits.values()}
    assert len(warehouse.query("SELECT * FROM s.t")) == len(fits), done.stderr


def test_a_narrowed_field(warehouse):
    """Goal: a column does not narrow by itself. Method: double, then float in the pipeline file."""
    run(warehouse, ['{"at": 0, "id": 1, "value": 0.1}'])
    rejected = run(warehouse, ['{"at": 0, "id": 2, "value": 0.1}'], type="float", check=False)
    assert rejected.returncode == 4 and "field value: type double -> float" in rejected.stderr


def test_an_array_of_records(warehouse):
    """Goal: a document that is an array gives one record per element.
    Method: one with a wrong element, whose bytes are kept."""
    document = '[ {"at": 0, "id": 1},\n {"at": 0, "id": "two"}, {"at": 0, "id": 3} ]\n'
    run(warehouse, document, format="document")
    rows = bronze(warehouse)
    assert [row["id"] for row in rows] == [1, None, 3]
    assert rows[1]["_payload"] == b'{"at": 0, "id": "two"}' and document[rows[1]["_source_offset"]:].startswith('{"at": 0, "id": "two"}')
