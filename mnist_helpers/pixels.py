"""Arrays of pixels: their brightness, their size, a part of them."""

import cv2
import numpy as np

Box = tuple[int, int, int, int]  # x0, y0, x1, y1


def brightness(picture: np.ndarray) -> np.ndarray:
    """Return the brightness of a grey or coloured picture: uint8 [h, w]."""
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def resized(picture: np.ndarray, k: float, shrink: int = cv2.INTER_AREA) -> np.ndarray:
    """Return a k-th of the picture's size: area means where it shrinks, bicubic where it grows."""
    h, w = (max(1, round(n / k)) for n in picture.shape[:2])
    return cv2.resize(picture, (w, h), interpolation=shrink if k > 1 else cv2.INTER_CUBIC)


def longest_side(picture: np.ndarray) -> int:
    """Its longest."""
    return max(picture.shape[:2])


def box_of(ink: np.ndarray) -> Box | None:
    """Around all that is at least half ink."""
    x, y, w, h = cv2.boundingRect((ink > 0.5).astype(np.uint8))
    return (x, y, x + w, y + h) if w else None


def scaled(box: Box, k: float) -> Box:
    """Return a box k times as large, from the picture's corner on."""
    x0, y0, x1, y1 = (int(k * n) for n in box)
    return x0, y0, x1, y1


def cut(picture: np.ndarray, box: Box) -> np.ndarray:
    """Return what is in the box."""
    x0, y0, x1, y1 = box
    return picture[y0:y1, x0:x1]


def box_side(box: Box) -> int:
    """Return the longer side of a box."""
    return max(box[2] - box[0], box[3] - box[1])


def to_bytes(grey: np.ndarray) -> np.ndarray:
    """0.0 to 1.0 as uint8 0 to 255."""
    return cv2.convertScaleAbs(grey, alpha=255)  # rounded; more than 255 is 255
