"""Training: the loss, the batches and their augmentation, the learning-rate schedule, the loop, the test.

Notebook 02 writes the loop out; ``train`` is the same one for the command line.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from tqdm import tqdm

from mnist_helpers import checkpoint, datasets
from mnist_helpers.augmentation import Light, Robust
from mnist_helpers.datasets import Split, flatten
from mnist_helpers.graph import Network, build_graph, predict
from mnist_helpers.tf1 import tf

BATCH_SIZE = 128
KEEP_PROB = 0.5  # the tutorial's and the article's


class Configuration(NamedTuple):
    """The hyperparameters of a training run."""

    augmentation: type[Light] | type[Robust]
    epochs: int
    peak_learning_rate: float  # the highest of the schedule
    ema_decay: float  # per step, of the moving average of the weights that is kept; 0.0: the last weights
    validation_size: int  # images from the end of the training set, never trained on; 0: none


PLAIN = Configuration(Light, epochs=2, peak_learning_rate=3e-3, ema_decay=0.0, validation_size=0)
ROBUST = Configuration(Robust, epochs=40, peak_learning_rate=1e-3, ema_decay=0.998, validation_size=5_000)
CONFIGURATIONS = {"plain": PLAIN, "robust": ROBUST}  # notebook 02's, and the shipped model's


class TrainingOps(NamedTuple):
    """What training adds to the graph of a network."""

    loss: tf.Tensor  # scalar float32: mean cross-entropy of the batch, in nats
    accuracy: tf.Tensor  # scalar float32: fraction of the batch that is classified correctly, 0.0 to 1.0
    learning_rate: tf.Tensor  # scalar float32 placeholder
    train_step: tf.Operation  # one step of Adam


class TrainingResult(NamedTuple):
    """What ``train_and_save`` came to."""

    finished: bool  # False: interrupted; what had been learned by then is saved
    seconds: float  # from the first step to the end of the test
    accuracy: float  # on MNIST's test set, 0.0 to 1.0


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


def learning_rate(progress: float, peak: float = PLAIN.peak_learning_rate) -> float:
    """Return the learning rate at a point of the training: up for a tenth of it, then down to 0.

    Parameters
    ----------
    progress : float
        0.0 at the first step, 1.0 at the last.
    peak : float
        The highest learning rate, above 0.0.

    Returns
    -------
    float
        0.0 to ``peak``.

    References
    ----------
    The one-cycle policy of Smith, "A disciplined approach to neural network hyper-parameters: Part 1"
    (2018), section 3, with straight lines.
    """
    return peak * min(progress / 0.1, (1 - progress) / 0.9)


class Batches:
    """The training images as epochs of shuffled, augmented mini-batches.

    Iterating gives (x, y_): float32 [BATCH_SIZE, 784], 0.0 to 1.0, and float32 [BATCH_SIZE, 10],
    one-hot for a digit. The same seed gives the same batches. An epoch leaves out the last images
    that do not fill a batch; other ones each time.

    Parameters
    ----------
    split : Split
        The images and labels to train on, at least ``BATCH_SIZE``.
    epochs : int
        How often each image is shown.
    seed : int
        Of the order and the augmentation.
    augmentation : type
        ``Light``, ``Robust`` or another that is made and called as they are.
    """

    def __init__(
        self, split: Split, epochs: int = PLAIN.epochs, seed: int = 0, augmentation: type = PLAIN.augmentation
    ) -> None:
        self.split, self.epochs, self.seed, self.augmentation = split, epochs, seed, augmentation

    def __len__(self) -> int:
        """Return the number of steps."""
        return self.epochs * (len(self.split.labels) // BATCH_SIZE)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        random = np.random.default_rng(self.seed)
        augment = self.augmentation(random)
        for _ in range(self.epochs):
            order = random.permutation(len(self.split.labels))
            for start in range(0, len(order) - BATCH_SIZE + 1, BATCH_SIZE):
                chosen = order[start : start + BATCH_SIZE]
                images, y_ = augment(self.split.images[chosen], self.split.labels[chosen])
                yield flatten(images), y_


def train_and_save(model: Path, configuration: Configuration = PLAIN, seed: int = 0) -> TrainingResult:
    """Train a new network on MNIST, save it with its test predictions, and say how good it is.

    Interrupting (KeyboardInterrupt) ends the training early; what was learned so far is saved.

    Parameters
    ----------
    model : Path
        The checkpoint to write; its folder is made.
    configuration : Configuration
        How to train.
    seed : int
        Of initial values, order and augmentation.

    Raises
    ------
    CheckpointError
        If the model cannot be saved; a folder that cannot be written is noticed before training begins.
    DatasetError
        If MNIST is missing or damaged.
    KeyboardInterrupt
        If interrupted before the first step, or while saving; the model saved last is whole.
    """
    _try_to_write(model)
    mnist = datasets.load()
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(seed)
        network = build_graph()
        start = time.monotonic()
        finished = train(session, network, mnist.train, configuration, seed)
        checkpoint.save(session, network.variables, model)  # lest an interrupted test loses it
        probabilities = predict(session, network, mnist.test.images)
        # Once more, so that what notebook 03 compares with is never another network's.
        checkpoint.save(session, network.variables, model, probabilities)
    correct = float(np.mean(probabilities.argmax(axis=1) == mnist.test.labels))
    return TrainingResult(finished, time.monotonic() - start, correct)


def _try_to_write(model: Path) -> None:
    """Raise CheckpointError now, and not after minutes of training."""
    try:
        model.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=model.parent):
            pass
    except OSError as error:
        cure = "allow it, or name a model in another folder with --model"
        raise checkpoint.CheckpointError(
            f"{model.parent} cannot be written ({error.strerror}): {cure}"
        ) from error


def train(
    session: tf.Session, network: Network, split: Split, configuration: Configuration = PLAIN, seed: int = 0
) -> bool:
    """Train the network from fresh initial values, with a progress bar.

    Interrupting (KeyboardInterrupt) ends the training early and leaves the network as far as it got.
    Seed the initial values with ``tf.set_random_seed`` before building the graph.

    Parameters
    ----------
    session : tf.Session
        Of the network's graph, which must be the default one.
    network : Network
        The network to train.
    split : Split
        The training set, and at its end the validation set that the configuration sets apart.
    configuration : Configuration
        How to train.
    seed : int
        Of order and augmentation.

    Returns
    -------
    bool
        Whether training finished; False if it was interrupted.

    References
    ----------
    Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992): the average of
    the last steps' weights is as good as the weights themselves, and steadier.
    """
    training_size = len(split.labels) - configuration.validation_size
    training_set = Split(*(array[:training_size] for array in split))
    validation_set = Split(*(array[training_size:] for array in split))
    batches = Batches(training_set, configuration.epochs, seed, configuration.augmentation)
    ops = add_training_ops(network)
    ema = tf.train.ExponentialMovingAverage(configuration.ema_decay)
    with tf.control_dependencies([ops.train_step]):
        step_and_ema = ema.apply(network.variables) if configuration.ema_decay else ops.train_step
    session.run(tf.global_variables_initializer())
    finished = False
    try:
        with tqdm(batches, unit="step", dynamic_ncols=True) as progress:
            for step, (x, y_) in enumerate(progress):
                feed = {
                    network.x: x,
                    network.y_: y_,
                    network.keep_prob: KEEP_PROB,
                    ops.learning_rate: learning_rate(step / len(batches), configuration.peak_learning_rate),
                }
                loss, accuracy, _ = session.run([ops.loss, ops.accuracy, step_and_ema], feed)
                progress.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.2f}", refresh=False)
        finished = True
    except KeyboardInterrupt:
        pass  # what was learned so far is worth saving
    if configuration.ema_decay:
        session.run([tf.assign(variable, ema.average(variable)) for variable in network.variables])
    if configuration.validation_size:
        calibrate(session, network, validation_set, np.random.default_rng(seed))
    return finished


def calibrate(
    session: tf.Session, network: Network, validation_set: Split, random: np.random.Generator
) -> float:
    """Divide the last layer by a temperature, so that its probabilities mean what they say.

    A network trained to the end is overconfident. The temperature that gives the validation images,
    augmented as strangers' digits differ, the lowest loss sets that right and changes no prediction.

    Parameters
    ----------
    session : tf.Session
        Of the network's graph, which must be the default one.
    network : Network
        The trained network; its last layer's variables change.
    validation_set : Split
        Images and labels that the network was not trained on.
    random : numpy.random.Generator
        For their augmentation.

    Returns
    -------
    float
        The temperature, 0.2 to 5.0; above 1.0 if the network was overconfident.

    References
    ----------
    Guo et al., "On Calibration of Modern Neural Networks" (2017), section 4.2.
    """
    images, y_ = Robust(random, not_digits=0)(validation_set.images, validation_set.labels)
    logits = predict(session, network, images, network.logits)

    def loss(temperature: float) -> float:
        return -float(np.mean((log_softmax(logits / temperature, axis=1) * y_).sum(axis=1)))

    temperature = minimize_scalar(loss, bounds=(0.2, 5), method="bounded").x
    session.run([tf.assign(variable, variable / temperature) for variable in (network.W_fc2, network.b_fc2)])
    return temperature


def accuracy(session: tf.Session, network: Network, split: Split) -> float:
    """Return the fraction of the images that the network classifies correctly, 0.0 to 1.0.

    Parameters
    ----------
    session : tf.Session
        In which the network's variables have values.
    network : Network
        The network to test.
    split : Split
        The images and their labels.
    """
    return float(np.mean(predict(session, network, split.images).argmax(axis=1) == split.labels))
