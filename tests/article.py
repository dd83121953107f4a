"""The article's own program, as far as its checkpoint goes: no variable named, Adam's slots saved too."""

from pathlib import Path

import numpy as np

from benchmarks.peers import article
from mnist_helpers.tf1 import tf


def write_checkpoint(path: Path, pictures: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Train a few steps on x [n, 784] and y_ [n, 10], save everything, return the probabilities [n, 10]."""
    with tf.Graph().as_default(), tf.Session() as session:
        x, y_, keep_prob, logits = article.build()
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y_, logits=logits))
        train_step = tf.train.AdamOptimizer(1e-4).minimize(loss)
        session.run(tf.global_variables_initializer())
        for _ in range(5):
            session.run(train_step, {x: pictures, y_: answers, keep_prob: 1.0})
        tf.train.Saver().save(session, str(path))
        return session.run(tf.nn.softmax(logits), {x: pictures, keep_prob: 1.0})
