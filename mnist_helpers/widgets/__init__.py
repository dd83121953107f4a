"""Widgets for a notebook: the drawing pad, and a collection of what is drawn on it."""

from mnist_helpers.widgets.collection import Collection
from mnist_helpers.widgets.pad import Pad

__all__ = ["Collection", "Pad"]
