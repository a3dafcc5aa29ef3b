"""Tests every I/O call of every command that writes: killed before it, failed, cut short, and followed by a power cut.

A seed selects a part of the calls; FAULTS=all tests all of them. To repeat a failure, run the command that it prints."""

import os
import random
import re

import pytest
import shim
from judge import locations
from scenarios import SCENARIOS, Lab

ALL = os.environ.get("FAULTS") == "all"
SEED = os.environ.get("FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
ONE_CALL = int(os.environ.get("FAULTS_CALL", 0))
SAMPLE = int(os.environ.get("FAULTS_SAMPLE", 3))  # calls of each scenario and action
PARTS = 8 if ALL else 1
ACTIONS = {"kill": shim.CHANGES, "cut": shim.CHANGES, "error": set(shim.ERRORS), "short": {"read", "write"}}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, library):
    """Maps each scenario to its warehouse, and to the calls of its command without a fault."""
    known = {}

    def prepare(scenario):
        if scenario.name not in known:
            lab = Lab(tmp_path_factory.mktemp(scenario.name))
            lab.create()
            scenario.prepare(lab)
            lab.keep()
            done, calls = run(lab, scenario, library)
            assert done.returncode == 0, done.stderr
            scenario.check(lab)
            if scenario.durable:
                shim.cut_power(calls)
                scenario.check(lab)
            known[scenario.name] = lab, calls
        return known[scenario.name]

    return prepare


def run(lab, scenario, library, **fault):
    """Runs the command on the prepared warehouse, with at most one fault. Returns what it did."""
    lab.reset()
    trace = lab.folder.parent / "trace"
    trace.unlink(missing_ok=True)
    done = lab.ingot(*scenario.command, env=shim.environment(library, lab.folder, trace, **fault))
    return done, shim.read_trace(trace)


def chosen(calls, scenario, action, part):
    """Returns the calls that the action applies to: all of them, or one each of some kinds."""
    calls = [call for call in calls if call.operation in ACTIONS[action]]
    if ONE_CALL:
        return [call for call in calls if call.number == ONE_CALL]
    if ALL:  # all operations of maintenance together repeat calls that each has made alone
        return calls[part :: PARTS * (8 if scenario.name == "maintain-all" else 1)]
    kinds = {}
    for call in calls:
        kinds.setdefault(call.kind(), []).append(call)
    chance = random.Random(f"{SEED} {scenario.name} {action}")
    picked = chance.sample(sorted(kinds), min(SAMPLE, len(kinds)))
    return [chance.choice(kinds[kind]) for kind in picked]


def check_message(done, broken, error):
    """Asserts that an error names a faulty file and the system's reason."""
    reasons = [os.strerror(getattr(shim.errno, error))]
    names = {re.sub("(?<=[.]db)-.*", "", os.path.basename(call.path)) for call in broken}
    if "catalog.db" in names:
        # SQLite opens a file that it cannot write read-only, and loses the reason.
        reasons += ["readonly database", "cannot create its journal"]
    told = done.stderr + done.stdout  # the doctor's findings are its output
    assert "error" in told or "FAIL" in told, f"exit code {done.returncode} without a message"
    assert any(reason in told for reason in reasons), f"the message does not say '{reasons[0]}': {told}"
    assert any(name in told for name in names), f"the message does not name {names}: {told}"


def try_call(lab, scenario, library, action, call):
    """Injects one fault, then repeats the command: the result must be as if nothing had happened."""
    chance = random.Random(f"{SEED} {scenario.name} {action} {call.number}")
    error = chance.choice(shim.ERRORS[call.operation])
    fault = {"kill": "kill", "cut": "kill", "short": "short", "error": error}[action]
    repeat = action == "error" and error != "EINTR" and chance.random() < 0.3
    done, calls = run(lab, scenario, library, call=call.number, action=fault, repeat=repeat)
    broken = [one for one in calls if one.number == call.number]
    if repeat and broken:
        broken += [one for one in calls if one.number > call.number and one.operation == broken[0].operation]
    outcome = "killed" if done.returncode == -9 else f"exit code {done.returncode}"
    try:
        assert done.returncode in (0, 1, 2, 3) or (done.returncode == -9 and fault == "kill"), f"the program crashed: {done.stderr}"
        if action == "short":
            assert done.returncode == 0, "a short read or write is no error"
        if action == "error" and done.returncode != 0 and broken:
            check_message(done, broken, error)
        if done.returncode == 0:
            scenario.check(lab)
        checked = done.returncode == 0 and scenario.check is Lab.check and locations(lab.warehouse)
        if done.returncode != -9:
            assert not list(lab.temporary.iterdir()), f"left in the temporary folder: {list(lab.temporary.iterdir())}"
        if action == "cut" and done.returncode == -9:
            shim.cut_power(calls[:-1])
        again = lab.ingot(*scenario.command)
        assert again.returncode in scenario.done_codes, f"once more: exit code {again.returncode}: {again.stderr}"
        if scenario.command[0] == "run" and checked:
            assert locations(lab.warehouse) == checked, "a rerun changed something"
        if not checked or locations(lab.warehouse) != checked:
            scenario.check(lab)
        if scenario.command[0] == "run" and not checked and call.number % 5 == 0:
            before = locations(lab.warehouse)
            lab.must(*scenario.command)
            assert locations(lab.warehouse) == before, "a rerun changed something"
    except Exception as problem:
        what = f"{fault}{' from then on' if repeat else ''} at call {call.number} ({call.operation} {call.path}), {outcome}"
        raise AssertionError(f"{what}: {problem}\nrepeat with: FAULTS_SEED={SEED} FAULTS_CALL={call.number} "
                             f"pytest tests/faults -k '{scenario.name}-{action}-'") from problem
    return outcome


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_call(scenario, action, part, prepared, library, record_property):
    """Goal: a fault in one I/O call loses nothing, duplicates nothing and gives no wrong row, and errors say what
    failed.
    Method: the fault at each chosen call, then the command again, then PyIceberg against the expected rows of the
    input."""
    lab, calls = prepared(scenario)
    outcomes, failures = {}, []
    for call in chosen(calls, scenario, action, part):
        try:
            outcome = try_call(lab, scenario, library, action, call)
        except AssertionError as problem:
            outcome = "WRONG"
            failures.append(str(problem))
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    record_property("faults", [scenario.name, action, len(calls), outcomes])
    assert not failures, f"{len(failures)} of {sum(outcomes.values())} wrong\n" + "\n\n".join(failures[:5])
