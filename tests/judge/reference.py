"""The speed-test pipeline again, implemented simply and independently: what the tables must contain for given
bytes."""

import collections
import dataclasses
import datetime
import json
import math
import statistics
import uuid

FIELDS = ("timestamp", "user_id", "upload_speed", "download_speed", "latency", "location")
EARLIEST = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)


@dataclasses.dataclass
class Layers:
    bronze: list = dataclasses.field(default_factory=list)
    silver: list = dataclasses.field(default_factory=list)
    quarantine: list = dataclasses.field(default_factory=list)
    duplicates: int = 0
    gold: dict = dataclasses.field(default_factory=dict)


def no_constants(text):
    raise ValueError(f"not JSON: {text}")


def read(line: bytes, now: datetime.datetime):
    """Returns the six fields of one record, and whether it fits. A field is None when it is missing or does not
    fit."""
    nothing = dict.fromkeys(FIELDS)
    try:
        record = json.loads(line.decode("utf-8"), parse_constant=no_constants)
    except (ValueError, RecursionError):
        return nothing, False
    if not isinstance(record, dict):
        return nothing, False
    row, fits = dict(nothing), True
    for name in FIELDS:
        value = record.get(name)
        if value is None:
            continue
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        try:
            if name == "timestamp":
                if not is_number or value != int(value):
                    raise ValueError
                time = datetime.datetime.fromtimestamp(0, datetime.timezone.utc) + datetime.timedelta(milliseconds=int(value))
                if not EARLIEST <= time <= now + datetime.timedelta(days=1):
                    raise ValueError
                row[name] = time
            elif name == "user_id":
                if not isinstance(value, str) or len(value) != 36:
                    raise ValueError
                row[name] = uuid.UUID(value)
            elif name == "location":
                if not isinstance(value, str):
                    raise ValueError
                row[name] = value
            else:
                if not is_number or not math.isfinite(value):
                    raise ValueError
                row[name] = float(value)
        except (ValueError, OverflowError):
            fits = False
    return row, fits


def judge(row, fits):
    if not fits:
        return ["parse"]
    broken = []
    if any(row[name] is None for name in FIELDS):
        broken.append("complete")
    for rule, name, high in (("plausible_upload", "upload_speed", 1e5), ("plausible_download", "download_speed", 1e5), ("plausible_latency", "latency", 6e4)):
        if row[name] is not None and not 0 <= row[name] <= high:
            broken.append(rule)
    if row["location"] == "":
        broken.append("location_not_blank")
    return broken


def quantile(values, share):
    values = sorted(values)
    place = share * (len(values) - 1)
    low, high = math.floor(place), math.ceil(place)
    return values[low] + (values[high] - values[low]) * (place - low)


def compute(paths, now=None) -> Layers:
    """Computes the layers for JSON-lines files, read in the order of their names."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    layers, seen, groups = Layers(), set(), collections.defaultdict(list)
    for path in sorted(paths):
        offset = 0
        for line in path.read_bytes().split(b"\n"):
            if line.strip():
                row, fits = read(line.strip(), now)
                layers.bronze.append((row, offset, fits))
            offset += len(line) + 1
    for row, offset, fits in layers.bronze:
        row = dict(row)
        if row["location"] is not None:
            row["location"] = row["location"].strip(" \t\r\n")
        broken = judge(row, fits)
        if broken:
            layers.quarantine.append((row, offset, broken))
            continue
        key = (row["user_id"], row["timestamp"])
        if key in seen:  # the lowest position survives: the first by file, then by offset
            layers.duplicates += 1
            continue
        seen.add(key)
        layers.silver.append(row)
    for row in layers.silver:
        groups[row["timestamp"].date(), row["timestamp"].hour, row["location"]].append(row)
    for group, rows in groups.items():
        figures = {"tests": len(rows), "users": len({row["user_id"] for row in rows})}
        for name in ("upload_speed", "download_speed", "latency"):
            values = [row[name] for row in rows]
            figures |= {
                f"avg_{name}": statistics.fmean(values),
                f"min_{name}": min(values),
                f"max_{name}": max(values),
                f"p50_{name}": quantile(values, 0.5),
                f"p95_{name}": quantile(values, 0.95),
                f"stddev_{name}": statistics.stdev(values) if len(values) > 1 else None,
            }
        layers.gold[group] = figures
    return layers
