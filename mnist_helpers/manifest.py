"""A checkpoint's manifest: the SHA-256 of each of its files, in the form that ``sha256sum --check`` reads.

The manifest of ``model.ckpt`` is ``model.ckpt.sha256``, so it travels with ``model.ckpt.*``. It is written
last, when the set is complete, and covers the other files of the set and ``predictions.npy``. It does not
cover ``checkpoint``, which belongs to the folder and which every save in that folder rewrites.

Only the ends of the names in it count, so a set that was renamed still matches its manifest.
"""

import hashlib
import re
from pathlib import Path

DATA, INDEX, META, PREDICTIONS = ".data-00000-of-00001", ".index", ".meta", "predictions.npy"

_LINE = re.compile(rf"([0-9a-f]{{64}})  .*?({'|'.join(map(re.escape, (DATA, INDEX, META, PREDICTIONS)))})")


def file_of(path: Path, ending: str) -> Path:
    """Return the file of the checkpoint ``path`` whose name ends so."""
    return path.with_name(ending if ending == PREDICTIONS else path.name + ending)


def manifest_of(path: Path) -> Path:
    """Return the place of the checkpoint's manifest."""
    return file_of(path, ".sha256")


def write(path: Path) -> None:
    """Write the manifest of the complete checkpoint ``path``. Raises OSError if a file is missing."""
    endings = [PREDICTIONS] if file_of(path, PREDICTIONS).exists() else []
    # What every manifest must list comes last: one that breaks off is never taken for a shorter one.
    files = [file_of(path, ending) for ending in (*endings, META, DATA, INDEX)]
    text = "".join(f"{_sha256(file)}  {file.name}\n" for file in files)
    manifest_of(path).write_text(text, "utf-8", "surrogateescape", newline="\n")


def first_difference(path: Path) -> Path | None:
    """Find a file of the checkpoint ``path`` that is not as its manifest says.

    Returns
    -------
    Path or None
        The index, if it differs; else the first other file that differs or is missing; the manifest, if it
        is damaged itself. None if all files match or there is no manifest. That ``predictions.npy`` is
        missing is no difference: ``model.ckpt.*`` may be copied without it.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    try:
        text = manifest_of(path).read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    lines = [_LINE.fullmatch(line) for line in text.removesuffix("\n").split("\n")]
    sums = {line[2]: line[1] for line in lines if line}
    if None in lines or len(sums) != len(lines) or not sums.keys() >= {DATA, INDEX, META}:
        return manifest_of(path)
    for ending in (INDEX, DATA, META, *sums.keys() & {PREDICTIONS}):
        file = file_of(path, ending)
        try:
            if _sha256(file) != sums[ending]:
                return file
        except FileNotFoundError:
            if ending != PREDICTIONS:
                return file
    return None


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
