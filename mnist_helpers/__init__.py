"""Helpers of the MNIST kit: one noun a module, each importable alone; TensorFlow comes only where needed."""
