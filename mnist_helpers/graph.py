"""The network of the lesson: ten name scopes, 3,274,634 parameters, a name for every tensor.

Notebook 01 builds the same graph cell by cell; a test compares the two op by op.
"""

from typing import NamedTuple

import numpy as np

from mnist_helpers.datasets import flatten
from mnist_helpers.tf1 import tf

SCOPES = (
    "input",
    "image",
    "conv_layer1",
    "pooling_layer1",
    "conv_layer2",
    "pooling_layer2",
    "fc_layer3",
    "dropout",
    "output_fc_layer4",
    "softmax",
)


class Network(NamedTuple):
    """The tensors and variables of one network, under the article's names.

    All are float32. N is the batch size. A tensor's name in the graph is its scope, a slash and the
    field's name: ``conv_layer1/W_conv1``, ``softmax/y_conv``.
    """

    x: tf.Tensor  # [N, 784], placeholder: one flattened image a row, 0.0 (background) to 1.0 (ink)
    y_: tf.Tensor  # [N, 10], placeholder: the labels, one-hot
    x_image: tf.Tensor  # [N, 28, 28, 1]
    W_conv1: tf.Variable  # [5, 5, 1, 32]
    b_conv1: tf.Variable  # [32]
    h_conv1: tf.Tensor  # [N, 28, 28, 32], 0.0 and up
    h_pool1: tf.Tensor  # [N, 14, 14, 32]
    W_conv2: tf.Variable  # [5, 5, 32, 64]
    b_conv2: tf.Variable  # [64]
    h_conv2: tf.Tensor  # [N, 14, 14, 64], 0.0 and up
    h_pool2: tf.Tensor  # [N, 7, 7, 64]
    h_pool2_flat: tf.Tensor  # [N, 3136]
    W_fc1: tf.Variable  # [3136, 1024]
    b_fc1: tf.Variable  # [1024]
    h_fc1: tf.Tensor  # [N, 1024], 0.0 and up
    keep_prob: tf.Tensor  # scalar placeholder: fraction of features kept; 1.0 for inference
    h_fc1_drop: tf.Tensor  # [N, 1024]
    W_fc2: tf.Variable  # [1024, 10]
    b_fc2: tf.Variable  # [10]
    logits: tf.Tensor  # [N, 10], any real number
    y_conv: tf.Tensor  # [N, 10], probabilities: 0.0 to 1.0, each row adds up to 1.0

    @property
    def variables(self) -> list[tf.Variable]:
        """The eight trained variables, first layer first: all that a checkpoint must hold."""
        # By name: with TensorFlow 2's behaviour on (notebook 07) they are no instances of v1's tf.Variable.
        first = [self.W_conv1, self.b_conv1, self.W_conv2, self.b_conv2]
        return [*first, self.W_fc1, self.b_fc1, self.W_fc2, self.b_fc2]


def build_graph() -> Network:
    """Add the ten scopes to the default graph and return its tensors.

    Call ``tf.reset_default_graph()`` first, or enter a ``tf.Graph`` of your own. In a graph that
    already holds the network TensorFlow renames the second one to ``conv_layer1_1/…``, and no
    checkpoint of the first fits it: that is the riddle of notebook 03.

    Returns
    -------
    Network
        The tensors and variables; shapes and value ranges stand beside its fields.

    References
    ----------
    The architecture is that of TensorFlow's 2015 tutorial "Deep MNIST for Experts", which the article
    divides into ten scopes. The initial standard deviation of the weights, the square root of
    2 / inputs, is that of He et al., "Delving Deep into Rectifiers" (2015), section 2.2: the tutorial's
    0.1 in each layer starts the large one four times too wide.
    """
    with tf.name_scope("input"):
        x = tf.placeholder(tf.float32, [None, 784], name="x")
        y_ = tf.placeholder(tf.float32, [None, 10], name="y_")

    with tf.name_scope("image"):
        x_image = tf.reshape(x, [-1, 28, 28, 1], name="x_image")
        tf.summary.image("input_image", x_image, 8)

    with tf.name_scope("conv_layer1"):
        W_conv1 = tf.Variable(
            tf.truncated_normal([5, 5, 1, 32], stddev=(2 / (5 * 5 * 1)) ** 0.5), name="W_conv1"
        )
        b_conv1 = tf.Variable(tf.constant(0.1, shape=[32]), name="b_conv1")
        conv1 = tf.nn.conv2d(x_image, W_conv1, strides=[1, 1, 1, 1], padding="SAME", name="conv1")
        h_conv1 = tf.nn.relu(conv1 + b_conv1, name="h_conv1")

    with tf.name_scope("pooling_layer1"):
        h_pool1 = tf.nn.max_pool2d(h_conv1, ksize=2, strides=2, padding="SAME", name="h_pool1")

    with tf.name_scope("conv_layer2"):
        W_conv2 = tf.Variable(
            tf.truncated_normal([5, 5, 32, 64], stddev=(2 / (5 * 5 * 32)) ** 0.5), name="W_conv2"
        )
        b_conv2 = tf.Variable(tf.constant(0.1, shape=[64]), name="b_conv2")
        conv2 = tf.nn.conv2d(h_pool1, W_conv2, strides=[1, 1, 1, 1], padding="SAME", name="conv2")
        h_conv2 = tf.nn.relu(conv2 + b_conv2, name="h_conv2")

    with tf.name_scope("pooling_layer2"):
        h_pool2 = tf.nn.max_pool2d(h_conv2, ksize=2, strides=2, padding="SAME", name="h_pool2")

    with tf.name_scope("fc_layer3"):
        W_fc1 = tf.Variable(
            tf.truncated_normal([7 * 7 * 64, 1024], stddev=(2 / (7 * 7 * 64)) ** 0.5), name="W_fc1"
        )
        b_fc1 = tf.Variable(tf.constant(0.1, shape=[1024]), name="b_fc1")
        h_pool2_flat = tf.reshape(h_pool2, [-1, 7 * 7 * 64], name="h_pool2_flat")
        h_fc1 = tf.nn.relu(tf.matmul(h_pool2_flat, W_fc1) + b_fc1, name="h_fc1")

    with tf.name_scope("dropout"):
        keep_prob = tf.placeholder(tf.float32, name="keep_prob")
        h_fc1_drop = tf.identity(tf.nn.dropout(h_fc1, rate=1 - keep_prob), name="h_fc1_drop")

    with tf.name_scope("output_fc_layer4"):
        W_fc2 = tf.Variable(tf.truncated_normal([1024, 10], stddev=(2 / 1024) ** 0.5), name="W_fc2")
        b_fc2 = tf.Variable(tf.constant(0.1, shape=[10]), name="b_fc2")
        logits = tf.add(tf.matmul(h_fc1_drop, W_fc2), b_fc2, name="logits")

    with tf.name_scope("softmax"):
        y_conv = tf.nn.softmax(logits, name="y_conv")

    return Network(
        *(x, y_, x_image),
        *(W_conv1, b_conv1, h_conv1, h_pool1),
        *(W_conv2, b_conv2, h_conv2, h_pool2, h_pool2_flat),
        *(W_fc1, b_fc1, h_fc1, keep_prob, h_fc1_drop),
        *(W_fc2, b_fc2, logits, y_conv),
    )


def predict(
    session: tf.Session, network: Network, images: np.ndarray, output: tf.Tensor | None = None
) -> np.ndarray:
    """Run inference on images, 500 at a time.

    All 10,000 test images in one run would take 1 GB for the first layer's output alone, more than
    once, which is where a laptop's kernel dies.

    Parameters
    ----------
    session : tf.Session
        In which the network's variables have values.
    network : Network
        The network to run.
    images : ndarray of uint8, shape (n, 28, 28)
        As in MNIST: 0 is background, 255 is ink; n may be 0.
    output : tf.Tensor of float32, shape (n, 10), optional
        What to compute: ``network.y_conv`` unless given, such as ``network.logits``.

    Returns
    -------
    ndarray of float32, shape (n, 10)
        The probabilities, 0.0 to 1.0, or the values of ``output``.
    """
    output = network.y_conv if output is None else output
    parts = [np.empty((0, 10), np.float32)]
    for start in range(0, len(images), 500):
        x = flatten(images[start : start + 500])
        parts.append(session.run(output, {network.x: x, network.keep_prob: 1.0}))
    return np.concatenate(parts)
