"""Check answers to the exercises of the notebooks: ``exercises.check("01.1", parameters)``.

Each notebook has a module here, with one function per exercise. The function takes the answer and returns
one line: praise that begins with "Right.", or what is wrong with just this answer. It works out the correct
answer from the graph, the data and the network of the kit; solutions are in ``notebooks/solutions``.
"""

import warnings
from importlib import import_module

NOT_ANSWERED = "Not answered yet: replace the dots above."

# The function that judges each exercise. Its module, notebook_01 and so on, is loaded when first needed.
EXERCISES = {
    "01.1": "parameters_of_smaller_filters",
    "01.2": "smallest_feed",
    "01.3": "highest_probability",
    "02.1": "variables_to_resume_training",
    "02.2": "accuracy_of_one_digit",
    "02.3": "loss_from_logits",
    "03.1": "name_of_the_features",
    "03.2": "row_from_light_on_dark",
    "03.3": "names_for_the_second_network",
    "04.1": "digit_or_not_sure",
    "04.2": "light_ink_on_dark",
    "04.3": "accuracy_of_shifted_pictures",
    "05.1": "numbers_sent",
    "05.2": "seven_from_python",
    "05.3": "first_change_of_answer",
    "06.1": "occluded_copy",
    "06.2": "feature_map_of_the_second_layer",
    "06.3": "gradient_of_five_minus_three",
    "07.1": "rate_for_keep_prob",
    "07.2": "same_network",
    "07.3": "model_that_takes_bytes",
}


def check(number: str, answer: object) -> None:
    """Print one line about an answer; never raise, whatever the answer is.

    Parameters
    ----------
    number : str
        The exercise: notebook, dot, position in it, such as "01.1".
    answer : object
        What the student wrote in place of the dots; the Ellipsis ``...`` means "not answered yet".
    """
    print(judge(number, answer))


def judge(number: str, answer: object) -> str:
    """Return the line that ``check`` prints.

    Parameters
    ----------
    number : str
        The exercise, such as "01.1".
    answer : object
        The student's answer.

    Returns
    -------
    str
        One line. It begins with "Right." if the answer is correct, and is ``NOT_ANSWERED`` if it is still
        the dots.
    """
    if number not in EXERCISES:
        return f"There is no exercise {number!r}; there are {', '.join(EXERCISES)}."
    if answer is ...:
        return NOT_ANSWERED
    diagnosis = import_module(f"{__name__}.diagnosis")
    notebook = import_module(f"{__name__}.notebook_{number[:2]}")
    try:
        # What NumPy warns of while an answer is tried out says less than the line that is returned.
        with warnings.catch_warnings(action="ignore"):
            return getattr(notebook, EXERCISES[number])(answer)
    except diagnosis.NotAnswered:
        return NOT_ANSWERED
    except diagnosis.Diagnosis as found:
        return str(found)
    except Exception as error:  # an answer can be anything
        return (
            f"This answer cannot be checked ({diagnosis.describe(error)}): is it what the exercise asks for?"
        )
