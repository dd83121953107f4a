"""Save a network, check what was saved, restore it: or say in one line why not and what to do.

A checkpoint called ``model.ckpt`` is three files: ``model.ckpt.data-00000-of-00001`` (the numbers),
``model.ckpt.index`` (which number is where) and ``model.ckpt.meta`` (the graph they belong to). Beside
them lie ``checkpoint``, the name of the set last saved in that folder, and ``predictions.npy``, what the
network said of MNIST's test pictures.

No system replaces several files at one blow. So a save first writes the whole set into a hidden folder
beside the old one, then puts file after file in place. Whoever reads in between, or after a save that was
killed in between, meets numbers that do not match their index, and finds the whole set in that folder.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from mnist_helpers import paths
from mnist_helpers.tf1 import tf

if os.name == "nt":
    import msvcrt
else:
    import fcntl

# The article names no variable, so TensorFlow numbers them in each scope: name here -> name there.
ARTICLE_NAMES = {
    "conv_layer1/W_conv1": "conv_layer1/Variable",
    "conv_layer1/b_conv1": "conv_layer1/Variable_1",
    "conv_layer2/W_conv2": "conv_layer2/Variable",
    "conv_layer2/b_conv2": "conv_layer2/Variable_1",
    "fc_layer3/W_fc1": "fc_layer3/Variable",
    "fc_layer3/b_fc1": "fc_layer3/Variable_1",
    "output_fc_layer4/W_fc2": "output_fc_layer4/Variable",
    "output_fc_layer4/b_fc2": "output_fc_layer4/Variable_1",
}


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message is one line with the cause and the cure."""


def find_model() -> Path:
    """The student's own model if there is one, else the shipped one.

    TensorFlow's own ``Saver`` may read it next, so the work of a save that was killed is finished first.
    """
    trained = paths.trained_model()
    if not list(trained.parent.glob(f"{trained.name}.*")):
        return paths.SHIPPED_MODEL
    if _written_beside(trained) and not _is_whole(trained):
        with suppress(OSError), _alone(trained):  # where nothing may be written, ``restore`` still reads it
            for folder in _written_beside(trained):
                if _is_whole(folder / trained.name):
                    _put_in_place(folder, trained)
                    break
    return trained


def save(
    session: tf.Session, variables: list[tf.Variable], path: Path, predictions: np.ndarray | None = None
) -> None:
    """Write the values that the variables have in the session as the checkpoint ``path``.

    Give the model's variables alone (``network.variables``): 13 MB. All of a training graph's
    variables, Adam's two slots for each weight included, are 39 MB that only training needs.
    ``predictions``, float32 [10000, 10], are the network's probabilities for MNIST's test pictures. They are
    part of the set; without them, those of the network that was saved there before are removed.

    Whatever ends a save, at any moment, ``restore`` gives a whole network: this one, or the one saved before.
    Several programs may save as the same ``path``: one waits for the other, and the last one's network stays.

    Raises CheckpointError if the files cannot be written; the network that was there before is not lost.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            folder = path.with_name(f".{path.name}.{time.time_ns()}")
            folder.mkdir()
            try:
                tf.train.Saver(variables, save_relative_paths=True).save(session, _utf8(folder / path.name))
                if predictions is not None:
                    np.save(folder / "predictions.npy", predictions)
                for file in folder.iterdir():
                    with open(file, "r+b") as stream:
                        os.fsync(stream.fileno())  # on the disk before the old set is touched
                _read_set(folder / path.name)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            _put_in_place(folder, path)
    except CheckpointError as error:  # what was written is not what is read
        raise CheckpointError(
            f"{path} cannot be saved: the disk does not keep what it is given; use another"
        ) from error
    except TimeoutError as error:
        raise CheckpointError(f"{path} cannot be saved: {error}; end that program") from error
    except (tf.errors.OpError, OSError, ValueError) as error:
        # TensorFlow tells the cause above the line that names the node: "FILE; No space left on device".
        told = str(error).partition("\n\t [[")[0].splitlines()[-1].rpartition("; ")[2]
        reason = getattr(error, "strerror", None) or told
        raise CheckpointError(
            f"{path} cannot be saved ({reason}): free the disk or choose another folder"
        ) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one program at a time save as ``path``. A killed one holds no lock; the empty file stays.

    Raises OSError if the lock cannot be had.
    """
    with open(path.with_name(f".{path.name}.lock"), "ab") as lock:
        for _ in range(1200):
            try:
                if os.name == "nt":
                    msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except (BlockingIOError, PermissionError):
                time.sleep(0.05)
            except OSError:  # a file system without locks, as some clusters have: two at once are rare
                break
        else:
            raise TimeoutError("another program has been saving there for a minute")
        yield


def _written_beside(path: Path) -> list[Path]:
    """The hidden folders that saves as ``path`` have written and not removed, the newest first."""
    prefix = f".{path.name}."
    with suppress(OSError):
        names = (name for name in os.listdir(path.parent) if name.startswith(prefix))
        return [path.with_name(name) for name in sorted(names, reverse=True) if name[len(prefix) :].isdigit()]
    return []


def _put_in_place(folder: Path, path: Path) -> None:
    """Replace the files of the checkpoint ``path`` by the set in ``folder``, which stays whole until the end.

    Only for who is alone: a folder that another save left is then of no use any more, and removed.
    """
    for other in _written_beside(path):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    # From the first file to the index, what is in place matches no index, and is never taken for a set.
    first = (f"{path.name}.data-00000-of-00001", f"{path.name}.meta", "predictions.npy")
    for name in (*first, f"{path.name}.index", "checkpoint"):
        if (folder / name).exists():
            twin = folder / "twin"
            twin.unlink(missing_ok=True)
            try:
                os.link(folder / name, twin)
            except OSError:  # a memory stick's file system has no links
                shutil.copyfile(folder / name, twin)
            os.replace(twin, path.with_name(name))
        else:
            path.with_name(name).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def restore(session: tf.Session, variables: list[tf.Variable], path: Path) -> None:
    """Give the variables in the session the values of the checkpoint ``path``, checked before it is trusted.

    A checkpoint made by the article's own code is known by its names and restored too; whatever
    else a checkpoint holds, such as Adam's slots, is passed over.

    Raises CheckpointError as ``check`` does, and if the checkpoint holds another network.
    """
    stored = _read(Path(path))
    wanted = {variable.op.name: variable for variable in variables}
    if ARTICLE_NAMES.keys() == wanted.keys() and stored.keys() >= set(ARTICLE_NAMES.values()):
        wanted = {ARTICLE_NAMES[name]: variable for name, variable in wanted.items()}
    for name, variable in wanted.items():
        shape = variable.shape.as_list()
        if name not in stored:
            scope = name.split("/")[0]
            if scope[-2:] == "_1":
                cure = "the graph holds the network twice; run tf.reset_default_graph(), then build it once"
            else:
                cure = f"it holds another network ({min(stored, default='nothing')}, …); name this one's"
            raise CheckpointError(f"{path} has no {name}: {cure}")
        found = list(stored[name].shape)
        if found != shape:
            raise CheckpointError(
                f"{path} holds another network: its {name} is {found}, this graph's is {shape}; "
                "build the graph it was saved from, or name another checkpoint"
            )
    for name, variable in wanted.items():
        variable.load(stored[name], session)  # the very numbers that were checked; a Saver would read again


def check(path: Path) -> dict[str, list[int]]:
    """Read the whole checkpoint ``path`` and return the shape of each variable in it, by name.

    Raises CheckpointError if the index or the data is missing, cannot be read, or differs in any byte from
    what was saved. The names and every variable's bytes carry CRC-32C sums that TensorFlow compares when it
    reads them; what no sum covers is compared here. ``.meta``, from which nothing here restores, has no sums.
    """
    return {name: list(array.shape) for name, array in _read(Path(path)).items()}


def _read(path: Path) -> dict[str, np.ndarray]:
    """Read every variable of the set in place, or of the last whole one that a save has not yet put there."""
    while True:
        before = _state(path)
        try:
            return _read_set(path)
        except CheckpointError:
            for folder in _written_beside(path):
                with suppress(CheckpointError):
                    return _read_set(folder / path.name)
            if _state(path) == before:  # else a save has replaced what was being read
                raise


def _state(path: Path) -> list[tuple[int, int]]:
    """What tells the files of two saves apart, as far as they are there and may be looked at."""
    state = []
    for suffix in (".index", ".data-00000-of-00001"):
        with suppress(OSError):
            found = os.stat(f"{path}{suffix}")
            state.append((found.st_ino, found.st_mtime_ns))
    return state


def _is_whole(path: Path) -> bool:
    try:
        _read_set(path)
    except CheckpointError:
        return False
    return True


def _read_set(path: Path) -> dict[str, np.ndarray]:
    index = path.with_name(path.name + ".index")
    data = path.with_name(path.name + ".data-00000-of-00001")
    cure = f"copy the whole set {path.name}.* again, or train again (notebook 02)"
    damaged = CheckpointError(
        f"the checkpoint {path} is damaged, or mixed from two: its bytes do not match their sums; {cure}"
    )
    try:
        missing = [file.name for file in (index, data) if not file.is_file()]
        if len(missing) == 2:
            cure = f"train one (notebook 02) or name {paths.SHIPPED_MODEL}"
            raise CheckpointError(f"there is no checkpoint {path}: {cure}")
        if missing:
            raise CheckpointError(
                f"the checkpoint {path} is only half there, {missing[0]} is missing: {cure}"
            )
        unsummed = index.read_bytes()
        data.open("rb").close()  # whether it may be read; TensorFlow would call it damaged
        reader = tf.train.NewCheckpointReader(_utf8(path))
        arrays = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    except PermissionError as error:
        raise CheckpointError(f"the checkpoint {path} cannot be read: {error.strerror}; allow it") from error
    except CheckpointError:
        raise
    except Exception as error:  # the reader raises whatever a damaged byte makes it stumble over
        raise damaged from error
    if not _unsummed_bytes_are_right(unsummed):
        raise damaged
    return arrays


def _utf8(path: Path) -> str:
    """The path for TensorFlow, which takes every name for UTF-8, whatever the system's language."""
    return os.fsencode(path).decode(errors="surrogateescape")


def _unsummed_bytes_are_right(index: bytes) -> bool:
    """Compare the two places of an index file that carry no sum and that TensorFlow never compares.

    They are the block for metadata, always empty, with the same 13 bytes in every checkpoint; and the
    48-byte footer: where that block and the next lie, as four varints, zeros to 40 bytes, a magic
    number. Source: tensorflow/core/lib/io, table_builder.cc and format.cc.
    """
    footer = len(index) - 48
    metadata = index.rfind(bytes.fromhex("0000000001000000 00 c0f2a1b0"), 0, footer)
    places = (metadata, 8, metadata + 13, footer - 5 - (metadata + 13))
    return metadata >= 0 and index[footer:-8] == b"".join(map(_varint, places)).ljust(40, b"\0")


def _varint(number: int) -> bytes:
    """Write a number seven bits a byte, the lowest first, the eighth bit set in all but the last."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
