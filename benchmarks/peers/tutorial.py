"""The original tutorial's training: Adam at 1e-4, 20,000 batches of 50 by feed_dict, the article's network.

    python -m benchmarks.peers.tutorial

Measures the accuracy on MNIST's test set every 500 steps, and stops when it reaches 99.2 %, or after 20,000
steps. Seconds count training only, not testing. As the tutorial's own reader of MNIST did
(``read_data_sets``), it keeps the first 5,000 training images for validation.
"""

import json
import time

import numpy as np
import tensorflow.compat.v1 as tf
from tqdm import tqdm

from benchmarks.peers import article
from mnist_helpers import datasets

STEPS, BATCH_SIZE, TEST_EVERY, GOAL = 20_000, 50, 500, 0.992
VALIDATION = 5_000


def main() -> None:
    tf.disable_v2_behavior()  # first: the seed is the graph's
    mnist = datasets.load()
    train = datasets.Split(*(array[VALIDATION:] for array in mnist.train))
    images, labels = datasets.flatten(train.images), datasets.one_hot(train.labels)
    test = datasets.flatten(mnist.test.images)
    tf.set_random_seed(0)
    random = np.random.default_rng(0)
    x, y_, keep_prob, logits = article.build()
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y_, logits=logits))
    train_step = tf.train.AdamOptimizer(1e-4).minimize(loss)
    answer = tf.argmax(logits, 1)
    best = seconds = 0.0
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        order = np.array([], int)
        for step in tqdm(range(1, STEPS + 1), desc="the tutorial", dynamic_ncols=True, disable=None):
            start = time.perf_counter()
            if len(order) < BATCH_SIZE:
                order = random.permutation(len(images))
            batch, order = order[:BATCH_SIZE], order[BATCH_SIZE:]
            session.run(train_step, {x: images[batch], y_: labels[batch], keep_prob: 0.5})
            seconds += time.perf_counter() - start
            if step % TEST_EVERY == 0:
                answers = [
                    session.run(answer, {x: test[start : start + 500], keep_prob: 1.0})
                    for start in range(0, len(test), 500)
                ]
                accuracy = float(np.mean(np.concatenate(answers) == mnist.test.labels))
                best = max(best, accuracy)
                if accuracy >= GOAL:
                    break
    reached = accuracy >= GOAL
    print(json.dumps({"reached": reached, "steps": step, "seconds": round(seconds, 1), "best": best}))


if __name__ == "__main__":
    main()
