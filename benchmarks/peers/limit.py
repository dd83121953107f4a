"""The machine's limit: how fast TensorFlow multiplies two large matrices here.

python -m benchmarks.peers.limit
"""

import json
import time

from mnist_helpers.tf1 import tf


def main(side: int = 2048) -> None:
    matrix = tf.Variable(tf.random_normal([side, side], seed=0))
    product = tf.matmul(matrix, matrix).op
    seconds = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(40):
            start = time.perf_counter()
            session.run(product)
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"flop_per_second": 2 * side**3 / min(seconds)}))


if __name__ == "__main__":
    main()
