"""A network restored once and asked many times: picture in, digit out."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_helpers import checkpoint, checkpoint_paths, paths
from mnist_helpers.graph import build_graph, predict
from mnist_helpers.image_io import PictureError, Source
from mnist_helpers.preprocessing import Preprocessed, preprocess
from mnist_helpers.tf1 import tf

# The confidence threshold: below it a picture is rejected as "not sure". The network was trained to give 0.1
# to each digit where there is none; 0.3 % of the robust configuration's validation images, augmented as
# strangers' digits differ, stay below it.
MIN_CONFIDENCE = 0.4

BATCH_SIZE = 32  # for inference: a sixth of the network's time a picture, and some 100 MB


class Answer(NamedTuple):
    """What the network says of one picture, and what it saw."""

    digit: int  # 0 to 9, the most probable
    probabilities: np.ndarray  # float32 [10], 0.0 to 1.0, adding up to 1.0
    image: np.ndarray  # uint8 [28, 28], 0 (background) to 255 (ink): what the network was shown
    steps: tuple[tuple[str, np.ndarray], ...]  # how the picture became that: a name and a picture each
    confident: bool  # False: rejected; better say "not sure" than name the digit

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
        seen = preprocess(picture)
        (probabilities,) = self.predict(seen.image[np.newaxis])
        return _answer(seen, probabilities)

    def recognize_all(self, pictures: Iterable[Source]) -> Iterator[Answer | PictureError]:
        """Name the digit in each of many pictures, in order; the error in its place if one is no picture.

        The network gets ``BATCH_SIZE`` of them at a time, while the next are read; no more are held in
        memory.
        """
        pictures = iter(pictures)
        asked = None
        with ThreadPoolExecutor(1) as network:
            while batch := list(map(_preprocessed, islice(pictures, BATCH_SIZE))):
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
        """Return the probabilities, float32 [n, 10], of images as in MNIST, uint8 [n, 28, 28]."""
        return predict(self._session, self._network, images)


def _preprocessed(picture: Source) -> Preprocessed | PictureError:
    try:
        return preprocess(picture)
    except PictureError as error:
        return error


def _answer(seen: Preprocessed, probabilities: np.ndarray) -> Answer:
    confident = probabilities.max() >= MIN_CONFIDENCE and _holds_one_digit(seen)
    return Answer(int(probabilities.argmax()), probabilities, seen.image, seen.steps, bool(confident))


def _holds_one_digit(seen: Preprocessed) -> bool:
    """Tell whether what preprocessing noticed speaks for the ink of one digit on paper.

    An empty sheet has no ink. The texture of paper, noise and photographs have many components, hardly
    darker than the rest, most of them rejected as no part of the digit; so is a second digit. Real digits
    were found to have up to 2 components, a contrast of 8 standard deviations of the paper's noise or
    more, and next to no ink that was rejected.
    """
    return 0 < seen.components <= 4 and seen.contrast_to_noise >= 6 and seen.rejected_fraction <= 0.2
