"""A folder of labelled pictures, scored: accuracy by folder and overall, confusion, rejection rate.

Folders count alike in the mean over them: most are one person's hand, or one way to take pictures,
and a large one would drown the rest.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from mnist_helpers.image_io import PictureError

if TYPE_CHECKING:  # the recognizer comes from the caller: this module needs no TensorFlow
    from mnist_helpers.folders import Found
    from mnist_helpers.recognizer import Answer, Recognizer

MISTAKES = 48  # kept to be drawn: as many as one looks through
THUMBNAIL = 128  # px: longest side of a mistake's picture


class Picture(NamedTuple):
    """One picture and what became of it: numbers and text alone, since a folder may hold any number."""

    path: str  # below the folder, with slashes
    label: int  # 0 to 9, the true digit
    answer: int | None  # 0 to 9, the most probable digit; None: unreadable
    probability: float | None  # of the answer, 0.0 to 1.0; None: unreadable
    rejected: bool  # there is an answer, and it should not be trusted
    error: str | None = None  # one line: why it is unreadable

    @property
    def correct(self) -> bool:
        """Whether the answer is the label, rejected or not; never of an unreadable picture."""
        return self.answer == self.label


def confusion_counts(labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Count how often each digit is classified as each digit.

    Parameters
    ----------
    labels, answers : ndarray of int, shape (n,)
        The true digits and the network's, 0 to 9.

    Returns
    -------
    ndarray of int, shape (10, 10)
        Row: the true digit; column: the answer.
    """
    return np.bincount(10 * labels.astype(int) + answers, minlength=100).reshape(10, 10)


class Score(NamedTuple):
    """What came of all the pictures; at least one. Every accuracy is a fraction, 0.0 to 1.0."""

    pictures: list[Picture]
    mistakes: list[tuple[int, Answer]]  # label and wrong answer of the first ``MISTAKES``, thumbnails inside
    labels_from: str  # as ``Found`` has it

    @property
    def accuracy(self) -> float:
        """Of all pictures alike."""
        return _accuracy(self.pictures)

    @property
    def per_source(self) -> dict[str, float]:
        """Of each folder that pictures are in, by its path below the scored one ('.' for that itself)."""
        return {source: _accuracy(pictures) for source, pictures in self.sources.items()}

    @property
    def macro_accuracy(self) -> float:
        """The mean over the folders."""
        return float(np.mean(list(self.per_source.values())))

    @property
    def sources(self) -> dict[str, list[Picture]]:
        """The pictures by the folder that they are in."""
        sources: dict[str, list[Picture]] = {}
        for picture in self.pictures:
            sources.setdefault(str(PurePosixPath(picture.path).parent), []).append(picture)
        return dict(sorted(sources.items()))

    @property
    def confusion(self) -> np.ndarray:
        """Int [10, 10]: how often each digit (row) was classified as each (column); no unreadable one."""
        readable = [
            (picture.label, picture.answer) for picture in self.pictures if picture.answer is not None
        ]
        return confusion_counts(*np.array(readable, int).reshape(-1, 2).T)

    def as_json(self) -> dict:
        """Return the score as dicts, lists and numbers; only an unreadable picture has an ``error``."""
        pictures = [picture._asdict() for picture in self.pictures]
        for picture in pictures:
            if picture["error"] is None:
                del picture["error"]
        return {
            "labels_from": self.labels_from,
            "macro_accuracy": self.macro_accuracy,
            "accuracy": self.accuracy,
            "count": len(self.pictures),
            "rejected": sum(picture.rejected for picture in self.pictures),
            "per_source": self.per_source,
            "pictures": pictures,
        }

    def as_text(self) -> str:
        """Return the score as lines for a terminal."""
        unreadable = [picture for picture in self.pictures if picture.error]
        accepted = [picture for picture in self.pictures if not picture.rejected]
        count, rejected = len(self.pictures), len(self.pictures) - len(accepted)
        accuracy_of_accepted = f"{_accuracy(accepted):.2%}" if accepted else "–"
        rejection_rate = f"{rejected:,} ({rejected / count:.2%})"
        lines = [f"labels from {self.labels_from}", "", "accuracy  pictures  folder"]
        # Names come last: they may be of any length and of letters of any width.
        for source, pictures in self.sources.items():
            lines.append(f"{_accuracy(pictures):8.2%}  {len(pictures):8,}  {source}")
        lines += [
            "",
            f"{self.macro_accuracy:8.2%}  mean over the folders",
            f"{self.accuracy:8.2%}  of all {count:,} pictures",
            f"{accuracy_of_accepted:>8}  of those accepted; {rejection_rate} are rejected",
            "",
            "Confusion matrix (row: the true digit; column: the network's answer):",
            "   " + "".join(f"{digit:6}" for digit in range(10)),
        ]
        for digit, row in enumerate(self.confusion):
            lines.append(f"{digit:3}" + "".join(f"{number or '·':>6}" for number in row))
        if unreadable:
            lines += ["", f"Unreadable, and counted as misclassified: {len(unreadable):,}"]
            lines += [f"  {picture.error}" for picture in unreadable]
        return "\n".join(lines)


def score(recognizer: Recognizer, folder: Path, found: Found) -> Score:
    """Ask about each picture that was found in the folder, with a progress bar.

    An unreadable picture is noted and counts as misclassified. Of a picture that was asked about,
    nothing but its ``Picture`` is kept, and of the first mistakes a thumbnail.

    Parameters
    ----------
    recognizer : Recognizer
        Whom to ask.
    folder : Path
        The folder that was searched.
    found : Found
        What ``folders.find`` found in it.
    """
    pictures: list[Picture] = []
    mistakes: list[tuple[int, Answer]] = []
    answers = recognizer.recognize_all(folder / path for path, _ in found.pictures)
    progress = tqdm(answers, total=len(found.pictures), unit="picture", dynamic_ncols=True, disable=None)
    for (path, label), answer in zip(found.pictures, progress, strict=True):
        if isinstance(answer, PictureError):
            pictures.append(Picture(path, label, None, None, False, str(answer)))
            continue
        pictures.append(Picture(path, label, answer.digit, answer.confidence, not answer.confident))
        if answer.digit != label and len(mistakes) < MISTAKES:
            mistakes.append((label, _small(answer)))
    return Score(pictures, mistakes, found.labels_from)


def _small(answer: Answer) -> Answer:
    """Return the answer with its first step alone, the picture as given, as a thumbnail."""
    name, given = answer.steps[0]
    thumbnail = Image.fromarray(given)
    thumbnail.thumbnail((THUMBNAIL, THUMBNAIL))
    return answer._replace(steps=((name, np.asarray(thumbnail)),))


def _accuracy(pictures: list[Picture]) -> float:
    return sum(picture.correct for picture in pictures) / len(pictures)
