"""The article's own program, as far as its checkpoint goes: no variable named, Adam's slots saved too."""

from pathlib import Path

import numpy as np

from mnist_helpers.quiet import tf


def weight(*shape: int) -> tf.Variable:
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1))


def bias(size: int) -> tf.Variable:
    return tf.Variable(tf.constant(0.1, shape=[size]))


def write_checkpoint(path: Path, pictures: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Train a few steps on x [n, 784] and y_ [n, 10], save everything, return the probabilities [n, 10]."""
    with tf.Graph().as_default(), tf.Session() as session:
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
        with tf.name_scope("output_fc_layer4"):
            logits = layer @ weight(1024, 10) + bias(10)
        with tf.name_scope("softmax"):
            y_conv = tf.nn.softmax(logits)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y_, logits=logits))
        train_step = tf.train.AdamOptimizer(1e-4).minimize(loss)
        session.run(tf.global_variables_initializer())
        for _ in range(5):
            session.run(train_step, {x: pictures, y_: answers})
        tf.train.Saver().save(session, str(path))
        return session.run(y_conv, {x: pictures})
