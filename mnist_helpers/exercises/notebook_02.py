"""The exercises of notebook 02, Train and save."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax

from mnist_helpers import paths
from mnist_helpers.exercises import reference
from mnist_helpers.exercises.diagnosis import as_number, call, kind
from mnist_helpers.tf1 import tf


def variables_to_resume_training(answer: object) -> str:
    """Judge 02.1, a list: the variables that a Saver needs so that training can resume."""
    if isinstance(answer, tf.train.Saver):
        return "That is the Saver; the answer is the list of variables to give it."
    if not isinstance(answer, list | tuple):
        return f"This should be a list of variables, but it is {kind(answer)}."
    if strange := [element for element in answer if not isinstance(element, tf.Variable)]:
        return (
            f"The list should hold the variables themselves, but one of its elements is {kind(strange[0])}."
        )
    if not answer:
        return "The list is empty: a Saver would find nothing to save."
    given = {variable.op.name for variable in answer}
    model = {variable.op.name for variable in reference.network().variables}
    wanted = {variable.op.name for variable in answer[0].graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)}
    if wanted == model:
        return "The graph has no optimizer yet: run the cells above, from the top, then this one."
    if given == model:
        return (
            f"Those {len(given)} are enough for inference, but Adam has variables, too, and would start anew."
        )
    if not given & model:
        return "Those are Adam's only; without the model's own there is no training to resume."
    if missing := sorted(wanted - given):
        return f"Some are missing, {missing[0]} for example: which function lists every variable?"
    if given > wanted:
        return "Some of these are not in this notebook's graph: take every variable of the default graph."
    return (
        f"Right. Inference takes {len(model)} variables; to resume training takes Adam's "
        f"{len(wanted - model)} as well."
    )


def accuracy_of_one_digit(answer: object) -> str:
    """Judge 02.2, a function: the accuracy on the pictures of one digit."""
    labels = reference.test_set().labels
    answers = np.load(paths.SHIPPED_MODEL.with_name("predictions.npy")).argmax(axis=1)
    given = np.array([as_number(call(answer, digit, answers.copy(), labels.copy())) for digit in range(10)])

    def is_close(fractions: ArrayLike) -> bool:
        return np.allclose(given, fractions, atol=1e-6)

    correct = np.array([np.mean(answers[labels == digit] == digit) for digit in range(10)])
    both = np.array([np.sum((answers == digit) & (labels == digit)) for digit in range(10)])
    if is_close(correct):
        return "Right. A single accuracy hides what ten reveal: which digits a network finds hard."
    if is_close(both):
        return "You counted; divide by the number of pictures of the digit."
    if is_close(100 * correct):
        return "That is a percentage; return a fraction from 0.0 to 1.0."
    if is_close(both / len(labels)):
        return "You divided by all 10,000 pictures; take only those whose label is the digit."
    if is_close([np.mean(labels[answers == digit] == digit) for digit in range(10)]):
        return "You took the pictures classified as the digit; take those whose label is the digit."
    if is_close(1 - correct):
        return "That is the error rate; return the accuracy, the fraction classified correctly."
    if is_close([np.mean(answers == labels)] * 10):
        return "That is the accuracy over all digits, whichever digit is asked for."
    return f"For the digit 0 you get {given[0]:.4g}, not {correct[0]:.4g}: select by label, then compare."


def loss_from_logits(answer: object) -> str:
    """Judge 02.3, a function: the cross-entropy of one picture, from logits that may be large."""
    cases = [  # logits and the correct digit; the last two are traps
        (np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 8], np.float32), 7),
        (np.zeros(10, np.float32), 3),
        (np.array([0, 200], np.float32), 0),
        (np.array([1000, 0], np.float32), 0),
    ]
    given = np.array([as_number(call(answer, logits.copy(), digit)) for logits, digit in cases])
    correct = np.array([-log_softmax(logits)[digit] for logits, digit in cases])
    if np.allclose(given, correct, rtol=1e-4, atol=1e-4):
        return "Right. The probability itself is never computed, so there is no 0 to take the logarithm of."

    def is_close(losses: ArrayLike) -> bool:
        return np.allclose(given[:2], losses, atol=1e-4)

    if is_close(-correct[:2]):
        return "The sign is reversed: a loss is 0 or more, and large when the network is wrong."
    if is_close(np.exp(-correct[:2])):
        return "That is the probability of the correct digit; the loss is minus its logarithm."
    if any(is_close(correct[:2] / np.log(base)) for base in (2, 10)):
        return "The logarithm has another base: the loss takes the natural one, np.log."
    if is_close([-log_softmax(logits).max() for logits, _ in cases[:2]]):
        return "That is the loss if the digit with the largest logit were correct; take the logit at `right`."
    if not is_close(correct[:2]):
        return (
            f"Ten equal logits give {given[1]:.4g}, but the loss of a guess is -log(0.1), {correct[1]:.4g}."
        )
    if not np.isfinite(given[3]):
        return "exp(1000) overflows a float32: subtract the largest logit from all of them first."
    if np.isinf(given[2]):
        return (
            "For the logits 0 and 200 it is infinite: a probability became 0 before its logarithm was taken."
        )
    return f"For the logits 0 and 200 you get {given[2]:.4g}, but the loss is 200: something clips it."
