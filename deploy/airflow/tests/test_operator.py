"""The operator with a program of given output and exit code."""

import pathlib
import signal
import stat
import tempfile
import threading
import time
import unittest

from airflow.sdk.exceptions import AirflowException, AirflowFailException
from ingot_airflow import IngotOperator
from ingot_airflow.quality import complaints

SILVER = ('{"stage":"silver","table":"silver.t","run_id":"r","rows_in":5,"rows_out":3,"rows_quarantined":1,'
          '"rows_duplicate":1,"rows_error":0,"seconds":0.5}')


class TaskInstance:
    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


class OperatorTest(unittest.TestCase):
    def run_program(self, script: str, **settings):
        folder = pathlib.Path(tempfile.mkdtemp())
        program = folder / "program"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        self.operator = IngotOperator(task_id="t", arguments=["run", "", "--stage", "silver"], program=str(program), **settings)
        self.ti = TaskInstance()
        return self.operator.execute({"ti": self.ti})

    def test_results_are_what_the_program_prints(self):
        results = self.run_program(f"echo '{SILVER}'; echo some words; echo \"$@\" >&2; exit 0")
        self.assertEqual([result["rows_in"] for result in results], [5])
        self.assertEqual(complaints(results, self.ti.pushed["broken_rules"]), [])

    def test_empty_arguments_are_left_out_and_env_is_handed_on(self):
        results = self.run_program("echo \"{\\\"count\\\": $#, \\\"x\\\": \\\"$X\\\"}\"", env={"X": "y"})
        self.assertEqual(results, [{"count": 3, "x": "y"}])

    def test_failures_are_tried_again_but_for_wrong_usage(self):
        with self.assertRaises(AirflowException) as failed:
            self.run_program("echo 'error: no broker' >&2; exit 1")
        self.assertNotIsInstance(failed.exception, AirflowFailException)
        self.assertIn("no broker", str(failed.exception))
        for code in (2, 4):
            with self.assertRaises(AirflowFailException):
                self.run_program(f"exit {code}")
        with self.assertRaises(AirflowException):
            self.run_program("kill -9 $$")

    def test_a_program_that_is_not_there(self):
        with self.assertRaises(AirflowFailException):
            IngotOperator(task_id="t", arguments=["run"], program="/no/such/program").execute({"ti": TaskInstance()})

    def test_broken_rules(self):
        script = "echo 'quality: rule a: too many' >&2; exit 3"
        with self.assertRaises(AirflowFailException):
            self.run_program(script)
        self.assertEqual(self.run_program(script, broken_rules_fail=False), [])
        self.assertEqual(self.ti.pushed["broken_rules"], ["rule a: too many"])
        self.assertEqual(complaints([], self.ti.pushed["broken_rules"]), ["rule a: too many"])

    def test_rows_that_are_not_accounted_for(self):
        stage = {"stage": "silver", "rows_in": 6, "rows_out": 3, "rows_quarantined": 1, "rows_duplicate": 1}
        self.assertEqual(complaints([stage], []), ["silver took in 6 rows and accounts for 5"])

    def test_kill_asks_the_program_to_end(self):
        outcome = []

        def run():
            try:
                self.run_program("trap 'exit 1' TERM; sleep 60 & wait")
            except AirflowException as error:
                outcome.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        while getattr(self, "operator", None) is None or self.operator._process is None:
            time.sleep(0.01)
        time.sleep(0.2)
        self.operator.on_kill()
        thread.join(10)
        self.assertEqual(len(outcome), 1)
        self.assertEqual(self.operator._process.returncode in (1, -signal.SIGTERM), True)


if __name__ == "__main__":
    unittest.main()
