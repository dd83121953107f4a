"""The exercises of notebook 05, Draw and upload."""

import numpy as np

from mnist_helpers import datasets
from mnist_helpers.exercises import reference
from mnist_helpers.exercises.diagnosis import as_number, call, compare_number, kind
from mnist_helpers.recognizer import Answer
from mnist_helpers.strokes import SHEET_SIDE, rasterize


def numbers_sent(answer: object) -> str:
    """Judge 05.1, a function: how many numbers a drawing consists of."""
    drawings = datasets.load_drawings()
    chosen = [drawings.strokes[np.flatnonzero(drawings.labels == digit)[0]] for digit in (4, 5, 7)]
    given = [as_number(call(answer, strokes)) for strokes in chosen]
    points = [sum(map(len, strokes)) for strokes in chosen]
    correct = [2 * n for n in points]
    if given == correct:
        return f"Right. This 7 is {correct[-1]} numbers; the picture made of it has {SHEET_SIDE**2:,} pixels."
    if given == points:
        return "You counted the points, but each of them is two numbers."
    if given == [len(strokes) for strokes in chosen]:
        return "You counted the strokes; each is a list of points, and a point is two numbers."
    if given == [2 * len(strokes[0]) for strokes in chosen]:
        return "That is the first stroke only; a 4 often has two."
    if given == [SHEET_SIDE**2] * 3:
        return "Those are the pixels of the picture, which is not sent; count the numbers in the strokes."
    return (
        f"For a 7 from the data set you get {given[-1]:g}, but {correct[-1]} numbers are sent: two per point."
    )


def seven_from_python(answer: object) -> str:
    """Judge 05.2, a list: strokes that the network reads as a 7."""
    if not isinstance(answer, list | tuple | np.ndarray):
        return f"Strokes are a list, but this is {kind(answer)}."
    if len(answer) == 0:
        return "There is no stroke in it, and an empty sheet is not a 7."
    points_wanted = "Each stroke should be a list of points, and each point two numbers, (x, y)."
    try:
        strokes = [np.asarray(stroke, float) for stroke in answer]
    except (TypeError, ValueError):
        return points_wanted
    if strokes[0].ndim == 1:
        return "These are the points of one stroke; strokes are a list of such lists: add a pair of [ ]."
    if any(stroke.ndim != 2 or stroke.shape[1] != 2 for stroke in strokes):
        return points_wanted
    points = np.concatenate(strokes)
    if points.max() > 1.5:
        return "Some numbers are far above 1: points are fractions of the sheet, 0.0 to 1.0, not pixels."
    if points.min() < 0 or points.max() > 1:
        return "Some points lie outside the sheet, which goes from 0.0 to 1.0."
    if all(len(stroke) < 2 for stroke in strokes):
        return "Each stroke has one point, so it is a dot; put the points of one line into one stroke."
    if _is_seven(_recognize(strokes)):
        return f"Right. {2 * len(points)} numbers make a picture, with the same preprocessing as every other."
    if _is_seven(_recognize([stroke * (1, -1) + (0, 1) for stroke in strokes])):
        return "It is upside down: y is measured from the top of the sheet, so the top is 0.0."
    if _is_seven(_recognize([stroke[:, ::-1] for stroke in strokes])):
        return "x and y are swapped: first comes the distance from the left, then that from the top."
    if _is_seven(_recognize([stroke * (-1, 1) + (1, 0) for stroke in strokes])):
        return "It is a mirror image: x is measured from the left."
    seen = _recognize(strokes)
    said = f"a {seen.digit}" if seen.confident else "nothing it is confident of"
    return f"The network sees {said}: draw the bar from left to right, and from its end down to the left."


def _recognize(strokes: list[np.ndarray]) -> Answer:
    return reference.recognizer().recognize(rasterize(strokes))


def _is_seven(seen: Answer) -> bool:
    return seen.digit == 7 and seen.confident


def first_change_of_answer(answer: object) -> str:
    """Judge 05.3, a function: the first angle at which the network answers with another digit."""
    angles = np.arange(0, 160, 20)
    # A 6 in doubt at 40, another digit from 60 on, a 6 again at 100, and a 9 from 120 on.
    digits = [6, 6, 6, 5, 5, 6, 9, 9]
    confidence = np.array([0.99, 0.8, 0.4, 0.6, 0.9, 0.5, 0.7, 0.95], np.float32)
    probabilities = np.tile((1 - confidence[:, np.newaxis]) / 9, 10)
    probabilities[range(8), digits] = confidence
    return compare_number(
        call(answer, angles.copy(), probabilities.copy()),
        60,
        "Right. The answer is the most probable digit, so it changes where another digit overtakes.",
        {
            3: "That is the index; return the angle at that index.",
            40: "There the 6 is less probable, but still the answer: wait for another digit.",
            120: "That is the first 9; before it the answer was already another digit once.",
            100: "There it is a 6 again; find where it first is not.",
            80: "That is one angle too late.",
            140: "That is the last angle at which it is not a 6; take the first.",
            0: "That is the first angle itself; look for the first with another answer.",
        },
        "take the answer at each angle, then the first that differs from the one at the start.",
    )
