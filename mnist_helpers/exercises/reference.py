"""What answers are judged against in several notebooks, each made once: graph, test set, restored network."""

from functools import cache
from typing import TYPE_CHECKING

from mnist_helpers import datasets, paths
from mnist_helpers.graph import Network, build_graph
from mnist_helpers.tf1 import tf

if TYPE_CHECKING:
    from mnist_helpers.recognizer import Recognizer


@cache
def network() -> Network:
    """Return the ten scopes in a graph of their own: the student's may hold two networks, or none."""
    with tf.Graph().as_default():
        return build_graph()


@cache
def test_set() -> datasets.Split:
    """Return the 10,000 test pictures and their labels."""
    return datasets.load().test


@cache
def recognizer() -> "Recognizer":
    """Return the shipped model, restored, whatever the student has trained."""
    from mnist_helpers.recognizer import Recognizer  # notebooks 04 and 05 alone need what it imports

    return Recognizer(paths.SHIPPED_MODEL)
