"""Replace a checkpoint's files by new ones, so that a whole set is there at any moment.

No system replaces several files at one blow. So a save first stages the whole set, its manifest last, in a
hidden folder beside the old one. Then it removes the old index and puts file after file in place, the new
index last. Whoever reads in between, or after a save that was killed in between, meets a set without an
index, and finds the whole one in that folder.
"""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import filelock

from mnist_helpers.manifest import DATA, INDEX, META, PREDICTIONS, file_of, manifest_of

LOCK_TIMEOUT = 60  # seconds that a save waits for another program's
# What a file system without locks answers, as some clusters have. Two saves at once are rare: go on.
WITHOUT_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Let one program at a time save as ``path``. A killed one holds no lock; the empty file stays.

    Raises
    ------
    filelock.Timeout
        If another program holds the lock for a minute.
    OSError
        If the lock's file cannot be written.
    """
    # The other kind of lock that filelock falls back to is a file, which would outlive a killed program.
    lock = filelock.FileLock(
        path.with_name(f".{path.name}.lock"), timeout=LOCK_TIMEOUT, fallback_to_soft=False
    )
    with ExitStack() as stack:
        try:
            stack.enter_context(lock)
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
        yield


def new_folder(path: Path) -> Path:
    """Make a hidden folder to stage the next checkpoint ``path`` in."""
    folder = path.with_name(f".{path.name}.{time.time_ns()}")
    folder.mkdir()
    return folder


def staged_sets(path: Path) -> list[Path]:
    """List the complete sets that saves as ``path`` have staged and not removed, the newest first."""
    sets = [folder / path.name for folder in sorted(_folders(path), reverse=True)]
    return [staged for staged in sets if manifest_of(staged).exists()]


def _folders(path: Path) -> list[Path]:
    prefix = f".{path.name}."
    with suppress(OSError):
        names = (name for name in os.listdir(path.parent) if name.startswith(prefix))
        return [path.with_name(name) for name in names if name[len(prefix) :].isdigit()]
    return []


def put_in_place(staged: Path, path: Path) -> None:
    """Replace the files of the checkpoint ``path`` by the set ``staged``, which stays whole until the end.

    Only for who holds the lock: a folder that another save left is then of no use any more, and removed.
    """
    for folder in _folders(path):
        if folder != staged.parent:
            shutil.rmtree(folder, ignore_errors=True)
    # Without an index, what is in place is never taken for a set.
    index = file_of(path, INDEX)
    index.unlink(missing_ok=True)
    first = [file_of(path, ending) for ending in (DATA, META, PREDICTIONS)]
    for file in (*first, manifest_of(path), index, path.with_name("checkpoint")):
        new, twin = staged.with_name(file.name), staged.with_name("twin")
        if not new.exists():
            file.unlink(missing_ok=True)
            continue
        twin.unlink(missing_ok=True)
        try:
            os.link(new, twin)
        except OSError:  # a memory stick's file system has no links
            shutil.copyfile(new, twin)
        os.replace(twin, file)
    shutil.rmtree(staged.parent, ignore_errors=True)
