"""The accuracy on strangers' pen drawings: every seventh of those that no training saw."""

import numpy as np

from mnist_helpers.strokes import rasterize


def test_drawings_by_people_that_no_training_saw_are_classified_correctly(recognizer, drawings):
    answers = list(recognizer.recognize_all(map(rasterize, drawings.strokes[::7])))
    correct = np.mean([answer.digit for answer in answers] == drawings.labels[::7])
    rejected = np.mean([not answer.confident for answer in answers])
    print(f"{correct:.2%} of {len(answers)} drawings are correct, {rejected:.2%} are rejected")
    assert correct >= 0.955  # another processor's rounding may tip one or two of 500
    assert rejected <= 0.02
