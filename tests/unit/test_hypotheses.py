"""Paper as people have it: lines, frames, shadows; and the hypotheses that read it."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import paper
from mnist_helpers import dots, lines, surfaces
from mnist_helpers.hypotheses import Reading
from mnist_helpers.strokes import rasterize

CASES = Path(__file__).parents[1] / "cases"

# What preprocessing cannot do: these want a network that has learned them.
FOR_THE_NETWORK = {
    "1_with_a_long_flag_28px.png",
    "9_angular_28px.png",
    "crescent_object.png",
    "heart.png",
    "house.png",
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.xfail(strict=True) if case.name in FOR_THE_NETWORK else ())
        for case in sorted(CASES.glob("*.png"))
    ],
    ids=lambda case: case.stem,
)
def test_small_inputs_that_people_reported_are_read_or_rejected(recognizer, case):
    answer = recognizer.recognize(case)
    if case.name[0].isdigit():
        assert (answer.digit, answer.confident) == (int(case.name[0]), True)
    else:
        assert not answer.confident


@pytest.fixture(scope="module")
def numbers() -> list[int]:
    """Five drawings of different digits that are read on plain white."""
    return list(islice(paper.clear_drawings(False, paper.randomness("test")), 10))[::2]


# Of five digits each; docs/figures.md has more. Bent shadows, glare and what touches its frame stay hard.
HARD = {"box touched", "circled open", "shadow bent", "glare on whiteboard", "glare on paper"}


@pytest.mark.parametrize("name", paper.groups(False)["digits"])
def test_digits_on_paper_of_each_kind_are_read(recognizer, drawings, numbers, name):
    kind = paper.groups(False)["digits"][name]
    pictures = [kind(drawings.strokes[number], paper.randomness(name, number)) for number in numbers]
    answers = list(recognizer.recognize_all(map(paper.file_of, pictures)))
    correct = [
        answer.confident and answer.digit == drawings.labels[number]
        for answer, number in zip(answers, numbers, strict=True)
    ]
    assert sum(correct) >= (3 if name in HARD else 4), [(a.digit, a.confident, a.hypothesis) for a in answers]


def test_one_hypothesis_is_enough_for_clean_pictures_and_each_other_one_is_named(recognizer, mnist, drawings):
    answers = list(recognizer.recognize_all(mnist.test.images[:300]))
    assert np.mean([len(answer.hypotheses) for answer in answers]) < 1.5
    circled = cv2.circle(np.asarray(rasterize(drawings.strokes[0])).copy(), (128, 128), 122, 0, 6)
    answer = recognizer.recognize(circled)
    assert answer.digit == drawings.labels[0] and answer.hypothesis == "inside"
    assert answer.hypotheses[0] == "as found" and answer.hypothesis in answer.hypotheses


def test_two_confident_answers_that_differ_are_rejected():
    reading = Reading(np.asarray(rasterize([[(0.4, 0.2), (0.4, 0.8)], [(0.6, 0.2), (0.6, 0.8)]])))
    reading.look_again()
    said = {"smallest window": 3, "smoothed": 8}  # of the others nothing
    certain, nothing = np.eye(10, dtype=np.float32), np.full(10, 0.1, np.float32)
    names = [hypothesis.name for hypothesis in reading.unjudged]
    assert said.keys() <= set(names)
    reading.judge([certain[said[name]] if name in said else nothing for name in names])
    assert reading.verdict is not None and not reading.verdict.confident


def test_lines_across_are_erased_and_strokes_that_cross_them_stay():
    depth = np.zeros((200, 240), np.float32)
    cv2.line(depth, (120, 30), (100, 170), 1, 7)  # a stroke
    stroke = depth > 0
    for y in (20, 60, 100, 140):
        cv2.line(depth, (0, y), (239, y + 12), 0.6, 2)
    erased, found = lines.erase_lines(depth)
    assert found
    assert (erased[~cv2.dilate(stroke.astype(np.uint8), np.ones((9, 9))).astype(bool)] > 0.1).mean() < 0.002
    assert (erased[stroke] > 0.5).mean() > 0.97
    untouched, found = lines.erase_lines(np.where(stroke, 1, 0).astype(np.float32))
    assert not found and (untouched > 0.5).sum() == stroke.sum()


def test_an_outline_is_told_from_a_digit():
    def dark(*, inside: bool) -> np.ndarray:
        canvas = np.zeros((160, 160), np.uint8)
        cv2.circle(canvas, (80, 80), 60, 1, 4)
        if inside:
            cv2.line(canvas, (80, 55), (80, 105), 1, 5)
        return canvas.astype(bool)

    (surface,) = surfaces.outlines(dark(inside=True))
    assert surface.mask[80, 80] and not surface.mask[80, 21] and not surface.touched
    assert surfaces.outlines(dark(inside=False)) == []  # an empty ring is a 0


def test_dots_are_joined_and_strokes_are_not():
    dotted = np.zeros((160, 160), np.uint8)
    for at in range(20, 140, 10):
        cv2.circle(dotted, (at, 80), 3, 1, -1)
    joined = dots.join_dots(dotted.astype(bool))
    assert joined is not None and joined[80, 20:130].all()
    stroke = cv2.line(np.zeros((160, 160), np.uint8), (20, 80), (140, 80), 1, 5)
    assert dots.join_dots(stroke.astype(bool)) is None
