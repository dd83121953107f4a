"""A network restored once and asked many times: picture in, digit out."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_helpers import checkpoint
from mnist_helpers.graph import build_graph, predict
from mnist_helpers.pictures import Source, to_mnist
from mnist_helpers.quiet import tf


class Answer(NamedTuple):
    """What the network says of one picture, and what it saw."""

    digit: int  # 0 to 9, the most probable
    probabilities: np.ndarray  # float32 [10], 0.0 to 1.0, adding up to 1.0
    image: np.ndarray  # uint8 [28, 28], 0 (ground) to 255 (ink): what the network was shown
    steps: list[tuple[str, np.ndarray]]  # how the picture became that: a name and a picture each


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
        seen = to_mnist(picture)
        probabilities = self.predict(seen.image[np.newaxis])[0]
        return Answer(int(probabilities.argmax()), probabilities, seen.image, seen.steps)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The probabilities, float32 [n, 10], of pictures already in MNIST's form, uint8 [n, 28, 28]."""
        return predict(self._session, self._network, images)
