"""The generator of paper: each kind draws, and the same seed draws the same; the benchmark counts right."""

from itertools import islice

import numpy as np
import pytest

from benchmarks import paper
from mnist_helpers.recognizer import Answer

KINDS = [
    (closed, group, name)
    for closed in (False, True)
    for group, kinds in paper.groups(closed).items()
    for name in kinds
]


def drawn(closed: bool, group: str, name: str, seed: int, drawings) -> np.ndarray:
    strokes = [drawings.strokes[0]] if group == "digits" else []
    picture = paper.groups(closed)[group][name](*strokes, paper.randomness(name, seed))
    assert paper.file_of(picture)
    return np.asarray(picture.convert("RGBA"))


@pytest.mark.parametrize(("closed", "group", "name"), KINDS)
def test_the_seed_alone_decides_what_a_kind_draws(closed, group, name, drawings):
    first, again = (drawn(closed, group, name, 1, drawings) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.ptp(first) > 20  # not blank
    assert paper.groups(closed)[group].description(name)


def test_open_and_closed_kinds_share_no_name_and_no_drawing():
    for group in paper.GROUPS:
        assert not paper.groups(False)[group].keys() & paper.groups(True)[group].keys()
    used = [
        set(islice(paper.clear_drawings(closed, paper.randomness("test")), 20)) for closed in (False, True)
    ]
    assert not used[0] & used[1]


def test_drawings_are_clear_and_all_digits_take_turns():
    numbers = list(islice(paper.clear_drawings(False, paper.randomness("test")), 20))
    assert paper.drawings().labels[numbers].tolist() == [*range(10)] * 2
    assert all(map(paper.is_clear, numbers))


def answer(digit: int, confident: bool) -> Answer:
    return Answer(digit, np.eye(10, dtype=np.float32)[digit], np.zeros((28, 28), np.uint8), (), confident)


def test_outcomes_are_counted_and_stand_in_the_table():
    given = [(3, 3, True), (3, 8, True), (3, 3, False), (3, 3, True)]
    results = [paper.Result(paper.EMPTY, label, answer(digit, sure), 0.01) for label, digit, sure in given]
    figures = paper.figures(results)
    assert (figures["correct"], figures["rejected"], figures["wrong"]) == (0.5, 0.25, 0.25)
    nothing = paper.figures(
        [paper.Result(paper.EMPTY, None, answer(0, sure), 0.002) for sure in (True, False)]
    )
    assert nothing["wrong"] == nothing["rejected"] == 0.5  # whatever is named there is wrong
    table = paper.table({"digits": {"ruled": figures}, "doodles": {"heart": nothing}})
    assert "| ruled | 50.0 % | 25.0 % | 25.0 % | 10.0, 10 |" in table
    assert "| **digits: mean of 1 kinds, 4 each** | 50.0 %" in table
    assert "| heart | 50.0 % | 2.0, 2 |" in table
