"""Training learns, shows what it says it shows, and survives an interruption."""

import itertools

import numpy as np
import pytest

from mnist_helpers import training
from mnist_helpers.datasets import Split
from mnist_helpers.graph import build_graph
from mnist_helpers.quiet import tf


def test_a_hundred_steps_are_enough_to_be_mostly_right(mnist):
    # Measured: 95 % after the first 100 steps of three passes. Here the rate falls to 0 within them.
    tf.set_random_seed(0)
    network = build_graph()
    with tf.Session() as session:
        part = Split(mnist.train.images[:12_800], mnist.train.labels[:12_800])
        assert training.train(session, network, part, passes=1)
        test = Split(mnist.test.images[:2000], mnist.test.labels[:2000])
        assert training.accuracy(session, network, test) > 0.88


def test_the_loss_stays_finite_where_the_probability_is_rounded_to_0():
    network = build_graph()
    ops = training.add_training_ops(network)
    logits = np.float32([[0, 1000, 0, 0, 0, 0, 0, 0, 0, 0]])
    with tf.Session() as session:
        loss = session.run(ops.loss, {network.logits: logits, network.y_: np.eye(10)[:1]})
    assert loss == pytest.approx(1000)


def test_batches_are_shuffled_repeatable_and_cover_the_data(mnist):
    part = Split(mnist.train.images[:1280], mnist.train.labels[:1280])
    once, again, other = (list(training.Batches(part, passes=2, seed=seed)) for seed in (0, 0, 1))
    assert len(once) == len(training.Batches(part, passes=2, seed=0)) == 20
    for (x, y_), (x2, y2) in zip(once, again, strict=True):
        np.testing.assert_array_equal(x, x2)
        np.testing.assert_array_equal(y_, y2)
    assert any((y_ != y2).any() for (_, y_), (_, y2) in zip(once, other, strict=True))
    for first in (0, 10):  # each pass has each label as often as the data
        labels = np.concatenate([y_.argmax(1) for _, y_ in once[first : first + 10]])
        np.testing.assert_array_equal(np.bincount(labels), np.bincount(part.labels))
    x, y_ = once[0]
    assert x.shape == (128, 784) and x.dtype == np.float32 and 0 <= x.min() and x.max() <= 1
    assert y_.shape == (128, 10) and (y_.sum(1) == 1).all()


def test_augmentation_moves_a_little_and_keeps_the_ink(mnist):
    images = mnist.train.images[:256]
    changed = training.Augmentation(np.random.default_rng(0))(images)
    assert changed.shape == images.shape and changed.dtype == np.uint8
    assert all((a != b).any() for a, b in zip(images, changed, strict=True))
    # Scale is within 5 % in each direction, so ink is within 11 %; bilinear rounding adds 2 % at most.
    ratio = changed.sum((1, 2), dtype=float) / images.sum((1, 2), dtype=float)
    assert 0.87 < ratio.min() and ratio.max() < 1.13

    def centre(pictures):
        grid = np.arange(28)
        ink = pictures.astype(float)
        return np.stack([(ink.sum(axis) * grid).sum(1) / ink.sum((1, 2)) for axis in (1, 2)])

    # 1 pixel of shift, and what turning and stretching move a centre of mass that is off the middle.
    assert abs(centre(changed) - centre(images)).max() < 1.6


def test_the_rate_climbs_then_falls_to_nothing():
    rates = [training.rate(step / 1000) for step in range(1001)]
    assert rates[0] == 0 and rates[1000] == 0 and max(rates) == pytest.approx(training.PEAK_LEARNING_RATE)
    peak = rates.index(max(rates))
    assert peak == 100
    assert all(a < b for a, b in itertools.pairwise(rates[:101]))
    assert all(a > b for a, b in itertools.pairwise(rates[100:]))
