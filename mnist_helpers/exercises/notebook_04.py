"""The exercises of notebook 04, Any picture."""

from functools import cache

import numpy as np
from PIL import Image

from mnist_helpers import datasets, paths
from mnist_helpers.exercises import reference
from mnist_helpers.exercises.diagnosis import as_array, as_number, call, shorten
from mnist_helpers.recognizer import Answer

SHIFTS = (0, 6, 8)  # px


def digit_or_not_sure(answer: object) -> str:
    """Judge 04.1, a function: the digit in a picture, or "not sure"."""
    test = reference.test_set().images
    photo = paths.SAMPLES / "6_photo.jpg"
    said = call(answer, photo)
    if isinstance(said, Answer):
        return 'Your function returns the whole answer; return its digit, or "not sure".'
    if isinstance(said, bool | np.bool_):
        return 'Your function returns whether the answer is confident; return the digit, or "not sure".'
    if isinstance(said, str) and said.strip().isdigit():
        return f'Your function returns the string "{said}"; a digit is a number, without quotes.'
    if said == "not sure":
        return 'For the photo of the 6 it returns "not sure": when is the answer `confident`?'
    if said != reference.recognizer().recognize(photo).digit:
        return f"For the photo of the 6 it returns {shorten(said)}; it should return the digit of the answer."
    said = call(answer, np.full((200, 200), 230, np.uint8))
    if said != "not sure":
        return f'For an empty sheet it returns {shorten(said)}: look at `confident`, and return "not sure".'
    for i in range(0, 12, 2):
        both = 255 - np.hstack([test[i], test[i + 1]])
        said = call(answer, both)
        if said != "not sure" and not reference.recognizer().recognize(both).confident:
            return (
                f"For two digits at once it returns {shorten(said)}: "
                "look at `confident`, not at the probability alone."
            )
    return "Right. A program that acts on answers should first ask whether there is one."


def light_ink_on_dark(answer: object) -> str:
    """Judge 04.2, a function: 28×28 bytes with light ink on a dark background."""
    seen = {}  # each sample: as it is, inverted, and what the function makes of it
    for name in ("text2.png", "1_marker.webp", "7_light_on_dark.png", "8_chalk.jpg"):
        picture = Image.open(paths.SAMPLES / name)
        small = np.asarray(picture.convert("L").resize((28, 28)))
        given = as_array(call(answer, picture.copy()))
        if given.shape != (28, 28):
            return f"For {name} it returns an array of shape {given.shape}, but the network sees (28, 28)."
        if given.max() <= 1:
            return "The values only go up to 1; here, as in `naive`, they are bytes from 0 to 255."
        seen[name] = small, 255 - small, given
    unchanged = [np.allclose(given, small, atol=1) for small, _, given in seen.values()]
    inverted = [np.allclose(given, inverse, atol=1) for _, inverse, given in seen.values()]
    if all(inverted):
        return "It inverts every picture, and spoils those that are light on dark, such as the chalk."
    if all(unchanged):
        return "It inverts no picture, so dark ink on paper stays dark."
    if unchanged == [True, True, False, False]:
        return "It decides the wrong way round: the pictures with a light background are the ones to invert."
    if all(given.min() >= 100 for *_, given in seen.values()):
        return "You decided for each pixel, so background and ink are both light: decide once per picture."
    correct = inverted[:2] + unchanged[2:]
    if not all(correct):
        wrong = list(seen)[correct.index(False)]
        return f"It is wrong for {wrong}: is most of that picture light or dark, and was it inverted?"
    return "Right. Most of a picture is background, so the median tells whether to invert it."


def accuracy_of_shifted_pictures(answer: object) -> str:
    """Judge 04.3, a function: the accuracy on pictures shifted to the right."""
    images, labels = _some_test_pictures()
    given = np.array([as_number(call(answer, images.copy(), labels.copy(), n)) for n in SHIFTS])

    def is_close(accuracies: np.ndarray | float) -> bool:  # rounding may change the answer to one picture
        return np.allclose(given, accuracies, rtol=0, atol=1.1 / len(labels))

    correct = _accuracies("to the right")
    if is_close(correct) or is_close(_accuracies("and cropped")):
        return "Right. The network reads a digit best where it learned to, so preprocessing centres it."
    if is_close(correct[0]):
        return (
            "It is the same however far they are shifted: ask about the shifted pictures, not the given ones."
        )
    if np.allclose(given / 100, correct, atol=0.011):
        return "That is a percentage; return a fraction from 0.0 to 1.0."
    if np.allclose(given / len(labels), correct, atol=0.011):
        return "You counted the correct answers; return the fraction of all pictures."
    if is_close(1 - correct):
        return "That is the error rate; return the accuracy, the fraction classified correctly."
    if is_close(_accuracies("down")):
        return "They are shifted down, not to the right: the axes are picture, row, column."
    if is_close(_accuracies("to the left")):
        return "They are shifted to the left; to the right, columns count up."
    if is_close(_accuracies("from place to place")):
        return (
            "The pictures change places, but their labels do not: shift the columns, which are the last axis."
        )
    return (
        f"Shifted to the right by {SHIFTS[1]} pixels, {correct[1]:.1%} are classified correctly, "
        f"but you get {given[1]:.4g}."
    )


@cache
def _accuracies(way: str) -> np.ndarray:
    """Return the accuracies on pictures shifted by ``SHIFTS`` in one way."""
    images, labels = _some_test_pictures()
    shift = {
        "to the right": lambda n: np.roll(images, n, axis=2),
        "and cropped": lambda n: np.pad(images, ((0, 0), (0, 0), (n, 0)))[..., :28],
        "down": lambda n: np.roll(images, n, axis=1),
        "to the left": lambda n: np.roll(images, -n, axis=2),
        "from place to place": lambda n: np.roll(images, n, axis=0),
    }[way]
    recognizer = reference.recognizer()
    return np.array([np.mean(recognizer.predict(shift(n)).argmax(axis=1) == labels) for n in SHIFTS])


def _some_test_pictures() -> datasets.Split:
    """Return not a hundred: a count of correct answers must not pass for a percentage."""
    images, labels = reference.test_set()
    return datasets.Split(images[:150], labels[:150])
