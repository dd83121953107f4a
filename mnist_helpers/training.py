"""Training: the loss, the batches and their augmentation, the learning rate's schedule, the loop, the score.

Notebook 02 writes the loop out; ``train`` is the same one for the command line.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from tqdm import tqdm

from mnist_helpers.augmentation import Light, Robust
from mnist_helpers.datasets import Split, flatten
from mnist_helpers.graph import Network, predict
from mnist_helpers.tf1 import tf

BATCH_SIZE = 128
KEEP_PROB = 0.5  # the tutorial's and the article's


class Recipe(NamedTuple):
    """How to train: what is shown, how long, how fast."""

    augmentation: type[Light] | type[Robust]
    passes: int  # over the training pictures
    peak_rate: float  # the highest learning rate
    averaging: (
        float  # decay per step of the moving average of the weights that is kept; 0.0: the last weights
    )
    held_out: int  # training pictures, from the end, never trained on: they set the temperature; 0: none


PLAIN = Recipe(Light, passes=2, peak_rate=3e-3, averaging=0.0, held_out=0)  # notebook 02's
ROBUST = Recipe(Robust, passes=40, peak_rate=1e-3, averaging=0.998, held_out=5_000)  # the shipped model's


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


def rate(progress: float, peak: float = PLAIN.peak_rate) -> float:
    """The learning rate at ``progress`` (0.0: first step, 1.0: last): up for a tenth, then down to 0.

    Source: the one-cycle policy of Smith, "A disciplined approach to neural network
    hyper-parameters: Part 1" (2018), section 3, with straight lines.
    """
    return peak * min(progress / 0.1, (1 - progress) / 0.9)


class Batches:
    """The training pictures as passes of shuffled, augmented mini-batches.

    Iterating gives (x, y_): float32 [BATCH_SIZE, 784], 0.0 to 1.0, and float32 [BATCH_SIZE, 10],
    one-hot for a digit. The same seed gives the same batches. A pass leaves out the last pictures
    that do not fill a batch; other ones each time.
    """

    def __init__(
        self, split: Split, passes: int = PLAIN.passes, seed: int = 0, augmentation: type = PLAIN.augmentation
    ):
        self.split, self.passes, self.seed, self.augmentation = split, passes, seed, augmentation

    def __len__(self) -> int:
        """The number of steps."""
        return self.passes * (len(self.split.labels) // BATCH_SIZE)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        random = np.random.default_rng(self.seed)
        augment = self.augmentation(random)
        for _ in range(self.passes):
            order = random.permutation(len(self.split.labels))
            for start in range(0, len(order) - BATCH_SIZE + 1, BATCH_SIZE):
                chosen = order[start : start + BATCH_SIZE]
                images, y_ = augment(self.split.images[chosen], self.split.labels[chosen])
                yield flatten(images), y_


def train(session: tf.Session, network: Network, split: Split, recipe: Recipe = PLAIN, seed: int = 0) -> bool:
    """Train the network from fresh initial values, with a progress bar; return whether it finished.

    Interrupting (KeyboardInterrupt) ends the training early and leaves the network as far as it got.
    Seed the initial values with ``tf.set_random_seed`` before building the graph.
    """
    part = Split(*(array[: len(array) - recipe.held_out] for array in split))
    batches = Batches(part, recipe.passes, seed, recipe.augmentation)
    ops = add_training_ops(network)
    average = tf.train.ExponentialMovingAverage(recipe.averaging)
    with tf.control_dependencies([ops.train_step]):
        step_and_average = average.apply(network.variables) if recipe.averaging else ops.train_step
    session.run(tf.global_variables_initializer())
    finished = False
    try:
        with tqdm(batches, unit="step", dynamic_ncols=True) as progress:
            for step, (x, y_) in enumerate(progress):
                feed = {
                    network.x: x,
                    network.y_: y_,
                    network.keep_prob: KEEP_PROB,
                    ops.learning_rate: rate(step / len(batches), recipe.peak_rate),
                }
                loss, accuracy, _ = session.run([ops.loss, ops.accuracy, step_and_average], feed)
                progress.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.2f}", refresh=False)
        finished = True
    except KeyboardInterrupt:
        pass  # what was learned so far is worth saving
    if recipe.averaging:
        # The same as the average of the last weights, but steadier: Polyak and Juditsky, "Acceleration
        # of Stochastic Approximation by Averaging" (1992).
        session.run([tf.assign(variable, average.average(variable)) for variable in network.variables])
    if recipe.held_out:
        held_out = Split(*(array[len(array) - recipe.held_out :] for array in split))
        calibrate(session, network, held_out, np.random.default_rng(seed))
    return finished


def calibrate(session: tf.Session, network: Network, held_out: Split, random: np.random.Generator) -> float:
    """Divide the last layer by a temperature, so that its probabilities mean what they say; return it.

    A network trained to the end is too sure of itself. The temperature that gives pictures it never
    saw, changed as strangers' are, the least loss sets that right, and names the same digits.
    Source: Guo et al., "On Calibration of Modern Neural Networks" (2017), section 4.2.
    """
    images, y_ = Robust(random, not_digits=0)(held_out.images, held_out.labels)
    logits = np.concatenate(
        [
            session.run(
                network.logits, {network.x: flatten(images[start : start + 500]), network.keep_prob: 1.0}
            )
            for start in range(0, len(images), 500)
        ]
    )

    def loss(temperature: float) -> float:
        return -float(np.mean((log_softmax(logits / temperature, axis=1) * y_).sum(axis=1)))

    temperature = minimize_scalar(loss, bounds=(0.2, 5), method="bounded").x
    session.run([tf.assign(variable, variable / temperature) for variable in network.variables[-2:]])
    return temperature


def accuracy(session: tf.Session, network: Network, split: Split) -> float:
    """The share of the pictures that the network names rightly, 0.0 to 1.0."""
    return float(np.mean(predict(session, network, split.images).argmax(axis=1) == split.labels))
