"""A save that is interrupted, killed, refused or not alone: a whole network is there afterwards."""

import itertools
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from mnist_helpers import checkpoint, manifest, training
from mnist_helpers.datasets import Split
from mnist_helpers.graph import build_graph
from mnist_helpers.manifest import manifest_of
from mnist_helpers.tf1 import tf

ROOT = Path(__file__).parents[2]

# One process imports TensorFlow, which takes seconds, and no more; the tests' programs are copies of it.
PROGRAMS = multiprocessing.get_context("forkserver")
PROGRAMS.set_forkserver_preload(["mnist_helpers.checkpoint", "mnist_helpers.training"])

WITHOUT_REMAINS = [
    ".model.ckpt.lock",
    "checkpoint",
    "model.ckpt.data-00000-of-00001",
    "model.ckpt.index",
    "model.ckpt.meta",
    "model.ckpt.sha256",
    "predictions.npy",
]


def small_network() -> list[tf.Variable]:
    """1 MB of variables. In these tests all of their numbers are equal, and say which save they are of."""
    return [tf.Variable(tf.zeros([500, 500]), name="W"), tf.Variable(tf.zeros([10]), name="b")]


def save_numbers(path: Path, numbers: Iterable[int]) -> Iterator[int]:
    """Save one network after the other, and give the number of each when it is saved."""
    with tf.Graph().as_default(), tf.Session() as session:
        variables, number = small_network(), tf.placeholder(tf.float32, [])
        fill = [tf.assign(variable, tf.fill(variable.shape, number)) for variable in variables]
        for now in numbers:
            session.run(fill, {number: now})
            checkpoint.save(session, variables, path, np.full(10, now))
            yield now


def save(path: Path, number: int) -> None:
    list(save_numbers(path, [number]))


def why_not(do: Callable, *arguments) -> str:
    """Why it cannot be done."""
    with pytest.raises(checkpoint.CheckpointError) as caught:
        do(*arguments)
    return str(caught.value)


def save_in_turn(path: Path, numbers: range, *, said: Connection) -> None:
    """A program that saves one network after the other, and says which it has saved."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & turns it off
    try:
        for number in save_numbers(path, numbers):
            said.send(number)
    except KeyboardInterrupt:
        sys.exit(130)


def before_each_step(folder: Path, do: Callable[[], None]) -> None:
    """Call ``do`` before Python opens, links, renames or removes anything in the folder (PEP 578)."""
    busy = False

    def hook(event: str, arguments: tuple) -> None:
        nonlocal busy
        names = [str(name) for name in arguments if isinstance(name, (str, Path))]
        if not busy and any(name.startswith(str(folder)) for name in names):
            busy = True
            try:
                do()
            finally:
                busy = False

    sys.addaudithook(hook)


def save_and_copy_each_state(path: Path, *, said: Connection) -> None:
    """A program that saves network 2, and copies the folder as a kill at each of its steps would leave it."""
    states: list[set] = []

    def keep() -> None:
        found = {(str(file), file.stat().st_ino, file.stat().st_size) for file in path.parent.rglob("*")}
        if found not in states[-1:]:
            states.append(found)
            said.send(shutil.copytree(path.parent, path.parent.with_name(f"killed at {len(states)}")))

    before_each_step(path.parent, keep)
    save(path, 2)
    keep()


def save_and_interrupt_at_each_step(path: Path, every: int, *, said: Connection) -> None:
    """A program that saves network 2 in copies of the folder, interrupted at a later step each time."""
    left = 0  # steps

    def interrupt() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt

    before_each_step(path.parent.with_name("interrupted at"), interrupt)
    for step in itertools.count(1, every):
        folder = shutil.copytree(path.parent, path.parent.with_name(f"interrupted at {step}"))
        left, finished = step, False
        with suppress(KeyboardInterrupt):
            save(folder / path.name, 2)
            finished = True
        said.send(folder)
        if finished:
            break


def train_in_turn(path: Path, *, said: Connection) -> None:
    """A program that trains the kit's network a few steps and saves it, again and again.

    It says the sum of the numbers that it has trained, and says it again when they are saved.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chance = np.random.default_rng(0)
    split = Split(chance.integers(0, 256, (256, 28, 28), np.uint8), chance.integers(0, 10, 256, np.uint8))
    try:
        for seed in itertools.count():
            with tf.Graph().as_default(), tf.Session() as session:
                tf.set_random_seed(seed)
                network = build_graph()
                finished = training.train(session, network, split, training.PLAIN, seed)
                trained = sum_of(session.run(network.variables))
                said.send(trained)
                checkpoint.save(session, network.variables, path)
                said.send(trained)
            if not finished:
                sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)


def sum_of(arrays: list[np.ndarray]) -> int:
    return zlib.crc32(b"".join(array.tobytes() for array in arrays))


def restore_often(path: Path, times: int, ready, *, said: Connection) -> None:
    """A program that restores again and again, and says what."""
    ready.wait()
    said.send([number_at(path) for _ in range(times)])


@contextmanager
def as_anybody() -> Iterator[None]:
    """Give up root's right to read and write everything, for a while."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        os.setegid(65534)
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        os.setegid(group)


def save_with_small_files(path: Path, size: int, *, said: Connection) -> None:
    """A program that is refused the byte after that many, as on a full disk, and says why it cannot save."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    said.send(why_not(save, path, 2))
    os._exit(0)


def start(program: Callable, *arguments) -> tuple[multiprocessing.Process, Connection]:
    """The program, and the end of a pipe at which it is heard."""
    here, there = PROGRAMS.Pipe(duplex=False)
    process = PROGRAMS.Process(target=program, args=arguments, kwargs={"said": there}, daemon=True)
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
    monkeypatch.setenv("MNIST_KIT_HOME", str(path.parent))
    with tf.Graph().as_default(), tf.Session() as session:
        variables = small_network()
        tf.train.Saver(variables).restore(session, str(checkpoint.find_model()))
        numbers = np.unique(np.concatenate([values.ravel() for values in session.run(variables)]))
    assert np.load(path.with_name("predictions.npy")).tolist() == [numbers[0]] * 10, (
        "another network's answers"
    )
    assert len(numbers) == 1
    return int(numbers[0])


@pytest.mark.parametrize(
    "program",
    [
        save_and_copy_each_state,
        partial(save_and_interrupt_at_each_step, every=3),
        pytest.param(partial(save_and_interrupt_at_each_step, every=1), marks=pytest.mark.long),
    ],
    ids=["killed", "interrupted", "interrupted everywhere"],
)
def test_stopped_at_a_step_of_a_save_it_leaves_the_old_or_the_new_network(program, tmp_path, monkeypatch):
    save(tmp_path / "before" / "model.ckpt", 1)
    stopped, pipe = start(program, tmp_path / "before" / "model.ckpt")
    found, unfinished = [], 0
    for folder in heard(pipe):
        path = folder / "model.ckpt"
        found.append(number_at(path))
        checkpoint.check(path)
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint, "staged_sets", lambda path: [])
            try:
                checkpoint.check(path)
            except checkpoint.CheckpointError:
                unfinished += 1
        assert number_for_tensorflow(path, monkeypatch) == found[-1], folder
        assert manifest_of(path).exists() and manifest.first_difference(path) is None, folder
    stopped.join()
    assert stopped.exitcode == 0
    assert found == sorted(found) and set(found) == {1, 2}, "first the old one, from some step on the new"
    assert unfinished >= 2, "the steps between the old index and the new were among them"


def test_killed_while_the_same_network_is_saved_with_other_predictions_the_set_is_whole(
    tmp_path, monkeypatch
):
    path = tmp_path / "before" / "model.ckpt"
    save(path, 2)
    np.save(path.with_name("predictions.npy"), np.full(10, 1))
    manifest.write(path)
    _, pipe = start(save_and_copy_each_state, path)
    for folder in heard(pipe):
        checkpoint.check(folder / "model.ckpt")
        monkeypatch.setenv("MNIST_KIT_HOME", str(folder))
        assert manifest.first_difference(checkpoint.find_model()) is None, folder


@pytest.mark.parametrize("times", [3, pytest.param(50, marks=pytest.mark.long)])
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_stopped_at_any_moment_what_was_saved_last_is_restored(by, times, tmp_path):
    path, moments = tmp_path / "model.ckpt", random.Random(0)
    for moment in range(times):
        first = 1000 * moment
        program, pipe = start(save_in_turn, path, range(first, first + 1000))
        assert pipe.recv() == first
        time.sleep(moments.uniform(0, 0.1))  # three saves or more, on a machine that does nothing else
        while program.is_alive():
            os.kill(program.pid, by)  # again, if Python was in a destructor, where it ignores an interrupt
            program.join(1)
        said = [first, *heard(pipe)]
        assert program.exitcode == (130 if by == signal.SIGINT else -by)
        assert number_at(path) in (said[-1], said[-1] + 1)
    save(path, 1)
    assert number_at(path) == 1 and sorted(os.listdir(tmp_path)) == WITHOUT_REMAINS


@pytest.mark.parametrize(
    ("by", "times"),
    [
        pytest.param(signal.SIGINT, 1, id="interrupted"),
        pytest.param(signal.SIGINT, 50, id="interrupted-50", marks=pytest.mark.long),
        pytest.param(signal.SIGKILL, 50, id="killed-50", marks=pytest.mark.long),
    ],
)
def test_stopped_while_it_trains_or_saves_the_network_saved_last_is_restored(by, times, tmp_path):
    path, moments = tmp_path / "model.ckpt", random.Random(0)
    for _ in range(times):
        program, pipe = start(train_in_turn, path)
        said = [pipe.recv(), pipe.recv()]  # it has trained and saved once
        time.sleep(moments.uniform(0, 1))  # once or twice more
        while program.is_alive():
            os.kill(program.pid, by)
            program.join(2)
        said += heard(pipe)
        assert program.exitcode == (130 if by == signal.SIGINT else -by)
        with tf.Graph().as_default(), tf.Session() as session:
            network = build_graph()
            checkpoint.restore(session, network.variables, path)
            restored = sum_of(session.run(network.variables))
        # Said once at the end: it was stopped while it saved that one, before or after the files were there.
        assert restored == said[-1] or (len(said) % 2 and restored == said[-2])


@pytest.mark.parametrize("times", [8, pytest.param(30, marks=pytest.mark.long)])
def test_two_programs_save_at_once_while_a_third_restores(times, tmp_path, monkeypatch):
    path = tmp_path / "model.ckpt"
    save(path, 0)
    writers = [start(save_in_turn, path, range(first, first + times)) for first in (100, 200)]
    seen = []
    while any(program.is_alive() for program, _ in writers):
        seen.append(number_at(path))
    assert [len(heard(pipe)) for _, pipe in writers] == [times, times]
    assert number_for_tensorflow(path, monkeypatch) in (100 + times - 1, 200 + times - 1)
    assert len(set(seen)) > 1, "it restored while they saved"
    assert sorted(os.listdir(tmp_path)) == WITHOUT_REMAINS


@pytest.mark.parametrize("at_once", [4, pytest.param(30, marks=pytest.mark.long)])
def test_many_programs_restore_at_once_while_another_saves(at_once, tmp_path):
    path = tmp_path / "model.ckpt"
    save(path, 0)
    ready = PROGRAMS.Barrier(at_once + 1)
    readers = [start(restore_often, path, 2, ready) for _ in range(at_once)]
    ready.wait()
    _, saves = start(save_in_turn, path, range(1, 10))
    restored = [numbers for _, pipe in readers for numbers in heard(pipe)]
    assert len(restored) == at_once and set().union(*restored) <= set(range(10))
    assert heard(saves) == list(range(1, 10))


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may read, pytest's are not, with network 1 in it as model.ckpt."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        save(Path(folder) / "model.ckpt", 1)
        yield Path(folder)
        os.chmod(folder, 0o755)


def files_in(folder: Path) -> dict[str, bytes | bool]:
    return {str(file): file.is_file() and file.read_bytes() for file in folder.rglob("*")}


def test_without_permission_one_line_names_the_cause_and_nothing_changes(public):
    path = public / "model.ckpt"
    before = files_in(public)
    with as_anybody():
        assert number_at(path) == 1, "everybody may read"
    for part in (public / "model.ckpt.index", public / "model.ckpt.data-00000-of-00001", public):
        mode = part.stat().st_mode
        part.chmod(0o000)
        with as_anybody():
            assert why_not(number_at, path) == (
                f"the checkpoint {path} cannot be read: Permission denied; allow it"
            )
        part.chmod(mode)
    public.chmod(0o555)
    with as_anybody():
        assert why_not(save, path, 2) == (
            f"{path} cannot be saved (Permission denied): free the disk or choose another folder"
        )
    assert files_in(public) == before


def test_who_may_only_read_restores_what_a_killed_save_left(public):
    path, beside = public / "model.ckpt", public / ".model.ckpt.1"
    shutil.copytree(public, beside)
    os.truncate(f"{path}.data-00000-of-00001", 0)
    public.chmod(0o555)
    before = files_in(public)
    with as_anybody():
        assert number_at(path) == 1
    assert files_in(public) == before


@pytest.mark.parametrize("size", [0, 900_000])
def test_a_file_that_cannot_be_written_to_its_end_leaves_the_old_network(size, public):
    before = files_in(public)
    _, pipe = start(save_with_small_files, public / "model.ckpt", size)
    [message] = heard(pipe)
    assert "cannot be saved (File too large): free the disk" in message and "\n" not in message
    assert files_in(public) == before
    assert number_at(public / "model.ckpt") == 1


def test_a_full_disk_leaves_the_old_network(tmp_path):
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can make a small disk")
    try:
        path, ballast = tmp_path / "model.ckpt", tmp_path / "ballast"
        save(path, 1)
        for free in (8_192, 500_000, 1_008_000):  # not even .meta fits; half of the data; all but the rest
            ballast.write_bytes(bytes(shutil.disk_usage(tmp_path).free - free))
            before = files_in(tmp_path)
            assert why_not(save, path, 2) == (
                f"{path} cannot be saved (No space left on device): free the disk or choose another folder"
            )
            assert files_in(tmp_path) == before
            ballast.unlink()
        save(path, 2)  # there is room again
        assert number_at(path) == 2
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_without_links_as_on_a_memory_stick_a_set_is_copied(tmp_path, monkeypatch):
    def link(*arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    for number in (1, 2):
        save(tmp_path / "model.ckpt", number)
    assert number_for_tensorflow(tmp_path / "model.ckpt", monkeypatch) == 2
    assert sorted(os.listdir(tmp_path)) == WITHOUT_REMAINS


def test_a_save_may_end_while_a_reader_looks_for_its_set(tmp_path, monkeypatch):
    path = tmp_path / "model.ckpt"
    save(path, 1)
    shutil.copytree(tmp_path, tmp_path / ".model.ckpt.1")
    os.truncate(f"{path}.data-00000-of-00001", 0)
    monkeypatch.setenv("MNIST_KIT_HOME", str(path.parent))
    look = checkpoint.staged_sets

    def too_late(path: Path) -> list[Path]:
        monkeypatch.setattr(checkpoint, "staged_sets", look)
        checkpoint.find_model()  # puts the set in place, as the end of a save does
        return look(path)

    monkeypatch.setattr(checkpoint, "staged_sets", too_late)
    assert number_at(path) == 1


def test_a_set_that_was_staged_only_in_part_is_never_taken(tmp_path, monkeypatch):
    path, part = tmp_path / "save" / "model.ckpt", tmp_path / "save" / ".model.ckpt.2"
    save(path, 1)
    shutil.copytree(path.parent, tmp_path / "whole")
    save(tmp_path / "new" / "model.ckpt", 2)
    shutil.move(tmp_path / "whole", part.with_name(".model.ckpt.1"))
    shutil.move(tmp_path / "new", part)
    manifest_of(part / "model.ckpt").unlink()  # it is written last
    path.with_name("model.ckpt.index").unlink()
    assert number_at(path) == number_for_tensorflow(path, monkeypatch) == 1
