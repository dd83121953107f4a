"""Which checkpoint a path means: the name of a set, one of its files, or the folder that it lies in.

In TensorFlow 1.0's format, V1, a checkpoint is one file, ``model.ckpt``, a table as today's index is one;
later it is a set, ``model.ckpt.index`` and ``model.ckpt.data-00000-of-00001``. A ``Saver`` that is given a
``global_step`` adds it to the name: ``model.ckpt-20000``.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from mnist_helpers import paths
from mnist_helpers.manifest import DATA, INDEX, file_of
from mnist_helpers.staging import staged_sets

# The last 8 bytes of V1's one file, and of an index. Source: tensorflow/core/lib/io/format.h.
_TABLE = 0xDB4775248B80FB57.to_bytes(8, "little")
_ENDING = re.compile(r"\.(index|meta|sha256|data-\d+-of-\d+)$")


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message is one line with the cause and the cure."""


def locate(path: Path) -> Path:
    """Find the checkpoint that a path means.

    Parameters
    ----------
    path : Path
        A checkpoint, ``save/model.ckpt-20000``; a file of it, ``save/model.ckpt-20000.index``; or the folder
        that holds it, ``save``, or the file ``save/checkpoint``. Of several in a folder that file says which.
        First the name in it counts, since the folder may come from another computer; then the whole path.

    Returns
    -------
    Path
        Its name as ``tf.train.Saver`` takes it. A path at which there is nothing is returned as it is.

    Raises
    ------
    CheckpointError
        If a folder holds none, or several and does not say which; or if, instead of the one named, there are
        others with the number of a step.
    """
    if os.path.isdir(path) and not (path.name and _is_there(path)):
        return _in_folder(path)
    if path.name == "checkpoint" and os.path.isfile(path) and not is_table(path):
        return _in_folder(path.parent)
    if not os.path.isfile(file_of(path, INDEX)):
        path = path.with_name(_ENDING.sub("", path.name) or path.name)
    if not _is_there(path) and (numbered := steps(path)):
        raise CheckpointError(
            f"there is no checkpoint {path}, only {_names(numbered)}: name the one that you mean"
        )
    return path


def own_model() -> Path | None:
    """Return the user's own model: the kit's, else the one of the highest step that a ``Saver`` saved."""
    trained = paths.trained_model()
    if os.path.isfile(trained) or list(trained.parent.glob(f"{trained.name}.*")):
        return trained
    return next(reversed(steps(trained)), None)


def steps(path: Path) -> list[Path]:
    """List the checkpoints that are called ``path`` and the number of a step, the highest last."""
    number = re.compile(re.escape(path.name) + r"-\d+")
    return [found for found in _all_in(path.parent) if number.fullmatch(found.name)]


def is_table(file: Path) -> bool:
    """Whether the file ends as TensorFlow's tables do. Raises OSError if it cannot be read."""
    with file.open("rb") as stream:
        stream.seek(max(0, os.stat(file).st_size - len(_TABLE)))
        return stream.read() == _TABLE


def _is_there(path: Path) -> bool:
    """Whether there is at least a part of the checkpoint."""
    parts = (path, file_of(path, INDEX), file_of(path, DATA))
    return any(map(os.path.isfile, parts)) or bool(staged_sets(path))


def _in_folder(folder: Path) -> Path:
    """Return the checkpoint that the folder's file ``checkpoint`` names, or else the only one."""
    named = _named_in(folder / "checkpoint")
    for place in named:
        if _is_there(place):
            return place
    found = _all_in(folder)
    if len(found) == 1:
        return found[0]
    stale = f" (its file checkpoint names {named[0].name}, which is not there)" if named else ""
    if found:
        raise CheckpointError(f"the folder {folder} holds {_names(found)}{stale}: name the one that you mean")
    cure = f"name another folder, or the shipped model, {paths.SHIPPED_MODEL}"
    raise CheckpointError(f"the folder {folder} holds no checkpoint{stale}: {cure}")


def _named_in(file: Path) -> list[Path]:
    """Return where the checkpoint may lie that a file ``checkpoint`` names: beside it, or at that path."""
    try:
        line = re.search(rb'^\s*model_checkpoint_path:\s*"([^"\0\n]+)"', file.read_bytes(), re.MULTILINE)
    except OSError:
        return []
    if not line:
        return []
    # A protocol buffer's text has octal numbers for what is not ASCII, and two backslashes for one.
    written = re.sub(rb"\\([0-3][0-7]{2})", lambda octal: bytes([int(octal[1], 8)]), line[1])
    text = os.fsdecode(written.replace(rb"\\", b"\\"))
    return [file.parent / place for place in (re.split(r"[/\\]", text)[-1], text) if place]


def _all_in(folder: Path) -> list[Path]:
    """List a folder's checkpoints; those of one name by step."""
    found = set()
    with suppress(OSError):
        for name in os.listdir(folder):
            file = folder / name
            if name.startswith(".") or not os.path.isfile(file):
                continue
            if name.endswith(INDEX):
                found.add(folder / name.removesuffix(INDEX))
            elif not _ENDING.search(name):
                with suppress(OSError):
                    if is_table(file):
                        found.add(file)
    return sorted(found, key=lambda path: (len(path.name), path.name))  # step 900 before 1000


def _names(checkpoints: list[Path]) -> str:
    return ", ".join(path.name for path in checkpoints)
