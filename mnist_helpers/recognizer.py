"""A network restored once and asked many times: picture in, digit out."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_helpers import checkpoint, checkpoint_paths, paths
from mnist_helpers.graph import build_graph, predict
from mnist_helpers.hypotheses import Reading
from mnist_helpers.image_io import PictureError, Source, open_picture
from mnist_helpers.tf1 import tf

BATCH_SIZE = 32  # for inference: a sixth of the network's time a picture, and some 100 MB


class Answer(NamedTuple):
    """What the network says of one picture, and what it saw."""

    digit: int  # 0 to 9, the most probable
    probabilities: np.ndarray  # float32 [10], 0.0 to 1.0, adding up to 1.0
    image: np.ndarray  # uint8 [28, 28], 0 (background) to 255 (ink): what the network was shown
    steps: tuple[tuple[str, np.ndarray], ...]  # how the picture became that: a name and a picture each
    confident: bool  # False: rejected; better say "not sure" than name the digit
    hypothesis: str = "as found"  # which reading of the picture that is: "without lines", "inside", …
    hypotheses: tuple[str, ...] = ("as found",)  # all that were tried

    @property
    def confidence(self) -> float:
        """The highest probability, 0.1 to 1.0."""
        return float(self.probabilities.max())


class Recognizer:
    """The restored network, in a graph and a session of its own.

    Nothing that happens to the default graph, a ``tf.reset_default_graph()`` included, touches it.
    """

    def __init__(self, model: Path | None = None):
        """Restore ``model``; without one, the model that you trained, or else the shipped one.

        Any checkpoint of this network will do, also one that another program saved: ``renamed`` has the name
        in the checkpoint for the name here, of the variables whose names differ. Raises CheckpointError as
        ``checkpoint.restore`` does.
        """
        if model is None:
            model = checkpoint.find_model()
            if model == paths.SHIPPED_MODEL:  # the kit saved none, another program perhaps
                model = checkpoint_paths.own_model() or model
        self.model = checkpoint_paths.locate(Path(model))
        with tf.Graph().as_default() as graph:
            self._network = build_graph()
            self._session = tf.Session(graph=graph)
            self.renamed = checkpoint.restore(self._session, self._network.variables, self.model)

    def recognize(self, picture: Source) -> Answer:
        """Name the digit in a picture: a path, bytes, an open file, a Pillow image or an array.

        Raises PictureError if it is no picture.
        """
        reading = Reading(np.asarray(open_picture(picture)))
        self._decide([reading])
        return _answer(reading)

    def recognize_all(self, pictures: Iterable[Source]) -> Iterator[Answer | PictureError]:
        """Name the digit in each of many pictures, in order; the error in its place if one is no picture.

        The network gets what ``BATCH_SIZE`` of them need at a time, while the next are read; no more are
        held in memory.
        """
        pictures = iter(pictures)
        asked = None
        with ThreadPoolExecutor(1) as network:
            while batch := list(map(_reading, islice(pictures, BATCH_SIZE))):
                before, asked = asked, network.submit(self._answers, batch)
                if before:
                    yield from before.result()
                del batch, before  # before the next are read
            if asked:
                yield from asked.result()

    def _answers(self, batch: list[Reading | PictureError]) -> list[Answer | PictureError]:
        self._decide([reading for reading in batch if isinstance(reading, Reading)])
        return [_answer(reading) if isinstance(reading, Reading) else reading for reading in batch]

    def _decide(self, readings: list[Reading]) -> None:
        """Ask the network about all hypotheses of all pictures; look again at what is undecided."""
        self._judge(readings)
        undecided = [reading for reading in readings if reading.verdict is None]
        for reading in undecided:
            reading.look_again()
        self._judge(undecided)

    def _judge(self, readings: list[Reading]) -> None:
        images = [hypothesis.seen.image for reading in readings for hypothesis in reading.unjudged]
        probabilities = iter(self.predict(np.array(images, np.uint8)))
        for reading in readings:
            reading.judge([next(probabilities) for _ in reading.unjudged])

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities, float32 [n, 10], of images as in MNIST, uint8 [n, 28, 28]."""
        return predict(self._session, self._network, images)


def _reading(picture: Source) -> Reading | PictureError:
    try:
        return Reading(np.asarray(open_picture(picture)))
    except PictureError as error:
        return error


def _answer(reading: Reading) -> Answer:
    assert reading.verdict  # after a second look it is always decided
    number, confident = reading.verdict
    probabilities, seen = reading.probabilities[number], reading.hypotheses[number].seen
    names = tuple(hypothesis.name for hypothesis in reading.hypotheses)
    digit = int(probabilities.argmax())
    return Answer(digit, probabilities, seen.image, seen.steps, confident, names[number], names)
