"""Pen strokes -> pixels: what was drawn on a pad, as a picture like any other."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from mnist_helpers.image_io import PictureError

SHEET_SIDE = 256  # px
PEN = 0.06  # of the sheet's side: a felt pen on a note

Strokes = Sequence[Sequence[tuple[float, float]] | np.ndarray]  # the points (x, y) of each; see rasterize


def rasterize(strokes: Strokes, pen: float = PEN) -> Image.Image:
    """Draw strokes with a round pen, dark on white.

    Parameters
    ----------
    strokes
        For each stroke its points (x, y) on a square sheet, 0.0 to 1.0 from its left and from its top.
        What lies beyond the sheet is cut off; a stroke of one point is a dot.
    pen
        Width of the strokes, 0.0 to 1.0 of the sheet's side.

    Returns
    -------
    Image.Image
        A picture of mode L, 256 by 256 pixels, 0 (ink) to 255 (background).

    Raises
    ------
    PictureError
        If the strokes are not lists of pairs of finite numbers.
    """
    sheet = Image.new("L", (SHEET_SIDE, SHEET_SIDE), "white")
    draw = ImageDraw.Draw(sheet)
    width = max(1, round(pen * SHEET_SIDE))
    try:
        for stroke in strokes:
            points = np.asarray(stroke, float).reshape(-1, 2) * SHEET_SIDE
            if not (len(points) and np.isfinite(points).all()):
                raise ValueError("a stroke is empty or not finite")
            points = np.clip(points, -SHEET_SIDE, 2 * SHEET_SIDE)
            draw.line(points.ravel().tolist(), fill=0, width=width)
            for point in points:  # round joints and ends
                draw.circle(point.tolist(), width / 2, fill=0)
    except (TypeError, ValueError) as error:
        raise PictureError(f"strokes are lists of points (x, y), 0.0 to 1.0: {error}") from None
    return sheet
