"""Import TensorFlow in graph style, without the screenful of notes that it prints at start-up.

The notes are about processors, missing GPUs and deprecated names; none is about the lesson, and a
notebook shows them in red. Errors still show. ``import mnist_helpers.tf1`` comes before any other
import of TensorFlow, which imports matplotlib, and that has such notes for a home that cannot be written.
"""

import logging
import os
import tempfile

logging.getLogger("matplotlib").addHandler(logging.NullHandler())
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# TensorFlow's C++ side writes its first notes before it reads TF_CPP_MIN_LOG_LEVEL, straight to file
# descriptor 2 (github.com/tensorflow/tensorflow/issues/100442), so that is turned aside meanwhile.
_stderr = os.dup(2)
with tempfile.TemporaryFile() as _notes:
    os.dup2(_notes.fileno(), 2)
    try:
        import tensorflow.compat.v1 as tf

        tf.logging.set_verbosity(tf.logging.ERROR)
        tf.disable_v2_behavior()
    except BaseException:
        _notes.seek(0)
        os.write(_stderr, _notes.read())
        raise
    finally:
        os.dup2(_stderr, 2)
        os.close(_stderr)

__all__ = ["tf"]
