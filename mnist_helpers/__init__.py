"""Helpers of the MNIST kit: one noun a module, each importable alone; TensorFlow comes only where needed."""

import sys

if "IPython" in sys.modules:  # it may be a notebook
    from mnist_helpers import reruns

    reruns.switch_on()
