"""A save that is interrupted, killed or not alone: a whole network is there afterwards, and none is mixed."""

import itertools
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from mnist_helpers import checkpoint
from mnist_helpers.quiet import tf

ROOT = Path(__file__).parents[1]

# One process imports TensorFlow, which takes seconds, and no more; the tests' programs are copies of it.
PROGRAMS = multiprocessing.get_context("forkserver")
PROGRAMS.set_forkserver_preload(["mnist_helpers.checkpoint"])

WITHOUT_REMAINS = [
    ".model.ckpt.lock",
    "checkpoint",
    "model.ckpt.data-00000-of-00001",
    "model.ckpt.index",
    "model.ckpt.meta",
    "predictions.npy",
]


def small_network() -> list[tf.Variable]:
    """1 MB of variables. In these tests all of their numbers are equal, and say which save they are of."""
    return [tf.Variable(tf.zeros([500, 500]), name="W"), tf.Variable(tf.zeros([10]), name="b")]


def save_in_turn(path: Path, numbers: range, saved: Connection, stop_at: int = 0, by: int = 0) -> None:
    """A program that saves one network after the other, and says which it has saved.

    It can stop itself by a signal, when it touches something in the folder for the ``stop_at``-th time.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & turns it off
    variables, number = small_network(), tf.placeholder(tf.float32, [])
    fill = [tf.assign(variable, tf.fill(variable.shape, number)) for variable in variables]
    touched, folder = itertools.count(1), str(path.parent)

    def hook(event: str, arguments: tuple) -> None:
        # Python reports all that it opens, links, renames and removes (PEP 578).
        if any(isinstance(name, (str, Path)) and str(name).startswith(folder) for name in arguments):
            if next(touched) == stop_at:
                os.kill(os.getpid(), by)

    if stop_at:
        sys.addaudithook(hook)
    try:
        with tf.Session() as session:
            for now in numbers:
                session.run(fill, {number: now})
                checkpoint.save(session, variables, path, np.full(10, now))
                saved.send(now)
    except KeyboardInterrupt:
        sys.exit(130)


def restore_often(path: Path, times: int, ready, restored: Connection) -> None:
    """A program that restores again and again, and says what."""
    ready.wait()
    restored.send([number_at(path) for _ in range(times)])


def start(program, path: Path, *arguments) -> tuple:
    """The program, and the end of a pipe at which it is heard."""
    here, there = PROGRAMS.Pipe(duplex=False)
    if program is save_in_turn:
        arguments = (arguments[0], there, *arguments[1:])
    else:
        arguments = (*arguments, there)
    process = PROGRAMS.Process(target=program, args=(path, *arguments), daemon=True)
    process.start()
    there.close()
    return process, here


def heard(pipe: Connection) -> list:
    """All that the program said before it ended."""
    said = []
    try:
        while True:
            said.append(pipe.recv())
    except EOFError:
        return said


def number_at(path: Path) -> int:
    """Which save the restored network is of: all of it."""
    with tf.Graph().as_default(), tf.Session() as session:
        variables = small_network()
        checkpoint.restore(session, variables, path)
        numbers = np.unique(np.concatenate([values.ravel() for values in session.run(variables)]))
    assert len(numbers) == 1, f"mixed from {numbers}"
    return int(numbers[0])


def number_for_tensorflow(path: Path, monkeypatch) -> int:
    """The same, as notebook 03 comes to it: by the kit's find_model and TensorFlow's own Saver."""
    monkeypatch.setattr(checkpoint, "TRAINED", path)
    with tf.Graph().as_default(), tf.Session() as session:
        variables = small_network()
        tf.train.Saver(variables).restore(session, str(checkpoint.find_model()))
        numbers = np.unique(np.concatenate([values.ravel() for values in session.run(variables)]))
    assert np.load(path.with_name("predictions.npy")).tolist() == [numbers[0]] * 10, (
        "another network's answers"
    )
    assert len(numbers) == 1
    return int(numbers[0])


def saved_alone(path: Path, number: int) -> None:
    program, pipe = start(save_in_turn, path, range(number, number + 1))
    assert heard(pipe) == [number]
    program.join()


@pytest.mark.parametrize("every", [2, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_stopped_at_a_step_of_a_save_the_last_or_the_new_network_is_restored(
    by, every, tmp_path, monkeypatch
):
    saved_alone(tmp_path / "before" / "model.ckpt", 1)
    found, mixed = [], 0
    for step in itertools.count(1, every):
        path = shutil.copytree(tmp_path / "before", tmp_path / f"step {step}") / "model.ckpt"
        program, pipe = start(save_in_turn, path, range(2, 3), step, by)
        said = heard(pipe)
        program.join()
        found.append(number_at(path))
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint, "_written_beside", lambda path: [])
            mixed += not checkpoint._is_whole(path)
        assert number_for_tensorflow(path, monkeypatch) == found[-1], f"step {step}"
        if program.exitcode == 0:
            break
        assert program.exitcode == (130 if by == signal.SIGINT else -by)
        assert not said or found[-1] == 2
    assert found == sorted(found) and set(found) == {1, 2}, "first the old one, from some step on the new"
    assert mixed >= 3, "the steps between the first file and the index were among them"


@pytest.mark.parametrize("times", [3, pytest.param(50, marks=pytest.mark.long)])
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_stopped_at_any_moment_what_was_saved_last_is_restored(by, times, tmp_path):
    path, moments = tmp_path / "model.ckpt", random.Random(0)
    for moment in range(times):
        first = 1000 * moment
        program, pipe = start(save_in_turn, path, range(first, first + 1000))
        assert pipe.recv() == first
        time.sleep(moments.uniform(0, 0.1))  # three saves or more, on a machine that does nothing else
        os.kill(program.pid, by)
        said = [first, *heard(pipe)]
        program.join()
        assert program.exitcode == (130 if by == signal.SIGINT else -by)
        assert number_at(path) in (said[-1], said[-1] + 1)
    saved_alone(path, 1)
    assert number_at(path) == 1 and sorted(os.listdir(tmp_path)) == WITHOUT_REMAINS


@pytest.mark.parametrize("times", [8, pytest.param(30, marks=pytest.mark.long)])
def test_two_programs_save_at_once_while_a_third_restores(times, tmp_path, monkeypatch):
    path = tmp_path / "model.ckpt"
    saved_alone(path, 0)
    writers = [start(save_in_turn, path, range(first, first + times)) for first in (100, 200)]
    seen = []
    while any(program.is_alive() for program, _ in writers):
        seen.append(number_at(path))
    assert [len(heard(pipe)) for _, pipe in writers] == [times, times]
    assert number_for_tensorflow(path, monkeypatch) in (100 + times - 1, 200 + times - 1)
    assert len(set(seen)) > 3, "it restored while they saved"
    assert sorted(os.listdir(tmp_path)) == WITHOUT_REMAINS


def test_thirty_programs_restore_at_once_while_another_saves(tmp_path):
    path = tmp_path / "model.ckpt"
    saved_alone(path, 0)
    ready = PROGRAMS.Barrier(31)
    readers = [start(restore_often, path, 3, ready) for _ in range(30)]
    ready.wait()
    _, saves = start(save_in_turn, path, range(1, 20))
    assert all(set(numbers) <= set(range(20)) for _, pipe in readers for numbers in heard(pipe))
    assert heard(saves) == list(range(1, 20))
