"""The kit's training, as notebook 02 and ``mnist-kit train`` do it.

    python -m benchmarks.peers.kit time SEED    seconds to 99.2 %, tested every quarter of an epoch
    python -m benchmarks.peers.kit epoch        seconds of one epoch without augmentation, as its peers
    python -m benchmarks.peers.kit augmented    seconds of one epoch with it

Seconds count training only, not testing.
"""

import json
import sys
import time

import numpy as np

from mnist_helpers import datasets, training
from mnist_helpers.augmentation import Light
from mnist_helpers.graph import build_graph
from mnist_helpers.tf1 import tf

GOAL, WARM_UP = 0.992, 20


class Unchanged:
    """No augmentation."""

    def __init__(self, random: np.random.Generator):
        pass

    def __call__(self, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return images, datasets.one_hot(labels)


def main(what: str, seed: int = 0) -> None:
    mnist = datasets.load()
    tf.set_random_seed(seed)
    network = build_graph()
    ops = training.add_training_ops(network)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    augmentation = Unchanged if what == "epoch" else Light
    epochs = training.PLAIN.epochs if what == "time" else 2
    batches = training.Batches(mnist.train, epochs, seed, augmentation)
    quarter = len(mnist.train.labels) // training.BATCH_SIZE // 4
    seconds, best, start = 0.0, 0.0, time.perf_counter()
    for step, (x, y_) in enumerate(batches, 1):
        feed = {network.x: x, network.y_: y_, network.keep_prob: training.KEEP_PROB}
        feed[ops.learning_rate] = training.learning_rate((step - 1) / len(batches))
        session.run([ops.loss, ops.accuracy, ops.train_step], feed)
        if what != "time":
            if step == WARM_UP:
                start = time.perf_counter()
            if step == WARM_UP + 4 * quarter:
                print(json.dumps({"seconds": time.perf_counter() - start}))
                return
        elif step % quarter == 0:
            seconds += time.perf_counter() - start
            best = max(best, training.accuracy(session, network, mnist.test))
            if best >= GOAL:
                break
            start = time.perf_counter()
    print(json.dumps({"reached": best >= GOAL, "steps": step, "seconds": round(seconds, 1), "best": best}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
