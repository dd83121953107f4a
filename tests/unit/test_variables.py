"""Which stored variable is which: by name, by shape, by scope, by order; refused where two ways remain."""

import pytest

from mnist_helpers.variables import match

SHAPES = [[5, 5, 1, 32], [32], [5, 5, 32, 64], [64], [3136, 1024], [1024], [1024, 10], [10]]
NAMES = ["W_conv1", "b_conv1", "W_conv2", "b_conv2", "W_fc1", "b_fc1", "W_fc2", "b_fc2"]
SCOPES = ["conv_layer1"] * 2 + ["conv_layer2"] * 2 + ["fc_layer3"] * 2 + ["output_fc_layer4"] * 2
WANTED = {f"{scope}/{name}": shape for scope, name, shape in zip(SCOPES, NAMES, SHAPES, strict=True)}


def numbered(first: int = 0, count: int = 8, prefix: str = "") -> list[str]:
    """Names as TensorFlow numbers them: Variable, Variable_1 and so on."""
    return [f"{prefix}Variable_{n}" if n else f"{prefix}Variable" for n in range(first, first + count)]


def in_scopes(*scopes: str) -> list[str]:
    return [name for scope in scopes for name in numbered(0, 2, f"{scope}/")]


def stored(names: list[str], shapes: list[list[int]] = SHAPES) -> dict[str, list[int]]:
    return dict(zip(names, shapes, strict=True))


LINEAR = [[784, 10], [10]]  # the tutorial's first softmax layer
PLAIN = {
    "our own names": list(WANTED),
    "without scopes": NAMES,
    "the article's": in_scopes("conv_layer1", "conv_layer2", "fc_layer3", "output_fc_layer4"),
    "scopes of one's own": in_scopes("conv1", "conv2", "fc1", "fc2"),
    "numbered": numbered(),
    "a second graph's numbers": numbered(8),
    "in one scope": numbered(prefix="model/"),
    "summaries' tutorial": [f"layer{n}/{kind}/Variable" for n in range(4) for kind in ("weights", "biases")],
    "tf.layers": [
        f"{layer}/{kind}"
        for layer in ("conv2d", "conv2d_1", "dense", "dense_1")
        for kind in ("kernel", "bias")
    ],
    "of a class": [f"Net/{name}" for name in NAMES],
    "averages alone": [f"{name}/ExponentialMovingAverage" for name in NAMES],
}


@pytest.mark.parametrize("names", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("extras", ["alone", "Adam", "Adam in a scope", "all"])
def test_every_naming_is_matched_whatever_lies_beside_it(names, extras):
    there = stored(names)
    if extras in ("Adam", "all"):
        there |= {f"{name}/{slot}": there[name] for name in names for slot in ("Adam", "Adam_1")}
        there |= {"beta1_power": [], "beta2_power": []}
    if extras == "Adam in a scope":
        there |= {f"train/{name}/{slot}": there[name] for name in names for slot in ("Adam", "Adam_1")}
        there |= {"train/beta1_power": [], "train/beta2_power": []}
    if extras == "all":
        there |= {f"{name}/ExponentialMovingAverage": there[name] for name in names} | {"global_step": []}
    backwards = dict(reversed(there.items()))  # a reader has no order
    assert list(match(WANTED, backwards).values()) == names


BESIDE_LINEAR = {
    "numbered": (numbered(0, 2), numbered(2)),
    "afterwards": (numbered(8, 2), numbered()),
    "ten and more": (numbered(0, 2), numbered(2)),
    "scopes": (["softmax/Variable", "softmax/Variable_1"], PLAIN["scopes of one's own"]),
    "one scope around all": (
        ["m/softmax/Variable", "m/softmax/Variable_1"],
        ["m/" + n for n in PLAIN["tf.layers"]],
    ),
    "only the network in scopes": (numbered(0, 2), PLAIN["scopes of one's own"]),
    "summaries": (["linear/weights/Variable", "linear/biases/Variable"], PLAIN["summaries' tutorial"]),
    "W and b": (["W", "b"], NAMES),
    "tf.layers": (["dense_2/kernel", "dense_2/bias"], PLAIN["tf.layers"]),
}


@pytest.mark.parametrize(("linear", "names"), BESIDE_LINEAR.values(), ids=BESIDE_LINEAR)
def test_the_first_softmax_layer_is_told_from_the_last(linear, names):
    there = stored(linear, LINEAR) | stored(names)
    there |= {f"{name}/Adam": shape for name, shape in there.items()}
    assert list(match(WANTED, there).values()) == names


def test_weights_first_then_biases_are_matched_as_long_as_each_shape_is_there_once():
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    there = stored(numbered(), [SHAPES[place] for place in order])
    expected = [numbered()[order.index(place)] for place in range(8)]
    assert list(match(WANTED, there).values()) == expected


AMBIGUOUS = {
    "two networks": stored(numbered()) | stored(numbered(8)),
    "a graph built twice": stored(PLAIN["the article's"])
    | stored([name.replace("/", "_1/") for name in PLAIN["the article's"]]),
    "two in scopes": stored([f"a/{name}" for name in NAMES]) | stored([f"b/{name}" for name in NAMES]),
    "biases before weights, softmax layer last": stored(
        numbered(0, 10), [SHAPES[n] for n in (1, 0, 3, 2, 5, 4, 7, 6)] + [[10], [784, 10]]
    ),
    "weights first, beside a softmax layer": stored(
        numbered(0, 10), LINEAR + [SHAPES[n] for n in (0, 2, 4, 6, 1, 3, 5, 7)]
    ),
}


@pytest.mark.parametrize("there", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_two_ways_are_refused_with_the_dictionary_as_far_as_it_is_known(there):
    with pytest.raises(LookupError) as caught:
        match(WANTED, there)
    message = str(caught.value)
    assert message.startswith(
        'fits this network in more than one way; choose where it says or: tf.train.Saver({"'
    )
    assert " or " in message and '": net.b_fc2}).restore(session, path)' in message and "\n" not in message


def test_what_is_known_of_an_ambiguous_one_stands_in_the_dictionary():
    with pytest.raises(LookupError) as caught:
        match(WANTED, AMBIGUOUS["weights first, beside a softmax layer"])
    for part in (
        '"Variable_2": net.W_conv1, ',
        '"Variable_5": net.W_fc2, ',
        '"Variable_1 or Variable_9": net.b_fc2}',
    ):
        assert part in str(caught.value)


def test_a_network_with_a_layer_more_is_another_network():
    for names, more in (
        (PLAIN["scopes of one's own"], stored(in_scopes("fc3"), [[1024, 1024], [1024]])),
        (numbered(), stored(["Variable_8", "Variable_9"], [[3, 3, 64, 64], [64]])),
    ):
        with pytest.raises(LookupError):
            match(WANTED, stored(names) | more)
    with pytest.raises(LookupError, match=r"another network: its fc3/Variable, \[1024, 1024\], is a layer"):
        match(WANTED, stored(PLAIN["scopes of one's own"]) | stored(in_scopes("fc3"), [[1024, 1024], [1024]]))


def test_a_shape_that_is_missing_is_another_network():
    there = stored(numbered(), [*SHAPES[:4], [3136, 512], [512], [512, 10], [10]])
    with pytest.raises(
        LookupError, match=r"has no fc_layer3/W_fc1.* shape, \[3136, 1024\]: it holds another network"
    ):
        match(WANTED, there)
    with pytest.raises(LookupError, match="nothing"):
        match(WANTED, {})


def test_exact_names_are_never_guessed_about():
    there = stored(list(WANTED)) | stored(in_scopes("fc3"), [[1024, 1024], [1024]]) | stored(numbered())
    assert match(WANTED, there) == {name: name for name in WANTED}
    with pytest.raises(LookupError, match=r"its conv_layer1/W_conv1 is \[5, 5, 1, 16\], this graph's is"):
        match(WANTED, there | {"conv_layer1/W_conv1": [5, 5, 1, 16]})


def test_a_graph_built_twice_is_no_matter_of_names():
    second = {name.replace("/", "_1/"): shape for name, shape in WANTED.items()}
    with pytest.raises(LookupError, match="reset_default_graph"):
        match(second, stored(list(WANTED)))
