"""What every judge asks of an answer: its kind, its value, what it returns when it is called."""

from collections.abc import Mapping

import numpy as np

from mnist_helpers.tf1 import tf


class Diagnosis(Exception):
    """Ends the judging of an answer; the text is what the student reads."""


class NotAnswered(Exception):
    """Ends the judging of a function that still returns the dots."""


def compare_number(answer: object, correct: float, praise: str, known: Mapping[float, str], hint: str) -> str:
    """Compare a number with the correct one, and with those that students arrive at by a known mistake.

    Parameters
    ----------
    answer : object
        The student's answer.
    correct : float
        The number that it should be.
    praise : str
        What to say of the correct number.
    known : Mapping[float, str]
        Wrong numbers, and what to say of each.
    hint : str
        What to say of every other number: a clause that ends with a full stop.

    Returns
    -------
    str
        The line for the student.

    Raises
    ------
    Diagnosis
        If the answer is not one number.
    """
    number = as_number(answer)
    if number == correct:
        return praise
    return f"{number:,.10g}? {known[number]}" if number in known else f"{number:,.10g} is not correct: {hint}"


def as_number(answer: object) -> float:
    """Return an answer that must be one number; raise Diagnosis if it is not."""
    if isinstance(answer, str):
        raise Diagnosis(f'"{shorten(answer)}" is a string; it should be a number, without quotes.')
    if isinstance(answer, tf.Tensor | tf.Variable):
        raise Diagnosis("This is a tensor, part of a graph; it should be a number.")
    try:
        array = np.asarray(answer)
        if array.shape == () and array.dtype.kind in "iuf":
            return array.item()
    except Exception:  # ragged lists, and whatever else NumPy cannot convert
        pass
    raise Diagnosis(f"This should be one number, but it is {kind(answer)}.")


def as_array(answer: object) -> np.ndarray:
    """Return an answer that must be an array of numbers; raise Diagnosis if it is not."""
    if isinstance(answer, tf.Tensor | tf.Variable):
        raise Diagnosis("This is a tensor, part of a graph; it should be an array of numbers.")
    array = np.asarray(answer)
    if array.dtype.kind not in "iufb" or not array.size:
        raise Diagnosis(f"This should be an array of numbers, but it is {kind(answer)}.")
    return array


def call(function: object, *arguments: object) -> object:
    """Return the result of a student's function.

    Parameters
    ----------
    function : object
        The answer, which should be a function.
    *arguments : object
        What to call it with. Pass copies: the function may change them.

    Returns
    -------
    object
        The result, neither None nor the Ellipsis.

    Raises
    ------
    NotAnswered
        If the function returns the dots.
    Diagnosis
        If it is no function, raises an exception, or returns None.
    """
    if not callable(function):
        raise Diagnosis(
            f"This should be the function itself, its name without brackets, but it is {kind(function)}."
        )
    try:
        result = function(*arguments)
    except Exception as error:
        raise Diagnosis(f"Your function stopped with {describe(error)}.") from error
    if result is ...:
        raise NotAnswered
    if result is None:
        raise Diagnosis(
            "Your function returns None: does every path through it end with `return` and a result?"
        )
    return result


def describe(error: Exception) -> str:
    """Name an exception and what it says, on one line."""
    return f"{type(error).__name__}: {shorten(error)}" if str(error) else type(error).__name__


def shorten(thing: object) -> str:
    """Return the thing as text, on one line of at most 100 characters."""
    text = " ".join(str(thing).split())
    return text if len(text) <= 100 else f"{text[:97]}…"


def kind(thing: object) -> str:
    """Say what kind of thing an answer is, such as "a list"."""
    if thing is None:
        return "None, the result of calls such as print() and list.append()"
    kinds = {
        "a number": int | float | complex | np.number,
        "a string": str,
        "a list": list,
        "a tuple": tuple,
        "a dictionary": Mapping,
        "an array": np.ndarray,
        "a tensor": tf.Tensor | tf.Variable,
    }
    name = f"of the type {type(thing).__name__}"
    return next((kind for kind, types in kinds.items() if isinstance(thing, types)), name)
