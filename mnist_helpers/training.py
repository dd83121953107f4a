"""Training: the loss, the batches and their augmentation, the learning rate's schedule, the loop, the score.

Notebook 02 writes the loop out; ``train`` is the same one for the command line.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from mnist_helpers.datasets import Split, flatten, one_hot
from mnist_helpers.graph import Network, predict
from mnist_helpers.quiet import tf

PASSES = 3
BATCH_SIZE = 128
PEAK_LEARNING_RATE = 2e-3
KEEP_PROB = 0.5  # the tutorial's and the article's


class TrainingOps(NamedTuple):
    """What training adds to the graph of a network."""

    loss: tf.Tensor  # scalar float32: mean cross-entropy of the batch, in nats
    accuracy: tf.Tensor  # scalar float32: share of the batch that is right, 0.0 to 1.0
    learning_rate: tf.Tensor  # scalar float32 placeholder
    train_step: tf.Operation  # one step of Adam


def add_training_ops(network: Network) -> TrainingOps:
    """Add loss, accuracy and optimizer to the network's graph, in scopes of their own.

    The loss is taken from the logits: softmax and logarithm in one function that cannot
    overflow, where ``log(softmax)`` gives -inf as soon as a probability rounds to 0.
    """
    with tf.name_scope("loss"):
        losses = tf.nn.softmax_cross_entropy_with_logits_v2(labels=network.y_, logits=network.logits)
        loss = tf.reduce_mean(losses, name="loss")
    with tf.name_scope("accuracy"):
        right = tf.equal(tf.argmax(network.y_conv, 1), tf.argmax(network.y_, 1))
        accuracy = tf.reduce_mean(tf.cast(right, tf.float32), name="accuracy")
    with tf.name_scope("train"):
        learning_rate = tf.placeholder(tf.float32, [], name="learning_rate")
        train_step = tf.train.AdamOptimizer(learning_rate).minimize(loss, name="train_step")
    return TrainingOps(loss, accuracy, learning_rate, train_step)


def rate(progress: float) -> float:
    """The learning rate at ``progress`` (0.0: first step, 1.0: last): up for a tenth, then down to 0.

    Source: the one-cycle policy of Smith, "A disciplined approach to neural network
    hyper-parameters: Part 1" (2018), section 3, with straight lines.
    """
    return PEAK_LEARNING_RATE * min(progress / 0.1, (1 - progress) / 0.9)


class Batches:
    """The training pictures as ``passes`` passes of shuffled, augmented mini-batches.

    Iterating gives (x, y_): float32 [BATCH_SIZE, 784], 0.0 to 1.0, and one-hot float32
    [BATCH_SIZE, 10]. The same seed gives the same batches. A pass leaves out the last pictures
    that do not fill a batch; other ones each time.
    """

    def __init__(self, split: Split, passes: int = PASSES, seed: int = 0):
        self.split, self.passes, self.seed = split, passes, seed

    def __len__(self) -> int:
        """The number of steps."""
        return self.passes * (len(self.split.labels) // BATCH_SIZE)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        random = np.random.default_rng(self.seed)
        augment = Augmentation(random)
        for _ in range(self.passes):
            order = random.permutation(len(self.split.labels))
            for start in range(0, len(order) - BATCH_SIZE + 1, BATCH_SIZE):
                chosen = order[start : start + BATCH_SIZE]
                yield flatten(augment(self.split.images[chosen])), one_hot(self.split.labels[chosen])


class Augmentation:
    """Small random changes that leave a digit what it is, so that no picture is seen twice the same.

    Each picture is rotated by up to 5 degrees, sheared by up to 0.05, made up to 5 % larger or
    smaller in each direction, and moved by up to 1 pixel; all uniformly drawn.
    """

    ROTATION, SHEAR, SCALE, SHIFT = np.deg2rad(5), 0.05, 0.05, 1.0

    def __init__(self, random: np.random.Generator):
        self.random = random
        # A graph of its own: nothing of this gets into the network's graph or its checkpoint.
        with tf.Graph().as_default() as graph:
            self.images = tf.placeholder(tf.uint8, [None, 28, 28])
            self.transforms = tf.placeholder(tf.float32, [None, 8])
            self.changed = tf.raw_ops.ImageProjectiveTransformV3(
                images=self.images[..., tf.newaxis],
                transforms=self.transforms,
                output_shape=[28, 28],
                interpolation="BILINEAR",
                fill_mode="CONSTANT",
                fill_value=0.0,
            )[..., 0]
            self.session = tf.Session(graph=graph)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return changed copies of the pictures, uint8 [n, 28, 28] in and out."""
        n = len(images)
        angle, shear, log_x, log_y = (
            self.random.uniform(-limit, limit, n)
            for limit in (self.ROTATION, self.SHEAR, self.SCALE, self.SCALE)
        )
        shift = self.random.uniform(-self.SHIFT, self.SHIFT, (n, 2))
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        slanted = np.array([[np.exp(log_x), shear], [np.zeros(n), np.exp(log_y)]])
        matrix = np.einsum("ijn,jkn->nik", turned, slanted)  # where each pixel comes from, about the centre
        offset = 13.5 + shift - matrix.sum(2) * 13.5
        rows = np.concatenate([matrix, offset[..., np.newaxis]], axis=2).reshape(n, 6)
        transforms = np.pad(rows, ((0, 0), (0, 2)))
        return self.session.run(self.changed, {self.images: images, self.transforms: transforms})


def train(session: tf.Session, network: Network, split: Split, passes: int = PASSES, seed: int = 0) -> bool:
    """Train the network from fresh initial values, with a progress bar; return whether it finished.

    Interrupting (KeyboardInterrupt) ends the training early and leaves the network as far as it got.
    Seed the initial values with ``tf.set_random_seed`` before building the graph.
    """
    ops = add_training_ops(network)
    session.run(tf.global_variables_initializer())
    batches = Batches(split, passes, seed)
    try:
        with tqdm(batches, unit="step", dynamic_ncols=True) as progress:
            for step, (x, y_) in enumerate(progress):
                feed = {
                    network.x: x,
                    network.y_: y_,
                    network.keep_prob: KEEP_PROB,
                    ops.learning_rate: rate(step / len(batches)),
                }
                loss, accuracy, _ = session.run([ops.loss, ops.accuracy, ops.train_step], feed)
                progress.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.2f}", refresh=False)
    except KeyboardInterrupt:
        return False  # what was learned so far is worth saving
    return True


def accuracy(session: tf.Session, network: Network, split: Split) -> float:
    """The share of the pictures that the network names rightly, 0.0 to 1.0."""
    return float(np.mean(predict(session, network, split.images).argmax(axis=1) == split.labels))
