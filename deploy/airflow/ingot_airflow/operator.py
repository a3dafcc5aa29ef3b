"""IngotOperator: one command of `ingot` as a task."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

# Exit codes of ingot, from its documentation (docs/operations.md).
WRONG_USAGE, RULE_BROKEN, PENDING_CHANGE = 2, 3, 4


class StageSummary(TypedDict, total=False):
    """The summary of a stage that `ingot run --log-format json` prints."""

    stage: str
    table: str
    rows_in: int
    rows_out: int
    rows_quarantined: int
    rows_duplicate: int
    rows_error: int
    seconds: float
    broken_by_rule: dict[str, int]


class IngotOperator(BaseOperator):
    """Runs `ingot ARGUMENTS` and returns what it prints in JSON, one object per line, as a list.

    The task's log shows ingot's log messages immediately, and a summary of the stages at the end. Exit code 2 (wrong
    usage) fails the task without retries. Other failures use the task's retries, which are safe: a rerun changes nothing.
    Exit code 3 (a quality gate holds rows back: silver did not change) also fails the task without retries. If
    `broken_rules_fail` is false, the task succeeds instead and puts the reasons into its XCom `broken_rules`, for a later task.

    :param arguments: the command and its flags, without the program; templated
    :param env: environment in addition to the worker's own, e.g. INGOT_WAREHOUSE; templated
    :param program: the program; default INGOT_PROGRAM of the environment, else `ingot`
    :param broken_rules_fail: whether exit code 3 fails the task
    """

    template_fields: Sequence[str] = ("arguments", "env")
    ui_color = "#e8d5a3"

    def __init__(self, *, arguments: Sequence[str], env: Mapping[str, str] | None = None, program: str | None = None,
                 broken_rules_fail: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = list(arguments)
        self.env = dict(env or {})
        self.program = program
        self.broken_rules_fail = broken_rules_fail
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Mapping[str, Any]) -> list[dict[str, Any]]:
        command = [self.program or os.environ.get("INGOT_PROGRAM", "ingot"),
                   *(argument for argument in self.arguments if argument)]
        self.log.info("$ %s", " ".join(command))
        try:
            self._process = subprocess.Popen(command, env=os.environ | self.env, stdout=subprocess.PIPE,
                                             stderr=subprocess.PIPE, text=True, start_new_session=True)
        except OSError as error:
            raise AirflowFailException(f"{command[0]} cannot be run: {error}") from error
        complaints: list[str] = []
        reader = threading.Thread(target=self._log_lines, args=(complaints,))
        reader.start()
        assert self._process.stdout is not None
        results = []
        for line in self._process.stdout:
            if line.startswith("{"):
                results.append(json.loads(line))
            elif line.strip():
                self.log.info("%s", line.rstrip())
        code = self._process.wait()
        reader.join()
        self._log_summary(results)
        broken = [line.removeprefix("quality: ") for line in complaints if line.startswith("quality: ")]
        context["ti"].xcom_push(key="broken_rules", value=broken)
        last = complaints[-1] if complaints else "it printed nothing"
        if code in (WRONG_USAGE, PENDING_CHANGE) or (code == RULE_BROKEN and self.broken_rules_fail):
            raise AirflowFailException(f"ingot ended with {code}: {last}")
        if code not in (0, RULE_BROKEN):
            raise AirflowException(f"ingot ended with {code}: {last}")
        return results

    def on_kill(self) -> None:
        """Asks ingot to exit. Its commits stay; the next run does the rest again."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)

    def _log_lines(self, complaints: list[str]) -> None:
        assert self._process is not None and self._process.stderr is not None
        for line in self._process.stderr:
            complaints.append(line.rstrip())
            self.log.info("%s", line.rstrip())

    def _log_summary(self, results: Sequence[Mapping[str, Any]]) -> None:
        for stage in results:
            if "stage" not in stage:
                continue
            self.log.info("%s: %s rows in, %s out, %s quarantined, %s duplicates, in %.2f s (%s)", stage["stage"],
                          stage["rows_in"], stage["rows_out"], stage["rows_quarantined"], stage["rows_duplicate"],
                          stage["seconds"], stage["table"])
