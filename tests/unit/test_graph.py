"""The network is the article's, and the one that notebook 01 teaches."""

from pathlib import Path

import nbformat
import numpy as np

from mnist_helpers.graph import SCOPES, build_graph, predict
from mnist_helpers.tf1 import tf

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_build_the_graph.ipynb"


def nodes() -> list:
    """The default graph's operations, in the order they were made."""
    return list(tf.get_default_graph().as_graph_def().node)


def test_ten_scopes_in_order():
    build_graph()
    order = list(dict.fromkeys(node.name.split("/")[0] for node in nodes()))
    assert order == [
        *("input", "image", "conv_layer1", "pooling_layer1", "conv_layer2", "pooling_layer2"),
        *("fc_layer3", "dropout", "output_fc_layer4", "softmax"),
    ]


def test_every_tensor_has_the_name_of_its_field_and_its_shape():
    network = build_graph()
    for name, tensor in network._asdict().items():
        assert tensor.op.name.split("/", 1)[1] == name
        assert tensor.dtype.base_dtype == tf.float32
    shapes = {name: tensor.shape.as_list() for name, tensor in network._asdict().items() if tensor.shape.rank}
    assert shapes["x"] == [None, 784] and shapes["y_"] == [None, 10]
    assert shapes["h_conv1"] == [None, 28, 28, 32] and shapes["h_pool2"] == [None, 7, 7, 64]
    assert shapes["h_fc1_drop"] == [None, 1024] and shapes["y_conv"] == [None, 10]
    assert network.logits is not network.y_conv and network.y_conv.op.inputs[0] is network.logits


def test_three_million_parameters_in_eight_named_variables():
    network = build_graph()
    assert network.variables == tf.trainable_variables()
    assert [v.op.name for v in network.variables] == [
        *("conv_layer1/W_conv1", "conv_layer1/b_conv1", "conv_layer2/W_conv2", "conv_layer2/b_conv2"),
        *("fc_layer3/W_fc1", "fc_layer3/b_fc1", "output_fc_layer4/W_fc2", "output_fc_layer4/b_fc2"),
    ]
    assert sum(v.shape.num_elements() for v in network.variables) == 3_274_634


def test_notebook_01_builds_the_same_graph_op_by_op():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    taught = [
        cell.source for cell in cells if "with tf.name_scope" in cell.source and cell.cell_type == "code"
    ]
    assert len(taught) == len(SCOPES)
    exec("\n".join(taught), {"tf": tf})
    in_the_notebook = nodes()
    tf.reset_default_graph()
    build_graph()
    assert in_the_notebook == nodes()


def test_predict_asks_in_batches_and_gives_probabilities(mnist):
    network = build_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        many = predict(session, network, mnist.test.images[:1100])
        few = predict(session, network, mnist.test.images[1000:1003])
        assert predict(session, network, mnist.test.images[:0]).shape == (0, 10)
    assert many.shape == (1100, 10)
    np.testing.assert_allclose(many.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(many[1000:1003], few, atol=1e-6)  # the same sums, in another order
