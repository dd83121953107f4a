"""A network restored once and asked many times: picture in, digit out."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_helpers import checkpoint
from mnist_helpers.graph import build_graph, predict
from mnist_helpers.image_io import PictureError, Source
from mnist_helpers.preprocessing import Preprocessed, preprocess
from mnist_helpers.tf1 import tf

# Below it the answer is "not sure". The network learned to give 0.1 to each digit where there is none; of
# the training pictures that the robust recipe holds out, changed as strangers' are, 0.3 % get less than this.
LEAST_PROBABILITY = 0.4

TOGETHER = 32  # pictures asked about at once: a sixth of the network's time a picture, and some 100 MB


class Answer(NamedTuple):
    """What the network says of one picture, and what it saw."""

    digit: int  # 0 to 9, the most probable
    probabilities: np.ndarray  # float32 [10], 0.0 to 1.0, adding up to 1.0
    image: np.ndarray  # uint8 [28, 28], 0 (ground) to 255 (ink): what the network was shown
    steps: tuple[tuple[str, np.ndarray], ...]  # how the picture became that: a name and a picture each
    sure: bool  # False: better say "not sure" than name the digit


class Recognizer:
    """The restored network, in a graph and a session of its own.

    Nothing that happens to the default graph, a ``tf.reset_default_graph()`` included, touches it.
    """

    def __init__(self, model: Path | None = None):
        """Restore ``model``; without one, what you trained, or else the shipped model.

        Raises CheckpointError as ``checkpoint.restore`` does.
        """
        self.model = Path(model or checkpoint.find_model())
        with tf.Graph().as_default() as graph:
            self._network = build_graph()
            self._session = tf.Session(graph=graph)
            checkpoint.restore(self._session, self._network.variables, self.model)

    def recognize(self, picture: Source) -> Answer:
        """Name the digit in a picture: a path, bytes, an open file, a Pillow image or an array.

        Raises PictureError if it is no picture.
        """
        return self._answers([preprocess(picture)])[0]

    def recognize_all(self, pictures: Iterable[Source]) -> Iterator[Answer | PictureError]:
        """Name the digit in each of many pictures, in order; the error in its place if one is no picture.

        The network is asked about ``TOGETHER`` of them at a time, while the next are read; no more are
        held in memory.
        """
        pictures = iter(pictures)
        asked = None
        with ThreadPoolExecutor(1) as network:
            while batch := list(map(_preprocessed, islice(pictures, TOGETHER))):
                before, asked = asked, network.submit(self._answers, batch)
                if before:
                    yield from before.result()
                del batch, before  # before the next are read
            if asked:
                yield from asked.result()

    def _answers(self, batch: list[Preprocessed | PictureError]) -> list[Answer | PictureError]:
        images = [seen.image for seen in batch if isinstance(seen, Preprocessed)]
        probabilities = iter(self.predict(np.array(images, np.uint8)))
        return [
            _answer(seen, next(probabilities)) if isinstance(seen, Preprocessed) else seen for seen in batch
        ]

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The probabilities, float32 [n, 10], of pictures already in MNIST's form, uint8 [n, 28, 28]."""
        return predict(self._session, self._network, images)


def _preprocessed(picture: Source) -> Preprocessed | PictureError:
    try:
        return preprocess(picture)
    except PictureError as error:
        return error


def _answer(seen: Preprocessed, probabilities: np.ndarray) -> Answer:
    sure = probabilities.max() >= LEAST_PROBABILITY and _holds_one_digit(seen)
    return Answer(int(probabilities.argmax()), probabilities, seen.image, seen.steps, bool(sure))


def _holds_one_digit(seen: Preprocessed) -> bool:
    """Whether what was noticed in preprocessing speaks for ink of one digit on paper.

    An empty sheet has no ink. Noise, that of paper included, and photographs have many components, hardly
    darker than the rest, most of them not taken for the digit; nor is a second digit. Real digits were found
    to have up to 2 components, a contrast of 8 standard deviations of the background or more, and next to
    nothing rejected.
    """
    return 0 < seen.components <= 4 and seen.contrast_to_noise >= 6 and seen.rejected_fraction <= 0.2
