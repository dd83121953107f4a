"""Rows of dots, as of digits to trace."""

import cv2
import numpy as np


def join_dots(dark: np.ndarray) -> np.ndarray | None:
    """Join a row of dots by lines, each with its two nearest; None where the ink is no such thing.

    Dots are round, alike, and most of the ink.

    Parameters
    ----------
    dark : ndarray of bool, shape (h, w)
        Where there is ink.

    Returns
    -------
    ndarray of bool, shape (h, w), or None
        The same with the lines.
    """
    count, _, found, centres = cv2.connectedComponentsWithStats(dark.view(np.uint8))
    if not 9 <= count <= 400:
        return None
    w, h, area = found[1:, 2:].T
    typical = float(np.median(area))
    dots = (area >= 0.35 * typical) & (area <= 3.2 * typical) & (area >= 0.5 * w * h)
    dots &= np.maximum(w, h) <= 1.8 * np.minimum(w, h) + 1
    if dots.sum() < 8 or typical < 3 or area[dots].sum() < 0.7 * area.sum():
        return None
    points = centres[1:][dots]
    apart = np.hypot(*(points[:, np.newaxis] - points).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    gap, pen = float(np.median(apart.min(axis=1))), max(2, round(2 * (typical / np.pi) ** 0.5))
    if gap > 5 * pen:
        return None
    joined = dark.astype(np.uint8)
    for point, distances in zip(points, apart, strict=True):
        for other in np.argsort(distances)[:2]:
            if distances[other] <= 1.9 * gap:
                start, end = np.rint([point, points[other]]).astype(int).tolist()
                cv2.line(joined, start, end, 1, pen)
    return joined.astype(bool)
