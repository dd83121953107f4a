"""Strokes become a picture, or one line says why they cannot."""

import numpy as np
import pytest

from mnist_helpers.image_io import PictureError
from mnist_helpers.strokes import rasterize


def test_a_stroke_is_as_wide_and_as_long_as_it_says():
    sheet = np.asarray(rasterize([[(0.5, 0.2), (0.5, 0.8)]], pen=0.1))
    assert sheet.shape == (256, 256) and sheet[0, 0] == 255 and sheet[128, 128] == 0
    rows, columns = np.nonzero(sheet < 128)
    assert np.ptp(columns) == pytest.approx(0.1 * 256, abs=2)
    assert np.ptp(rows) == pytest.approx(0.7 * 256, abs=2)  # with half a dot at each end


def test_a_stroke_of_one_point_is_a_dot_and_what_lies_beyond_the_sheet_is_cut_off():
    dot = np.mean(np.asarray(rasterize([[(0.5, 0.5)]], pen=0.2)) == 0)
    assert dot == pytest.approx(np.pi * 0.1**2, rel=0.1)
    assert (
        np.asarray(rasterize([[(9, 9)]])).min() == 255
        and np.asarray(rasterize([[(-9, 0.5), (9, 0.5)]])).min() == 0
    )
    assert np.asarray(rasterize([])).min() == 255


@pytest.mark.parametrize(
    "strokes", [[[]], [[1]], [["a", "b"]], 7, [[[0.5, 0.5, 0.5]]], [[[0.1, float("nan")]]]]
)
def test_what_are_no_strokes_is_one_line(strokes):
    with pytest.raises(PictureError, match="strokes are lists of points") as caught:
        rasterize(strokes)
    assert "\n" not in str(caught.value)
