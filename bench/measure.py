"""Shared by the benchmarks: measures time, CPU and memory of a command, and writes results into docs/performance.md."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[1]
INGOT = pathlib.Path(os.environ.get("INGOT_PROGRAM", ROOT / "build/release/ingot"))


@dataclass
class Cost:
    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str = ""


def clean_environment() -> dict[str, str]:
    """The environment without settings that would change what Ingot does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "KAFKA_", "AWS_"))}
    return kept | {"INGOT_PIPELINE": str(ROOT / "pipelines/speedtest.yaml")}


def run(command: list, environment: dict | None = None, folder: pathlib.Path | None = None) -> Cost:
    """Runs a command to its end. Raises with its output when it fails."""
    begun = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], env=environment or clean_environment(), cwd=folder,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output = process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"{command} failed:\n{errors[-3000:]}")
    return Cost(time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def cpu_seconds(pid: int) -> float:
    """User and system CPU time of a running process, over all its threads."""
    ticks = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def results(program: pathlib.Path, *arguments: str) -> list[dict]:
    """The results of a Google Benchmark program."""
    output = run([program, "--benchmark_format=json", *arguments]).output
    return json.loads(output[output.index("{"):])["benchmarks"]


def medians(program: pathlib.Path, *arguments: str) -> list[dict]:
    """Its medians over repetitions."""
    return [entry for entry in results(program, *arguments) if entry.get("aggregate_name") == "median"]


def parser(description: str, page: str = "docs/performance.md") -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--publish", action="store_true", help=f"write the table into {page}")
    return made


def tell(section: str, lines: list[str], options: argparse.Namespace, page: str = "docs/performance.md") -> None:
    """Prints the table, and publishes it with --publish."""
    text = "\n".join(lines)
    print(text)
    if options.publish:
        publish(section, text, page)


def rate(records: float, seconds: float) -> str:
    """Records per second as text: 1.30 M, 265 k."""
    value = records / seconds
    return f"{value / 1e6:.2f} M" if value >= 1e6 else f"{value / 1e3:.0f} k"


def publish(section: str, text: str, page: str = "docs/performance.md") -> None:
    """Replaces the text between the section's marks in the page."""
    path = ROOT / page
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    before = path.read_text()
    if begin not in before:
        raise RuntimeError(f"{path} has no mark {begin}")
    path.write_text(re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: f"{begin}\n{text.strip()}\n{end}", before,
                           flags=re.S))
