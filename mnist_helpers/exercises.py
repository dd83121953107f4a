"""What the exercises of the notebooks say of an answer: ``exercises.check("01.1", parameters)``.

One function an exercise. It gets the answer and returns what to say: a line that begins with "Right.",
or one that says what is wrong with just this answer. The right answer is worked out here, from the graph,
the data and the network of the kit; the solutions are in ``notebooks/solutions``.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_helpers import checkpoint, datasets, paths
from mnist_helpers.graph import Network, build_graph
from mnist_helpers.recognizer import Answer, Recognizer
from mnist_helpers.strokes import rasterize
from mnist_helpers.tf1 import tf

NOT_ANSWERED = "Not answered yet: replace the dots above."

EXERCISES: dict[str, Callable[[object], str]] = {}  # "01.1": the function that judges an answer to it


def check(number: str, answer: object) -> None:
    """Print one line about an answer to the exercise ``number``, such as "01.1". Raises nothing."""
    print(judge(number, answer))


def judge(number: str, answer: object) -> str:
    """What ``check`` prints."""
    if number not in EXERCISES:
        return f"There is no exercise {number!r}: they are {', '.join(EXERCISES)}."
    if answer is ... or answer is None:
        return NOT_ANSWERED
    try:
        # What NumPy warns of while an answer is tried out says less than the line that follows.
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            return EXERCISES[number](answer)
    except _Reply as reply:
        return str(reply)
    except Exception as error:  # an answer can be anything
        return f"This answer cannot be judged ({_named(error)}): is it of the kind that the task asks for?"


def exercise(number: str) -> Callable:
    """Enter the function below as the judge of the exercise ``number``."""

    def enter(function: Callable[[object], str]) -> Callable[[object], str]:
        EXERCISES[number] = function
        return function

    return enter


# ---- 01 Build the graph ----


@exercise("01.1")
def parameters_of_smaller_filters(answer: object) -> str:
    *_, channels, filters = _network().W_conv2.shape.as_list()
    weights = 3 * 3 * channels * filters
    return _number_is(
        answer,
        weights + filters,
        f"Right. Each of {filters} filters has 3 · 3 weights for each of {channels} channels, and one bias.",
        {
            weights: "You counted the weights, but each filter also has a bias: how many filters are there?",
            weights + channels: "There is one bias for each filter that comes out, not for each channel "
            "that goes in.",
            2 * weights: "There is one bias for each filter, not one for each weight.",
            3 * 3 * filters: f"A filter looks at all {channels} channels, not at one; and each has a bias.",
            3 * 3 * filters + filters: f"A filter has 3 · 3 weights for each of the {channels} channels "
            "that go in, not for one.",
            3 * 3 * channels + 1: f"That is one filter; there are {filters} of them.",
            3 * 3 * channels: f"Those are the weights of one filter; there are {filters}, each with a bias.",
            5 * 5 * channels * filters + filters: "That is what 5 × 5 filters learn; these are 3 × 3.",
            5 * 5 * channels * filters: "Those are the weights of 5 × 5 filters; these are 3 × 3.",
        },
        "it is height · width · channels in · filters for the weights, and then the biases.",
    )


@exercise("01.2")
def the_smallest_feed(answer: object) -> str:
    if not isinstance(answer, Mapping):
        return f"A feed is a dictionary, {{placeholder: value}}, and this is {_kind(answer)}."
    fed = {}
    for key, value in answer.items():
        if isinstance(key, str) and ":" not in key:
            return f'The key "{key}" is a text: write the placeholder itself, without quotes.'
        fed[str(getattr(key, "name", key)).split(":")[0].split("/")[-1]] = value
    if "x" not in fed:
        return "x is missing: everything on the way to h_fc1 is computed from the pictures."
    if "keep_prob" in fed:
        return "It runs, but keep_prob can go: dropout comes after h_fc1, so it is not on the way there."
    if "y_" in fed:
        return "It runs, but y_ can go: no feature depends on the right answers."
    if len(fed) > 1:
        return "It holds more than it needs: which placeholders does h_fc1 depend on?"
    pictures = _array(fed["x"])
    if pictures.ndim > 2:
        return f"x takes rows of 784 numbers, and these pictures are {_shape(pictures)}: flatten them."
    if pictures.shape != (3, 784):
        return f"x should get three rows of 784 numbers, and this is {_shape(pictures)}."
    if pictures.max() > 1:
        return "The numbers go up to 255, and x takes 0.0 to 1.0: datasets.flatten sees to both."
    if not np.allclose(pictures, datasets.flatten(_test().images[:3]), atol=1e-5):
        return "The shape is right, but these are not the first three of mnist.test.images."
    return "Right. A run computes only what is on the way to h_fc1, so only x has to be fed."


@exercise("01.3")
def the_largest_probability(answer: object) -> str:
    if isinstance(answer, np.ndarray | np.generic | float | list):
        return "These are numbers that a run gave; asked for is a tensor, part of the plan, not yet computed."
    if not isinstance(answer, tf.Tensor):
        return f"This is {_kind(answer)}, and asked for is a tensor."
    if answer.dtype.is_integer:
        return "That says which digit is the largest, as argmax does; asked for is how probable it is."
    logits = np.float32([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]])
    y_conv = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    values = {"logits": logits, "y_conv": y_conv}
    # A run can be fed with any tensor: these two, in place of a whole network.
    feed = {
        operation.outputs[0]: values[operation.name.split("/")[-1]]
        for operation in answer.graph.get_operations()
        if operation.name.split("/")[-1] in values
    }
    with tf.Session(graph=answer.graph) as session:
        largest = session.run(answer, feed)
    if largest.shape == ():
        return "That is one number for all pictures together: along which axis do the ten digits lie?"
    if largest.shape == (10,):
        return "That is a number for each digit, over all pictures: take the other axis."
    if largest.shape != (2,):
        return f"Two pictures give an array of {_shape(largest)}; asked for is one number a picture."
    if np.allclose(largest, logits.max(axis=1)):
        return "That is the largest logit, which may be any number; the probabilities are in y_conv."
    if np.allclose(largest, 1):
        return "That is always 1, as a sum of ten probabilities is: take the largest of them."
    if not np.allclose(largest, y_conv.max(axis=1)):
        return "There is one number a picture, but it is not its largest probability: look at tf.reduce_max."
    return "Right. You added an operation to the plan, and nothing is computed before a session runs it."


# ---- 02 Train and save ----


@exercise("02.1")
def variables_to_go_on_training(answer: object) -> str:
    if isinstance(answer, tf.train.Saver):
        return "That is the Saver; asked for is the list of variables to give it."
    if not isinstance(answer, list | tuple):
        return f"Asked for is a list of variables, and this is {_kind(answer)}."
    if strange := [part for part in answer if not isinstance(part, tf.Variable)]:
        return (
            f"The list must hold the variables themselves, and here is one thing that is {_kind(strange[0])}."
        )
    if not answer:
        return "The list is empty: Saver would find nothing to save."
    given = {variable.op.name for variable in answer}
    model = {variable.op.name for variable in _network().variables}
    wanted = {variable.op.name for variable in answer[0].graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)}
    if wanted == model:
        return "The graph has no optimizer yet: run the cells above, from the top, then this one."
    if given == model:
        return f"Those {len(given)} do to use the network, but Adam has variables too, and would begin anew."
    if not given & model:
        return "Those are Adam's alone; without the model's own there is nothing to go on with."
    if missing := sorted(wanted - given):
        return f"Not all are there, for example not {missing[0]}: which function lists every variable?"
    if given > wanted:
        return "Some of these are not in this notebook's graph: take every variable of the default graph."
    return (
        f"Right. To use the network takes {len(model)} variables; to go on training takes Adam's "
        f"{len(wanted - model)} as well."
    )


@exercise("02.2")
def accuracy_of_one_digit(answer: object) -> str:
    labels = _test().labels
    answers = np.load(paths.SHIPPED_MODEL.with_name("predictions.npy")).argmax(axis=1)
    given = np.array([_number(_called(answer, digit, answers, labels)) for digit in range(10)])

    def is_close(shares: list) -> bool:
        return np.allclose(given, shares, atol=1e-6)

    right = [np.mean(answers[labels == digit] == digit) for digit in range(10)]
    both = [np.sum((answers == digit) & (labels == digit)) for digit in range(10)]
    if is_close(both):
        return "You counted; divide by how many pictures of the digit there are."
    if is_close(np.multiply(100, right)):
        return "That is in percent; give a share from 0.0 to 1.0."
    if is_close(np.divide(both, len(labels))):
        return "You divided by all 10,000 pictures; take only those whose label is the digit."
    if is_close([np.mean(labels[answers == digit] == digit) for digit in range(10)]):
        return "You took the pictures that were named so; take those whose label is the digit."
    if is_close(np.subtract(1, right)):
        return "That is the share of mistakes; asked for is the share that is right."
    if is_close([np.mean(answers == labels)] * 10):
        return "That is the accuracy over all digits, whichever digit is asked for."
    if not is_close(right):
        return f"For the digit 0 you get {given[0]:.4g}, not {right[0]:.4g}: choose by label, then compare."
    return "Right. One accuracy for all hides what ten show: which digits a network finds hard."


@exercise("02.3")
def loss_from_logits(answer: object) -> str:
    cases = [  # logits and the right digit
        (np.float32([3, 1, 4, 1, 5, 9, 2, 6, 5, 8]), 7),
        (np.float32([0] * 10), 3),
        (np.float32([0, 200]), 0),
        (np.float32([1000, 0]), 0),
    ]
    given = np.array([_number(_called(answer, logits.copy(), digit)) for logits, digit in cases])
    with tf.Graph().as_default(), tf.Session() as session:
        losses = [
            tf.nn.softmax_cross_entropy_with_logits_v2(labels=np.eye(len(logits))[digit], logits=logits)
            for logits, digit in cases
        ]
        right = np.array(session.run(losses), float)
    probabilities = np.exp(-right[:2])  # of the two cases that are no trap
    if np.allclose(given, right, rtol=1e-4, atol=1e-4):
        return "Right. The probability is never written down, so there is no 0 to take the logarithm of."
    if np.allclose(given[:2], -right[:2], atol=1e-4):
        return "The sign is turned round: a loss is 0 or more, and large when the network is wrong."
    if np.allclose(given[:2], probabilities, atol=1e-4):
        return "That is the probability of the right digit; the loss is minus its logarithm."
    if any(np.allclose(given[:2], right[:2] / np.log(base), atol=1e-4) for base in (2, 10)):
        return "The logarithm has another base: the loss takes the natural one, np.log."
    if np.allclose(given[:2], [-np.log(_softmax(logits).max()) for logits, _ in cases[:2]], atol=1e-4):
        return "That is the loss if the largest logit were the right digit; take the logit at `right`."
    if not np.allclose(given[:2], right[:2], atol=1e-4):
        return f"Ten equal logits give {given[1]:.4g}, and guessing's loss is -log(0.1), {right[1]:.4g}."
    if not np.isfinite(given[3]):
        return "exp(1000) is more than a float32 can hold: take the largest logit off all of them first."
    if np.isinf(given[2]):
        return "For the logits 0 and 200 it is infinite: a probability became 0 before the logarithm saw it."
    return f"For the logits 0 and 200 you get {given[2]:.4g}, and the loss is 200: something cuts it off."


# ---- 03 Restore and recognize ----


@exercise("03.1")
def name_of_the_features(answer: object) -> str:
    net = _network()
    if isinstance(answer, tf.Tensor):
        return "That is a tensor, which the other program does not have; asked for is its name, as a text."
    if not isinstance(answer, str):
        return f"A name is a text, and this is {_kind(answer)}."
    if answer == net.h_fc1.name:
        return f"Right. A name is all that a program needs: {answer} is output 0 of h_fc1 in its scope."
    if answer == net.h_fc1.op.name:
        return "That is the operation; its output, the tensor, has :0 behind the name."
    if answer.split(":")[0] == "h_fc1":
        return "The scope is missing: which of the ten parts computes h_fc1?"
    if answer.startswith(net.h_fc1_drop.op.name):
        return "Those are the features after dropout; asked for are those before it."
    if answer.split(":")[0] in (net.W_fc1.op.name, net.b_fc1.op.name):
        return "That is what the layer learned, the same for every picture; features come out of it."
    try:
        tensor = net.x.graph.get_tensor_by_name(answer)
    except (KeyError, ValueError):
        return f'"{_short(answer)}" is no tensor in the graph: write scope, slash, name, and :0.'
    return f'There is a "{answer}", but its shape is {tensor.shape}: that is not 1,024 features a picture.'


@exercise("03.2")
def a_row_from_light_on_dark(answer: object) -> str:
    row = _array(answer)
    if row.ndim == 3:
        return f"It is {_shape(row)}, so it still has colours: convert it to grey, as the lesson does."
    if row.size != 784:
        return f"It is {row.size:,} numbers, and x takes 784: resize the picture to 28×28 first."
    if row.shape != (1, 784):
        return f"It has the right 784 numbers, in the shape {row.shape}; x takes rows, so (1, 784)."
    if row.max() > 1:
        return "The numbers go up to 255, and the network learned on 0.0 to 1.0: divide."
    if row.max() < 0.1:
        return "The numbers are nearly all 0: was the picture divided by 255 twice?"
    picture = Image.open(paths.SAMPLES / "7_light_on_dark.png").convert("L").resize((28, 28))
    right = np.asarray(picture, np.float32).reshape(1, 784) / 255

    def is_close(other: np.ndarray) -> bool:  # whatever way it was resized
        return bool(np.mean(abs(row - other)) < 0.05)

    if is_close(1 - right):
        return "The ground is white: this picture is light on dark already, so it must not be turned round."
    if is_close(right.reshape(28, 28).T.reshape(1, 784)):
        return "Rows and columns are swapped: reshape keeps the order, a transpose does not."
    if not is_close(right):
        return "The shape and the range are right, but this is another picture than 7_light_on_dark.png."
    return "Right. The network takes white on black: turn round what is dark on light, and nothing else."


@exercise("03.3")
def names_for_the_second_network(answer: object) -> str:
    if isinstance(answer, list | tuple):
        return "From a list a Saver looks for conv_layer1_1/… and so on; a dictionary can say another name."
    if not isinstance(answer, Mapping):
        return f"Asked for is a dictionary, {{name: variable}}, and this is {_kind(answer)}."
    names = [variable.op.name for variable in _network().variables]
    if any(isinstance(key, tf.Variable) for key in answer):
        return "It is the other way round: first the name in the checkpoint, then the variable."
    if not all(isinstance(variable, tf.Variable) for variable in answer.values()):
        return "What stands behind a name must be the variable itself, not a name or a number."
    if set(answer) & set(checkpoint.ARTICLE_NAMES.values()):
        return "Those are the article's names, and this checkpoint has ours: conv_layer1/W_conv1 and so on."
    if strange := [name for name in answer if name not in names]:
        return (
            f"{_short(strange[0])} is not in the checkpoint, and you know that error: who has saved the name?"
        )
    if len(answer) < len(names):
        return f"{len(names)} variables need their numbers, and the dictionary names {len(answer)}."
    for name, variable in answer.items():
        if variable.op.name == name:
            return f"{name} leads to the first network's variable; the second's belongs there."
        if variable.op.name.split("/")[-1] != name.split("/")[-1]:
            return f"{name} leads to {variable.op.name}: its numbers would go into another layer's variable."
    return "Right. Only the name says which numbers a variable gets, and a Saver can be told another name."


# ---- 04 Any picture ----


@exercise("04.1")
def a_digit_or_not_sure(answer: object) -> str:
    test = _test().images
    photo = paths.SAMPLES / "6_photo.jpg"
    said = _called(answer, photo)
    if isinstance(said, Answer):
        return "Your function returns the whole answer; asked for is its digit, or the text."
    if isinstance(said, bool | np.bool_):
        return "Your function returns whether the answer is sure; asked for is the digit, or the text."
    if isinstance(said, str) and said.strip().isdigit():
        return f'Your function returns the text "{said}"; a digit is a number, without quotes.'
    if said == "not sure":
        return "It is not sure of the photo of the 6, of which the network is: when is `sure` True?"
    if said != _recognizer().recognize(photo).digit:
        return f"For the photo of the 6 it returns {_short(said)}: asked for is the digit of the answer."
    said = _called(answer, np.full((200, 200), 230, np.uint8))
    if said != "not sure":
        return (
            f'For an empty sheet it returns {_short(said)}: look at `sure`, and return the text "not sure".'
        )
    for i in range(0, 12, 2):
        both = 255 - np.hstack([test[i], test[i + 1]])
        said = _called(answer, both)
        if said != "not sure" and not _recognizer().recognize(both).confident:
            return (
                f"For two digits at once it returns {_short(said)}: look at `sure`, not at the probability."
            )
    return "Right. A program that acts on answers first looks at whether there is one."


@exercise("04.2")
def light_ink_whichever_way_round(answer: object) -> str:
    seen = {}  # each sample: as it is, turned round, and what the function makes of it
    for name in ("text2.png", "1_marker.webp", "7_light_on_dark.png", "8_chalk.jpg"):
        picture = Image.open(paths.SAMPLES / name)
        small = np.asarray(picture.convert("L").resize((28, 28)))
        given = _array(_called(answer, picture.copy()))
        if given.shape != (28, 28):
            return f"For {name} it returns an array of {_shape(given)}, and the network sees 28×28."
        if given.max() <= 1:
            return "The numbers go up to 1 only; here, as in `naive`, they are bytes from 0 to 255."
        seen[name] = small, 255 - small, given
    as_they_are, turned = (
        [np.allclose(given, pair[which], atol=1) for *pair, given in seen.values()] for which in (0, 1)
    )
    if all(turned):
        return "It turns every picture round, and spoils those that are light on dark, such as the chalk."
    if all(as_they_are):
        return "It turns no picture round, so dark ink on paper stays dark."
    if as_they_are == [True, True, False, False]:
        return "It decides the wrong way round: it is the pictures with a light ground that must be turned."
    if all(given.min() >= 100 for *_, given in seen.values()):
        return "You chose for each pixel alone, so ground and ink are both light: decide once a picture."
    fits = turned[:2] + as_they_are[2:]
    if not all(fits):
        wrong = list(seen)[fits.index(False)]
        return f"It is wrong for {wrong}: is most of that picture light or dark, and what did you do?"
    return "Right. Most of a picture is its ground, so the value in the middle tells which way round it is."


@exercise("04.3")
def accuracy_of_moved_pictures(answer: object) -> str:
    images, labels = _few_of_the_test()
    given = np.array([_number(_called(answer, images.copy(), labels.copy(), n)) for n in MOVED])

    def is_close(shares: np.ndarray | float) -> bool:  # a processor may round one picture the other way
        return np.allclose(given, shares, rtol=0, atol=1.1 / len(labels))

    right = _accuracies("to the right")
    if is_close(right) or is_close(_accuracies("and cut off")):
        return (
            "Right. The network reads a digit best in the place where it learned to, so the road centres it."
        )
    if is_close(right[0]):
        return "It is the same however far they move: ask about the moved pictures, not about those given."
    if np.allclose(given / 100, right, atol=0.011):
        return "That is in percent; give a share from 0.0 to 1.0."
    if np.allclose(given / len(labels), right, atol=0.011):
        return "You counted the right answers; give their share of all pictures."
    if is_close(1 - right):
        return "That is the share of mistakes; asked for is the share that is right."
    if is_close(_accuracies("down")):
        return "They move down, not to the right: the axes are picture, row, column."
    if is_close(_accuracies("to the left")):
        return "They move to the left; to the right, columns count up."
    if is_close(_accuracies("places")):
        return (
            "The pictures change places, and their labels do not: move the columns, which are the last axis."
        )
    return f"Moved by {MOVED[1]} pixels to the right, {right[1]:.1%} are right, and you get {given[1]:.4g}."


MOVED = (0, 6, 8)  # px


@cache
def _accuracies(way: str) -> np.ndarray:
    """The shares that the network names rightly when pictures are moved by ``MOVED`` in one way."""
    images, labels = _few_of_the_test()
    moves = {
        "to the right": lambda n: np.roll(images, n, axis=2),
        "and cut off": lambda n: np.pad(images, ((0, 0), (0, 0), (n, 0)))[..., :28],
        "down": lambda n: np.roll(images, n, axis=1),
        "to the left": lambda n: np.roll(images, -n, axis=2),
        "places": lambda n: np.roll(images, n, axis=0),
    }
    return np.array([np.mean(_recognizer().predict(moves[way](n)).argmax(axis=1) == labels) for n in MOVED])


def _few_of_the_test() -> datasets.Split:
    """Not a hundred: a count of right answers must not pass for a percentage."""
    return datasets.Split(*(part[:150] for part in _test()))


# ---- 05 Draw and upload ----


@exercise("05.1")
def numbers_sent(answer: object) -> str:
    drawings = [_drawing(digit) for digit in (4, 5, 7)]
    given = [_number(_called(answer, strokes)) for strokes in drawings]
    points = [sum(map(len, strokes)) for strokes in drawings]
    right = [2 * n for n in points]
    if given == right:
        return f"Right. A 7 is {right[-1]} numbers; the sheet that Python draws of it has {256**2:,} pixels."
    if given == points:
        return "You counted the points, and each of them is two numbers."
    if given == [len(strokes) for strokes in drawings]:
        return "You counted the strokes; each is a list of points, and a point is two numbers."
    if given == [2 * len(strokes[0]) for strokes in drawings]:
        return "That is the first stroke alone; a 4 often has two."
    if given == [256 * 256] * 3:
        return "Those are the pixels of the sheet, and they are not sent; count the numbers in the strokes."
    return f"For a stranger's 7 you get {given[-1]:g}, and {right[-1]} numbers are sent: two for each point."


@exercise("05.2")
def a_seven_from_python(answer: object) -> str:
    if not isinstance(answer, list | tuple | np.ndarray):
        return f"Strokes are a list, and this is {_kind(answer)}."
    if len(answer) == 0:
        return "There is no stroke in it, and an empty sheet is no 7."
    if np.ndim(answer[0]) == 1:
        return "These are the points of one stroke; strokes are a list of such lists: one more pair of [ ]."
    strokes = [np.asarray(stroke, float) for stroke in answer]
    if any(stroke.ndim != 2 or stroke.shape[1] != 2 for stroke in strokes):
        return "Each stroke is a list of points, and each point two numbers, (x, y)."
    points = np.concatenate(strokes)
    if points.max() > 1.5:
        return "Some numbers are far over 1: points are shares of the sheet, 0.0 to 1.0, not pixels."
    if points.min() < 0 or points.max() > 1:
        return "Some points lie beside the sheet, which goes from 0.0 to 1.0."
    if all(len(stroke) < 2 for stroke in strokes):
        return "Each stroke has one point, so it is a dot; put the points of one line into one stroke."

    def is_seven(strokes: list[np.ndarray]) -> bool:
        seen = _recognizer().recognize(rasterize(strokes))
        return seen.digit == 7 and seen.confident

    if is_seven(strokes):
        return f"Right. {2 * len(points)} numbers are a picture, and it took the road of every other picture."
    if is_seven([stroke * (1, -1) + (0, 1) for stroke in strokes]):
        return "It is upside down: y counts from the top of the sheet, so 0.0 is above."
    if is_seven([stroke[:, ::-1] for stroke in strokes]):
        return "x and y are swapped: first comes the way from the left, then from the top."
    if is_seven([stroke * (-1, 1) + (1, 0) for stroke in strokes]):
        return "It is a mirror image: x counts from the left."
    seen = _recognizer().recognize(rasterize(strokes))
    said = f"a {seen.digit}" if seen.confident else "nothing that it is sure of"
    return f"The network sees {said}: draw the bar from left to right, and from its end down to the left."


@exercise("05.3")
def where_it_changes_its_mind(answer: object) -> str:
    angles = np.arange(0, 160, 20)
    # A 6 that is doubted at 40, something else from 60 on, a 6 again at 100, and a 9 from 120 on.
    named, sure = [6, 6, 6, 5, 5, 6, 9, 9], [0.99, 0.8, 0.4, 0.6, 0.9, 0.5, 0.7, 0.95]
    probabilities = np.full((8, 10), 0.01, np.float32)
    probabilities += (1 - np.array(sure, np.float32)[:, np.newaxis]) / 10
    probabilities[range(8), named] = sure
    given = _number(_called(answer, angles.copy(), probabilities.copy()))
    return _number_is(
        given,
        60,
        "Right. The answer is what is largest, so the mind changes where another digit overtakes.",
        {
            3: "That is the place in the list; asked for is the angle at that place.",
            40: "There the 6 is less probable, but still the answer: wait for another digit.",
            120: "That is the first 9; before it the answer was already another digit once.",
            100: "There it is a 6 again; asked for is where it first is not.",
            80: "That is one angle late.",
            140: "That is the last angle that is no 6; take the first.",
            0: "That is the first angle itself; look for the first with another answer.",
        },
        "name the digit at each angle, then find the first that differs from the one at the start.",
    )


# ---- 06 Look inside ----


@exercise("06.1")
def a_covered_copy(answer: object) -> str:
    picture = np.random.default_rng(0).integers(50, 256, (28, 28), np.uint8)  # nowhere black
    given = picture.copy()
    said = _array(_called(answer, given, 9, 15, 5))
    if not np.array_equal(given, picture):
        return "It writes into the picture that it was given, and that changes for everybody: copy first."
    if said.shape != (28, 28):
        return f"It returns an array of {_shape(said)}, and the copy is as large as the picture, 28×28."
    changed = said != picture
    if not changed.any():
        return "Nothing is covered: what is put into a slice of the copy changes the copy."
    top, left, bottom, right = _bounds(changed)
    rows, columns = bottom - top + 1, right - left + 1
    if (rows, columns) == (28, 28):
        return "The whole picture has changed; asked for is a square of `size` × `size` pixels in it."
    if (top, left, rows, columns) == (9, 15, 5, 5):
        return "The square begins at `row` and `column`; they should be its middle."
    if (rows, columns) == (4, 4):
        return "The square is 4 × 4 for the size 5: a slice leaves out its end, so add 1 there."
    if (rows, columns) in ((11, 11), (10, 10)):
        return f"For the size 5 the square is {rows} × {columns}: it reaches half of `size` to each side."
    if (top, left, rows, columns) == (13, 7, 5, 5):
        return "Row and column have changed places: the first index is the row, counted from above."
    if (top, left, rows, columns) != (7, 13, 5, 5):
        return (
            f"Around row 9, column 15 the size 5 covers rows 7 to 11 and columns 13 to 17, "
            f"and you cover rows {top} to {bottom}, columns {left} to {right}."
        )
    if said[changed].any() or not changed[7:12, 13:18].all():
        return f"The square is in its place, but it holds {said[9, 15]:g} and should be black, which is 0."
    for row, column, size in ((1, 12, 5), (12, 0, 7), (26, 27, 5), (14, 14, 1)):
        covered, half = picture.copy(), size // 2
        covered[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = 0
        said = _array(_called(answer, picture.copy(), row, column, size))
        if np.array_equal(said, picture):
            return (
                f"Around row {row}, column {column} nothing is covered: "
                "a slice that starts below 0 counts from the end."
            )
        if said.shape != (28, 28) or not np.array_equal(said, covered):
            return f"In the middle it is right, but not at row {row}, column {column} with the size {size}."
    return "Right. The lesson's map is 784 such copies, and what the network says of each."


def _bounds(where: np.ndarray) -> tuple[int, int, int, int]:
    """The first row and column and the last that hold a True."""
    places = np.argwhere(where)
    return (*places.min(axis=0).tolist(), *places.max(axis=0).tolist())


@exercise("06.2")
def a_feature_map_of_the_second_layer(answer: object) -> str:
    maps, weights, biases, right = _second_layer()
    cases = range(len(biases))
    given = [_array(_called(answer, maps.copy(), weights[..., k].copy(), biases[k])) for k in cases]
    for one in given:
        if one.shape == maps.shape:
            return "It returns 14×14×32: the sums over the 32 maps must still be added up to one map."
        if one.shape == (10, 10):
            return "It returns 10×10: beyond the border there are zeros, so that 14×14 places remain."
        if one.shape != (14, 14):
            return f"It returns an array of {_shape(one)}, and a feature map of this layer is 14×14."

    def is_close(others: list) -> bool:
        return np.allclose(given, others, rtol=1e-3, atol=1e-3)

    def summed(slide: Callable = ndimage.correlate, mode: str = "constant") -> np.ndarray:
        return np.array([_slid(slide, mode, maps, weights[..., k]).sum(axis=0) for k in cases])

    total = summed()
    bias = biases[:, np.newaxis, np.newaxis]
    if is_close(right):
        return "Right. 25 products in each of 32 maps, 800 in all, are behind every number of this layer."
    if is_close(total + bias):
        return "`relu` is missing: what is negative becomes 0."
    if is_close(np.maximum(total, 0)):
        return "The bias is missing."
    if is_close(np.maximum(total, 0) + bias):
        return "The bias comes before `relu`: it is part of the sum whose sign decides."
    if is_close(np.maximum(total + 32 * bias, 0)):
        return "The bias was added 32 times: a filter has one, whatever the number of maps."
    if is_close([_slid_and_cut(maps, weights[..., k], biases[k]) for k in cases]):
        return "`relu` came too early: first add up all 32 maps and the bias, then cut once."
    if is_close(np.maximum(total / 32 + bias, 0)):
        return "That is the mean over the 32 maps; asked for is their sum."
    if is_close(np.maximum(summed(ndimage.convolve) + bias, 0)):
        return "The filter is turned by 180°, as `convolve` does; the network correlates."
    if any(is_close(np.maximum(summed(mode=m) + bias, 0)) for m in ("reflect", "nearest", "mirror", "wrap")):
        return 'Inside it is right, but not at the border: beyond it there are zeros, mode="constant".'
    first = [_slid(ndimage.correlate, "constant", maps, weights[..., k])[0] for k in cases]
    if is_close(np.maximum(first + bias, 0)):
        return "That is the first of the 32 maps alone; each adds its part."
    place = np.unravel_index(np.abs(given[0] - right[0]).argmax(), (14, 14))
    return (
        f"At row {place[0]}, column {place[1]} you get {given[0][place]:.4g}, and the graph has "
        f"{right[0][place]:.4g}: slide each map's 5×5 weights over it."
    )


@cache
def _second_layer() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Maps, three filters with their biases, and what the graph makes of them."""
    random = np.random.default_rng(0)
    maps = np.maximum(random.normal(size=(14, 14, 32)), 0).astype(np.float32)
    net = _network()
    weights = random.normal(scale=0.1, size=net.W_conv2.shape.as_list()).astype(np.float32)
    biases = random.choice(np.float32([-0.7, 0.4, 0.7]), net.b_conv2.shape.as_list())
    # A run can be fed with any tensor, so no checkpoint is needed.
    feed = {net.h_pool1: maps[np.newaxis], "conv_layer2/W_conv2/read:0": weights}
    with tf.Session(graph=net.x.graph) as session:
        (h_conv2,) = session.run(net.h_conv2, feed | {"conv_layer2/b_conv2/read:0": biases})
    some = [0, *(np.flatnonzero(biases != biases[0])[:2])]
    return maps, weights[..., some], biases[some], np.moveaxis(h_conv2[..., some], 2, 0)


def _slid(slide: Callable, mode: str, maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weights slid over their maps: one array for each of the 32."""
    return np.array([slide(maps[..., i], weights[..., i], mode=mode) for i in range(maps.shape[-1])])


def _slid_and_cut(maps: np.ndarray, weights: np.ndarray, bias: float) -> np.ndarray:
    return np.maximum(_slid(ndimage.correlate, "constant", maps, weights), 0).sum(axis=0) + bias


@exercise("06.3")
def why_five_and_not_three(answer: object) -> str:
    if isinstance(answer, list | tuple):
        return "tf.gradients returns a list, with one slope for each thing that it is asked about: take [0]."
    if isinstance(answer, np.ndarray | np.generic):
        return "These are numbers that a run gave; asked for is the tensor, part of the plan."
    if not isinstance(answer, tf.Tensor):
        return f"This is {_kind(answer)}, and asked for is a tensor."
    values, pictures, slopes = _slopes()
    names = {operation.name for operation in answer.graph.get_operations()}
    if not names >= {name.split(":")[0] for name in values}:
        return "There is no network in this tensor's graph: run the cells above, from the top."
    feed = values | {"input/x:0": pictures, "dropout/keep_prob:0": 1.0}
    with tf.Session(graph=answer.graph) as session:
        given = session.run(answer, feed)
    if given.shape == (len(pictures),):
        return "That is the difference itself, one number a picture; asked for is its slope: tf.gradients."
    if given.size != pictures.size:
        return f"Its shape is {answer.shape}: ask how the difference moves with the pixels, net.x_image."
    given = given.reshape(pictures.shape)

    def is_close(slope: np.ndarray) -> bool:
        return np.allclose(given, slope, rtol=1e-3, atol=1e-3 * np.abs(slope).max())

    if is_close(slopes["5 - 3"]):
        return "Right. What a 5 and a 3 have in common is gone; red speaks for the 5 and against the 3."
    if is_close(-slopes["5 - 3"]):
        return "The signs are turned round: it speaks for the 3. Take the logit of 3 from that of 5."
    if is_close(slopes["5"] + slopes["3"]):
        return "That is the sum of the two logits; take their difference."
    if is_close(slopes["probabilities"]):
        return "Those are the probabilities; where one is near 100 % they have no slope, so take the logits."
    for digit in ("5", "3"):
        if is_close(slopes[digit]):
            return f"That is the slope of the {digit} alone; take the other logit off before you ask."
    if not given.any(axis=1).all():
        return "It is about single pictures: logits are [pictures, digits], so the digit 5 is logits[:, 5]."
    if (given >= 0).all():
        return "There is no sign left, and it says which digit a pixel speaks for."
    return "It is a slope of the pixels, but not that of the logit of 5 minus the logit of 3."


@cache
def _slopes() -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, np.ndarray]]:
    """A network of random weights, by the tensors to feed, ten rows of pixels, and slopes for them."""
    pictures = datasets.flatten(_test().images[:10])
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        net = build_graph()
        asked = {
            "5 - 3": net.logits[:, 5] - net.logits[:, 3],
            "5": net.logits[:, 5],
            "3": net.logits[:, 3],
            "probabilities": net.y_conv[:, 5] - net.y_conv[:, 3],
        }
        slopes = {name: tf.gradients(tensor, net.x)[0] for name, tensor in asked.items()}
        session.run(tf.global_variables_initializer())
        weights = {f"{variable.op.name}/read:0": variable for variable in net.variables}
        values, slopes = session.run([weights, slopes], {net.x: pictures, net.keep_prob: 1.0})
    return values, pictures, slopes


# ---- 07 From graph to Keras ----


@exercise("07.1")
def rate_for_keep_prob(answer: object) -> str:
    return _number_is(
        round(_number(answer), 6),  # 1 - 0.8 is not quite 0.2
        0.2,
        "Right. Four of five features are kept, so one of five is dropped.",
        {
            0.8: "That is the share that is kept; `Dropout` wants the share that is dropped.",
            1.25: "By that the kept features are multiplied, and Keras does it by itself.",
            0.5: "That is the rate for the lesson's keep_prob, 0.5; this one is 0.8.",
            -0.2: "A share is not negative: take what is kept off 1.",
            20: "That is in percent; `Dropout` wants a share from 0.0 to 1.0.",
            80: "That is in percent, and it is what is kept.",
        },
        "what is kept and what is dropped are 1 together.",
    )


@exercise("07.2")
def the_same_network(answer: object) -> str:
    random = np.random.default_rng(0)
    old = random.dirichlet(np.full(10, 0.1), 2000).astype(np.float32)
    rounded = old + random.uniform(-2e-6, 2e-6, old.shape).astype(np.float32)
    one_off = old.copy()
    one_off[1234, old[1234].argsort()[[-1, 0]]] += np.float32([-0.001, 0.001])
    twice = np.exp(old) / np.exp(old).sum(axis=1, keepdims=True)
    # Other networks, and what to say of a test that they pass.
    others = {
        "It passes a network that names other digits: differences up and down must not cancel.": (
            np.roll(old, 1, axis=1)
        ),
        "It passes softmax twice, which changes no answer: compare the probabilities.": twice,
        "It passes a network that gives one picture's digits 0.001 more and less: look at the largest "
        "difference of all, and allow rounding alone.": one_off,
    }

    def says(new: np.ndarray) -> bool:
        said = np.asarray(_called(answer, old.copy(), new.copy()))
        if said.shape == () and said.dtype.kind == "b":
            return bool(said)
        if said.dtype.kind == "b":
            raise _Reply(f"It returns {said.size:,} times True or False; asked for is one for all together.")
        raise _Reply(f"Asked for is True or False, and it returns {_kind(said[()])}.")

    if not says(old):
        return "It says False of twice the same numbers."
    passed = [line for line, new in others.items() if says(new)]
    if not says(rounded):
        return "Every network is another one to it, even if only rounding differs: allow about 0.00001."
    if passed:
        return passed[0]
    return "Right. Answers agree long before networks do; the largest difference tells."


@exercise("07.3")
def a_model_that_takes_bytes(answer: object) -> str:
    import keras  # seconds, and no other notebook needs it

    spread = keras.initializers.GlorotUniform(seed=0)
    last = keras.layers.Dense(10, kernel_initializer=spread, bias_initializer="ones")
    inside = keras.Sequential([keras.Input([28, 28, 1]), keras.layers.Flatten(), last])
    made = _called(answer, inside)
    if isinstance(made, keras.layers.Rescaling):
        return "That is the layer alone; asked for is a model of it and the model that was given."
    if not isinstance(made, keras.Model):
        return f"Asked for is a Keras model, which can be saved, and this is {_kind(made)}."
    if made is inside:
        return "That is the model that was given; it still wants 0.0 to 1.0."
    images = _test().images[:20, ..., np.newaxis]

    def of(pixels: np.ndarray) -> np.ndarray:
        return np.asarray(inside(np.float32(pixels)))

    given = np.asarray(_called(made, np.float32(images)))
    if given.shape != (20, 10):
        return f"For 20 pictures it returns {_shape(given)}; asked for are ten numbers for each."

    def is_close(other: np.ndarray) -> bool:
        return np.allclose(given, other, rtol=1e-4, atol=1e-5)

    if is_close(of(images / 255)):
        return "Right. What no shape tells is now in the model, and is saved with it."
    if is_close(of(images)):
        return "The bytes reach the network as they are: nothing divides them by 255."
    if is_close(of(images * 255.0)):
        return "`Rescaling` multiplies: with 255 the pictures go up to 65,025."
    if is_close(of(images / 255 / 255)):
        return "The bytes are divided by 255 twice."
    if is_close(of(images) / 255):
        return "`Rescaling` stands behind the network and scales its answers: it belongs in front."
    if is_close(of(images / 127.5 - 1)):
        return "That makes -1 to 1, as other networks want it; this one learned on 0.0 to 1.0."
    if is_close(of(1 - images / 255)):
        return "That turns light and dark round as well; MNIST's bytes are light on dark already."
    if is_close(of(images / 256)):
        return "That divides by 256, so ink is a little less than 1: the largest byte is 255."
    return "With its bytes from 0 to 255 it does not answer as the model that was given does with 0.0 to 1.0."


# ---- What the judges share ----


class _Reply(Exception):
    """Ends a judgement with this line."""


def _number_is(answer: object, right: float, praise: str, known: Mapping[float, str], hint: str) -> str:
    """Compare a number with the right one and with those that others came to."""
    number = _number(answer)
    if number == right:
        return praise
    return f"{number:,.10g}? {known[number]}" if number in known else f"{number:,.10g} is not it: {hint}"


def _number(answer: object) -> float:
    """An answer that must be one number."""
    if isinstance(answer, str):
        raise _Reply(f'"{_short(answer)}" is a text, and asked for is a number: leave the quotes away.')
    if isinstance(answer, tf.Tensor | tf.Variable):
        raise _Reply("This is a tensor, part of a plan, and asked for is a number.")
    try:
        array = np.asarray(answer)
        if array.shape == () and array.dtype.kind in "iuf":
            return array.item()
    except Exception:  # lists of no shape, and whatever else has no numbers
        pass
    raise _Reply(f"Asked for is one number, and this is {_kind(answer)}.")


def _array(answer: object) -> np.ndarray:
    """An answer that must be numbers in a shape."""
    if isinstance(answer, tf.Tensor | tf.Variable):
        raise _Reply("This is a tensor, part of a plan, and asked for is an array of numbers.")
    array = np.asarray(answer)
    if array.dtype.kind not in "iufb" or not array.size:
        raise _Reply(f"Asked for is an array of numbers, and this is {_kind(answer)}.")
    return array


def _called(function: object, *arguments: object) -> object:
    """What a student's function returns."""
    if not callable(function):
        raise _Reply(
            f"Asked for is the function itself, its name without brackets; this is {_kind(function)}."
        )
    try:
        result = function(*arguments)
    except Exception as error:
        raise _Reply(f"Your function stopped with {_named(error)}.") from error
    if result is ...:
        raise _Reply(NOT_ANSWERED)
    if result is None:
        raise _Reply("Your function gives back None: is there a `return` before the result?")
    return result


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {_short(error)}" if str(error) else type(error).__name__


def _short(thing: object) -> str:
    """The thing as text, on one line."""
    text = " ".join(str(thing).split())
    return text if len(text) <= 100 else f"{text[:97]}…"


def _kind(thing: object) -> str:
    kinds = {
        "a number": int | float | complex | np.number,
        "a text": str,
        "a list": list | tuple,
        "a dictionary": Mapping,
        "an array": np.ndarray,
        "a tensor": tf.Tensor | tf.Variable,
    }
    name = f"of the type {type(thing).__name__}"
    return next((kind for kind, types in kinds.items() if isinstance(thing, types)), name)


def _shape(array: np.ndarray) -> str:
    return "×".join(map(str, array.shape)) or "no dimension"


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


@cache
def _network() -> Network:
    """The ten scopes, in a graph of their own: the student's may hold two networks, or none."""
    with tf.Graph().as_default():
        return build_graph()


@cache
def _test() -> datasets.Split:
    return datasets.load().test


@cache
def _recognizer() -> Recognizer:
    """The model that comes with the kit, whatever the student has trained."""
    return Recognizer(paths.SHIPPED_MODEL)


def _drawing(digit: int) -> list[np.ndarray]:
    drawings = _drawings()
    return drawings.strokes[np.flatnonzero(drawings.labels == digit)[0]]


@cache
def _drawings() -> datasets.Drawings:
    return datasets.load_drawings()
