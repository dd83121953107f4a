"""Helpers of the MNIST kit: one noun a module, each importable alone, none importing TensorFlow unless it needs it."""
