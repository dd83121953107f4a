"""Helpers of the MNIST kit: one noun a module, each importable alone; TensorFlow comes only where needed."""

__version__: str


def __getattr__(name: str) -> str:
    """Look the version up when somebody asks for it, so that importing the package costs nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("mnist-kit")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
