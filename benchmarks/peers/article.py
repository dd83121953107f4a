"""The article's network, as its programs build it, with unnamed variables; and its second program.

    python -m benchmarks.peers.article CHECKPOINT PICTURE

prints the digit in a picture of 28×28, grey and dark on white, as that program does. Sources:
TensorFlow's 2015 tutorial "Deep MNIST for Experts", and the article that divides it into ten scopes.
"""

import sys

import numpy as np
import tensorflow.compat.v1 as tf
from PIL import Image


def weight(*shape: int) -> tf.Variable:
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1))


def bias(size: int) -> tf.Variable:
    return tf.Variable(tf.constant(0.1, shape=[size]))


def build() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Add the network to the default graph; return x, y_, keep_prob and the logits."""
    with tf.name_scope("input"):
        x = tf.placeholder(tf.float32, [None, 784])
        y_ = tf.placeholder(tf.float32, [None, 10])
    with tf.name_scope("image"):
        layer = tf.reshape(x, [-1, 28, 28, 1])
    for number, (channels, filters) in enumerate([(1, 32), (32, 64)], 1):
        with tf.name_scope(f"conv_layer{number}"):
            layer = tf.nn.conv2d(layer, weight(5, 5, channels, filters), [1, 1, 1, 1], "SAME")
            layer = tf.nn.relu(layer + bias(filters))
        with tf.name_scope(f"pooling_layer{number}"):
            layer = tf.nn.max_pool2d(layer, 2, 2, "SAME")
    with tf.name_scope("fc_layer3"):
        layer = tf.nn.relu(tf.reshape(layer, [-1, 7 * 7 * 64]) @ weight(7 * 7 * 64, 1024) + bias(1024))
    with tf.name_scope("dropout"):
        keep_prob = tf.placeholder(tf.float32)
        layer = tf.nn.dropout(layer, rate=1 - keep_prob)
    with tf.name_scope("output_fc_layer4"):
        logits = layer @ weight(1024, 10) + bias(10)
    return x, y_, keep_prob, logits


def main(checkpoint: str, picture: str) -> None:
    tf.disable_v2_behavior()
    x, _, keep_prob, logits = build()
    with tf.name_scope("softmax"):
        y_conv = tf.nn.softmax(logits)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().restore(session, checkpoint)
        grey = np.asarray(Image.open(picture).convert("L"))
        row = 1 - grey.reshape(1, 784).astype(np.float32) / 255
        answer = session.run(tf.argmax(y_conv, 1), {x: row, keep_prob: 1.0})
    print("The picture you imported is:", answer[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
