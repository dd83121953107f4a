"""Save a network, check what was saved, restore it: or say in one line why not and what to do.

A checkpoint called ``model.ckpt`` is a set of files: ``model.ckpt.data-00000-of-00001`` (the numbers),
``model.ckpt.index`` (which number is where), ``model.ckpt.meta`` (the graph they belong to) and
``model.ckpt.sha256``, the manifest, by which each of them is verified. Beside them lie ``checkpoint``, the
name of the set last saved in that folder, and ``predictions.npy``, the probabilities that the network gave
for MNIST's test images.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import numpy as np

from mnist_helpers import manifest, paths
from mnist_helpers.checkpoint_paths import CheckpointError, is_table, locate
from mnist_helpers.manifest import DATA, INDEX, PREDICTIONS, file_of, manifest_of
from mnist_helpers.staging import file_lock, new_folder, put_in_place, staged_sets
from mnist_helpers.tf1 import tf
from mnist_helpers.variables import match

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

_COPY_AGAIN = "copy the whole set again, or train again (notebook 02)"


def find_model() -> Path:
    """Return the student's own model if there is one, else the shipped one.

    TensorFlow's own ``Saver`` may read it next, so the work of a save that was killed is finished first.
    """
    trained = paths.trained_model()
    if not list(trained.parent.glob(f"{trained.name}.*")):
        return paths.SHIPPED_MODEL
    with suppress(OSError, CheckpointError):  # where nothing may be written, ``restore`` still reads it
        if staged_sets(trained) and _read_whole(trained)[0] != trained:
            with file_lock(trained):
                whole, _ = _read_whole(trained)  # another program may have finished it meanwhile
                if whole != trained:
                    put_in_place(whole, trained)
    return trained


def save(
    session: tf.Session, variables: list[tf.Variable], path: str | Path, predictions: np.ndarray | None = None
) -> None:
    """Write the values that the variables have in the session as the checkpoint ``path``.

    Whatever ends a save, at any moment, ``restore`` gives a whole network: this one, or the one saved before.
    Several programs may save as the same ``path``: one waits for the other, and the last one's network stays.

    Parameters
    ----------
    session : tf.Session
        Where the variables have their values.
    variables : list of tf.Variable
        The model's alone (``network.variables``): 13 MB. All of a training graph's variables, Adam's two
        slots for each weight included, are 39 MB that only training needs.
    path : str or Path
        What the files' names begin with, such as ``save/model.ckpt``. The folder is made if need be.
    predictions : np.ndarray, float32 [10000, 10], optional
        The network's probabilities for MNIST's test images, saved beside it as ``predictions.npy``. Without
        them, those of the network that was saved in that folder before are removed.

    Raises
    ------
    CheckpointError
        If the files cannot be written; the network that was there before is not lost.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(path):
            staged = new_folder(path) / path.name
            try:
                tf.train.Saver(variables, save_relative_paths=True).save(session, _utf8(staged))
                if predictions is not None:
                    np.save(file_of(staged, PREDICTIONS), predictions)
                manifest.write(staged)
                for file in staged.parent.iterdir():
                    with open(file, "r+b") as stream:
                        os.fsync(stream.fileno())  # on the disk before the old set is touched
                _read_set(staged)
            except BaseException:
                shutil.rmtree(staged.parent, ignore_errors=True)
                raise
            put_in_place(staged, path)
    except CheckpointError as error:  # what was written is not what is read
        raise CheckpointError(
            f"{path} cannot be saved: the disk does not keep what it is given; use another"
        ) from error
    except filelock.Timeout as error:
        raise CheckpointError(
            f"{path} cannot be saved: another program has been saving there for a minute; end that program"
        ) from error
    except (tf.errors.OpError, OSError, ValueError) as error:
        # TensorFlow tells the cause above the line that names the node: "FILE; No space left on device".
        told = str(error).partition("\n\t [[")[0].splitlines()[-1].rpartition("; ")[2]
        reason = getattr(error, "strerror", None) or told
        raise CheckpointError(
            f"{path} cannot be saved ({reason}): free the disk or choose another folder"
        ) from error


def restore(session: tf.Session, variables: list[tf.Variable], path: str | Path) -> dict[str, str]:
    """Give the variables in the session the values of the checkpoint ``path``, verified before it is trusted.

    The same network saved by another program, which gave its variables other names or none, is known by their
    shapes and order, see ``variables.match``; whatever else a checkpoint holds, such as Adam's slots, is
    passed over. TensorFlow 1.0's format, V1, is read too.

    What is restored is verified by TensorFlow's own sums, see ``check``, whoever saved it. ``.meta`` and
    ``predictions.npy`` are not used here, so a good network is not refused for their sake.

    Parameters
    ----------
    session : tf.Session
        Where the variables get their values. If the checkpoint is refused, they keep those that they have.
    variables : list of tf.Variable
        The variables to restore, by their names in the graph.
    path : str or Path
        The checkpoint, such as ``save/model.ckpt``, a file of it, or the folder that holds it.

    Returns
    -------
    dict
        The name in the checkpoint for the name in the graph, of those whose names differ.

    Raises
    ------
    CheckpointError
        If the index or the data is missing, cannot be read or is damaged, or is another network's.
    """
    path = locate(Path(path))
    values = _read(path)
    wanted = {variable.op.name: variable for variable in variables}
    try:
        names = match(
            {name: variable.shape.as_list() for name, variable in wanted.items()},
            {name: list(np.shape(value)) for name, value in values.items()},
        )
    except LookupError as error:
        raise CheckpointError(f"{path} {error}") from None
    for name, variable in wanted.items():
        variable.load(
            values[names[name]], session
        )  # the very numbers that were checked; a Saver would read again
    return {name: stored for name, stored in names.items() if stored != name}


def check(path: str | Path) -> dict[str, list[int]]:
    """Verify every file of the checkpoint ``path``, and return the shape of each variable in it, by name.

    - The index and the data are verified by TensorFlow's own sums, whoever saved them: the names and every
      variable's bytes carry CRC-32C sums that TensorFlow compares when it reads them; what no sum covers in
      the index is compared here.
    - These two, ``.meta`` and ``predictions.npy`` are verified by the manifest. A set without one, as another
      program saves it, is taken as far as TensorFlow's sums go. ``predictions.npy`` may be missing.
    - A manifest that an earlier set left behind, because TensorFlow's own ``Saver`` wrote over that set,
      vouches for nothing. ``restore`` gives the network that is there; here a line says what to remove.
    - ``checkpoint``, which names the set last saved in the folder, belongs to no set and is not verified.

    Raises
    ------
    CheckpointError
        If a file is missing, cannot be read, or differs in any byte from what was saved: it is named.
    """
    return {name: list(np.shape(value)) for name, value in _read(locate(Path(path)), _verify).items()}


def _read(path: Path, verify: Callable[[Path], None] = lambda path: None) -> dict[str, np.ndarray]:
    """Read every variable of the set in place, or of the last whole one that a save has not yet put there."""
    while True:
        before = _state(path)
        try:
            whole, arrays = _read_whole(path)
            verify(whole)
            return arrays
        except CheckpointError:
            if _state(path) == before:  # else a save has replaced what was being read
                raise


def _state(path: Path) -> list[tuple[int, int]]:
    """Return what tells the files of two saves apart, as far as they are there and may be looked at."""
    state = []
    for ending in (INDEX, DATA):
        with suppress(OSError):
            found = os.stat(file_of(path, ending))
            state.append((found.st_ino, found.st_mtime_ns))
    return state


def _read_whole(path: Path) -> tuple[Path, dict[str, np.ndarray]]:
    """Find where the whole set called ``path`` lies, in place or staged, and read its variables."""
    try:
        return path, _read_set(path)
    except CheckpointError:
        for staged in staged_sets(path):
            with suppress(CheckpointError):
                return staged, _read_set(staged)
        raise


def _read_set(path: Path) -> dict[str, np.ndarray]:
    """Read the variables in the files called ``path``, and compare the sums that TensorFlow wrote."""
    index, data = file_of(path, INDEX), file_of(path, DATA)
    with _readable(path):
        missing = [file for file in (index, data) if not file.is_file()]
        if len(missing) == 2:
            return _read_v1(path)
        if missing:
            raise _half_there(path, missing[0])
        unsummed = index.read_bytes()
        data.open("rb").close()  # whether it may be read; TensorFlow would call it damaged
    return _values(path, unsummed)


def _read_v1(path: Path) -> dict[str, np.ndarray]:
    """Read the variables in the one file of TensorFlow 1.0's format, a table as the index is."""
    if not path.is_file():
        shipped = paths.get_again("save/pretrained")
        train = f"train one (mnist-kit train), or use the shipped one, {paths.SHIPPED_MODEL}"
        cure = shipped if path == paths.SHIPPED_MODEL else train
        raise CheckpointError(f"there is no checkpoint {path}: {cure}")
    if not is_table(path):
        raise CheckpointError(
            f"{path} is no checkpoint, or breaks off: name one that a Saver saved, or copy it again"
        )
    return _values(path, path.read_bytes())


def _values(path: Path, table: bytes) -> dict[str, np.ndarray]:
    """Read every variable with TensorFlow, which compares the sums, and compare the rest of the table."""
    try:
        reader = tf.train.NewCheckpointReader(_utf8(path))
        values = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    except Exception as error:  # the reader raises whatever a damaged byte makes it stumble over
        raise _damaged(path) from error
    if not _unsummed_bytes_are_right(table):
        raise _damaged(path)
    return values


def _verify(path: Path) -> None:
    """Compare a set with its manifest, if it has one. TensorFlow's sums were compared before."""
    with _readable(path):
        file = manifest.first_difference(path)
    if file == file_of(path, INDEX):
        name = manifest_of(path).name
        raise CheckpointError(
            f"the checkpoint {path} can be restored, but {name} is of another save: TensorFlow's own Saver "
            f"wrote over the set, or two sets were mixed; remove {name}, and {PREDICTIONS} if it is as old"
        )
    if file and not file.exists():
        raise _half_there(path, file)
    if file:
        raise _damaged(path, file)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in one line what keeps a file of the checkpoint ``path`` from being read."""
    try:
        yield
    except PermissionError as error:
        raise CheckpointError(f"the checkpoint {path} cannot be read: {error.strerror}; allow it") from error
    except OSError as error:
        raise _damaged(path) from error


def _half_there(path: Path, missing: Path) -> CheckpointError:
    return CheckpointError(
        f"the checkpoint {path} is only half there, {missing.name} is missing: {_COPY_AGAIN}"
    )


def _damaged(path: Path, file: Path | None = None) -> CheckpointError:
    """Name the file that is not what was saved, where the manifest tells."""
    with suppress(OSError):
        file = file or manifest.first_difference(path)
    cause = f"{file.name} is not what was saved" if file else "its bytes do not match their sums"
    return CheckpointError(f"the checkpoint {path} is damaged, or mixed from two: {cause}; {_COPY_AGAIN}")


def _utf8(path: Path) -> str:
    """Write the path for TensorFlow, which takes every name for UTF-8, whatever the system's language."""
    return os.fsencode(path).decode(errors="surrogateescape")


def _unsummed_bytes_are_right(table: bytes) -> bool:
    """Compare the two places of a table, an index or V1's file, without a sum that TensorFlow compares.

    They are the block for metadata, always empty, with the same 13 bytes in every checkpoint; and the
    48-byte footer: where that block and the next lie, as four varints, zeros to 40 bytes, a magic
    number. Source: tensorflow/core/lib/io, table_builder.cc and format.cc.
    """
    footer = len(table) - 48
    metadata = table.rfind(bytes.fromhex("0000000001000000 00 c0f2a1b0"), 0, footer)
    places = (metadata, 8, metadata + 13, footer - 5 - (metadata + 13))
    return metadata >= 0 and table[footer:-8] == b"".join(map(_varint, places)).ljust(40, b"\0")


def _varint(number: int) -> bytes:
    """Write a number seven bits a byte, the lowest first, the eighth bit set in all but the last."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
