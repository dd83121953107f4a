"""The exercises of notebook 03, Restore and recognize."""

from collections.abc import Mapping

import numpy as np
from PIL import Image

from mnist_helpers import checkpoint, paths
from mnist_helpers.exercises import reference
from mnist_helpers.exercises.diagnosis import as_array, kind, shorten
from mnist_helpers.tf1 import tf


def name_of_the_features(answer: object) -> str:
    """Judge 03.1, a string: the name of the tensor with the features before dropout."""
    net = reference.network()
    if isinstance(answer, tf.Tensor):
        return "That is a tensor, which the other program does not have; the answer is its name, a string."
    if not isinstance(answer, str):
        return f"A name is a string, but this is {kind(answer)}."
    if answer == net.h_fc1.name:
        return f"Right. A name is all that a program needs: {answer} is output 0 of h_fc1 in its scope."
    if answer == net.h_fc1.op.name:
        return "That is the operation; its output, the tensor, has :0 after the name."
    if answer.split(":")[0] == "h_fc1":
        return "The scope is missing: which of the ten scopes computes h_fc1?"
    if answer.startswith(net.h_fc1_drop.op.name):
        return "Those are the features after dropout; the program wants those before it."
    if answer.split(":")[0] in (net.W_fc1.op.name, net.b_fc1.op.name):
        return "That is what the layer learned, the same for every picture; features are what it computes."
    try:
        tensor = net.x.graph.get_tensor_by_name(answer)
    except (KeyError, ValueError):
        return f'There is no tensor "{shorten(answer)}" in the graph: write scope, slash, name, and :0.'
    return f'There is a "{answer}", but its shape is {tensor.shape}: that is not 1,024 features per picture.'


def row_from_light_on_dark(answer: object) -> str:
    """Judge 03.2, an array: a light-on-dark picture as a row that the network takes."""
    row = as_array(answer)
    if row.ndim == 3:
        return f"Its shape is {row.shape}, so it has colours: convert it to greyscale, as in the lesson."
    if row.size != 784:
        return f"It has {row.size:,} numbers, but x takes 784: resize the picture to 28×28 first."
    if row.shape != (1, 784):
        return (
            f"The number of values, 784, is right, but their shape is {row.shape}; x takes rows, so (1, 784)."
        )
    if row.max() > 1:
        return "The values go up to 255, but the network was trained on 0.0 to 1.0: divide."
    if row.max() < 0.1:
        return "The values are nearly all 0: was the picture divided by 255 twice?"
    picture = Image.open(paths.SAMPLES / "7_light_on_dark.png").convert("L").resize((28, 28))
    correct = np.asarray(picture, np.float32).reshape(1, 784) / 255

    def is_close(other: np.ndarray) -> bool:  # however it was resized
        return bool(np.mean(abs(row - other)) < 0.05)

    if is_close(1 - correct):
        return "The background is white: this picture is light on dark already, so it must not be inverted."
    if is_close(correct.reshape(28, 28).T.reshape(1, 784)):
        return "Rows and columns are swapped: reshape keeps the order, a transpose does not."
    if not is_close(correct):
        return "The shape and the range are right, but this is not the picture 7_light_on_dark.png."
    return "Right. The network takes white on black: invert what is dark on light, and nothing else."


def names_for_the_second_network(answer: object) -> str:
    """Judge 03.3, a dictionary: names in the checkpoint for the variables of a second network."""
    if isinstance(answer, list | tuple):
        return "For a list a Saver looks up conv_layer1_1/… and so on; a dictionary can give it other names."
    if not isinstance(answer, Mapping):
        return f"This should be a dictionary, {{name: variable}}, but it is {kind(answer)}."
    names = [variable.op.name for variable in reference.network().variables]
    if any(isinstance(key, tf.Variable) for key in answer):
        return "It is the other way round: first the name in the checkpoint, then the variable."
    if not all(isinstance(variable, tf.Variable) for variable in answer.values()):
        return "The value for each name must be the variable itself, not a name or a number."
    if set(answer) & set(checkpoint.ARTICLE_NAMES.values()):
        return "Those are the article's names; this checkpoint has ours, conv_layer1/W_conv1 and so on."
    if strange := [name for name in answer if name not in names]:
        return f"The checkpoint has no {shorten(strange[0])}: under which names did the first network save?"
    if len(answer) < len(names):
        return f"{len(names)} variables need values, but the dictionary names only {len(answer)}."
    for name, variable in answer.items():
        if variable.op.name == name:
            return f"{name} leads to the first network's variable; it should lead to the second's."
        if variable.op.name.split("/")[-1] != name.split("/")[-1]:
            return f"{name} leads to {variable.op.name}: its values would go into another layer's variable."
    return "Right. The name alone decides which values a variable gets, and a Saver can be told another name."
