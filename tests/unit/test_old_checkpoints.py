"""Checkpoints as people have them: other names, TensorFlow 1.0's format, steps, folders, stale notes."""

import random
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from test_variables import LINEAR, PLAIN, in_scopes, numbered

from mnist_helpers import checkpoint, checkpoint_paths, cli, paths
from mnist_helpers.checkpoint import CheckpointError
from mnist_helpers.checkpoint_paths import locate
from mnist_helpers.graph import build_graph, predict
from mnist_helpers.recognizer import Recognizer
from mnist_helpers.tf1 import tf

V1, V2 = tf.train.SaverDef.V1, tf.train.SaverDef.V2
TEXT2 = str(paths.SAMPLES / "text2.png")


def write(
    path: Path, names: list[str], version: int = V2, step: int | None = None, first=(), trained: bool = False
) -> Path:
    """Save the shipped numbers as another program would, with what it adds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shipped = tf.train.load_checkpoint(str(paths.SHIPPED_MODEL))
    with tf.Graph().as_default(), tf.Session() as session:
        for name, shape in zip(first, LINEAR, strict=bool(first)):
            tf.Variable(tf.random.normal(shape), name=name)
        variables = [
            tf.Variable(shipped.get_tensor(ours), name=name)
            for ours, name in zip(checkpoint.ARTICLE_NAMES, names, strict=True)
        ]
        if trained:
            with tf.name_scope("train"):
                step_so_far = tf.train.get_or_create_global_step()
                loss = tf.add_n([tf.reduce_sum(variable) for variable in variables])
                train = tf.train.AdamOptimizer(0.0).minimize(loss, step_so_far)
                averages = tf.train.ExponentialMovingAverage(0.5)
                with tf.control_dependencies([train]):
                    train = averages.apply(variables)
        session.run(tf.global_variables_initializer())
        if trained:
            session.run(train)
        saver = tf.train.Saver(write_version=version)
        return Path(saver.save(session, str(path), global_step=step, write_meta_graph=False))


@pytest.fixture(scope="module")
def images(mnist):
    return mnist.test.images[:50]


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> Path:
    """A folder with one checkpoint, model.ckpt-20000, of numbered variables."""
    folder = tmp_path_factory.mktemp("old")
    write(folder / "model.ckpt", numbered(), step=20000)
    return folder


def assert_shipped(model: Path, recognizer: Recognizer, images: np.ndarray) -> dict[str, str]:
    restored = Recognizer(model)
    np.testing.assert_array_equal(restored.predict(images), recognizer.predict(images))
    return restored.renamed


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        Recognizer(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("version", [V1, V2], ids=["V1", "V2"])
@pytest.mark.parametrize(
    "names", ["numbered", "scopes of one's own", "without scopes", "the article's", "tf.layers"]
)
def test_other_names_give_the_same_answers(version, names, tmp_path, recognizer, images):
    path = write(tmp_path / "model.ckpt", PLAIN[names], version)
    assert path.is_file() == (version == V1)
    renamed = assert_shipped(path, recognizer, images)
    assert renamed == dict(zip(checkpoint.ARTICLE_NAMES, PLAIN[names], strict=True))
    assert len(checkpoint.check(path)) == 8


@pytest.mark.parametrize(
    ("first", "names"),
    [((), numbered()), (numbered(0, 2), numbered(2)), (in_scopes("softmax"), PLAIN["scopes of one's own"])],
)
@pytest.mark.parametrize("version", [V1, V2], ids=["V1", "V2"])
def test_what_training_adds_and_a_first_softmax_layer_are_passed_over(
    version, first, names, tmp_path, recognizer, images
):
    path = write(tmp_path / "model.ckpt", names, version, first=first, trained=True)
    assert any("Adam" in name for name in checkpoint.check(path))
    assert list(assert_shipped(path, recognizer, images).values()) == names


def test_our_own_names_are_not_called_others(tmp_path, recognizer, images):
    path = write(tmp_path / "model.ckpt", list(checkpoint.ARTICLE_NAMES), V1, trained=True)
    assert assert_shipped(path, recognizer, images) == {}


def test_two_networks_in_one_are_refused_with_the_dictionary_to_give_to_a_saver(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        for scope in ("one", "two"):
            with tf.name_scope(scope):
                build_graph()
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(tmp_path / "twice.ckpt"), write_meta_graph=False)
    says = refusal(tmp_path / "twice.ckpt")
    assert says.startswith(f"{tmp_path / 'twice.ckpt'} fits this network in more than one way; choose ")
    assert '"one/conv_layer1/W_conv1 or two/conv_layer1/W_conv1": net.W_conv1' in says


def test_the_dictionary_of_a_refusal_can_be_given_to_a_saver(tmp_path, recognizer, images):
    """A bias of the same shape lies where neither scope nor order tells; the user chooses."""
    names = [*numbered()[:7], "out"]
    path = write(tmp_path / "model.ckpt", names, first=["W", "b"])
    says = refusal(path)
    assert '"b or out": net.b_fc2' in says or '"out or b": net.b_fc2' in says
    command = re.search(r"tf\.train\.Saver\(.*\)$", says)[0]
    command = re.sub(r'"[^"]* or [^"]*"', '"out"', command).replace("path", "str(path)")
    with tf.Session() as session:
        net = build_graph()
        eval(command)
        np.testing.assert_array_equal(predict(session, net, images), recognizer.predict(images))


def test_the_terminal_says_which_names_were_matched(old, capsys):
    assert cli.main(["recognize", "--model", str(old / "model.ckpt-20000"), TEXT2]) == 0
    out, err = capsys.readouterr()
    assert out == "The picture you imported is: 2\n" and err.count("\n") == 1
    assert (
        err.startswith(f"{old / 'model.ckpt-20000'}: ")
        and "Variable is W_conv1, Variable_1 is b_conv1" in err
    )


@pytest.mark.parametrize(
    "given",
    [
        "model.ckpt-20000",
        "model.ckpt-20000.index",
        "model.ckpt-20000.data-00000-of-00001",
        "model.ckpt-20000.meta",
        "",
        "checkpoint",
    ],
)
def test_a_file_of_the_set_and_its_folder_mean_the_set(given, old, recognizer, images):
    assert_shipped(old / given, recognizer, images)
    assert Recognizer(str(old / given)).model == old / "model.ckpt-20000"
    assert len(checkpoint.check(old / given)) == 8


# ---- the folder's file "checkpoint"; empty files stand for a set

MESSAGES = {
    "relative": 'model_checkpoint_path: "model.ckpt-200"',
    "another computer's": 'model_checkpoint_path: "/home/ann/mnist/save/model.ckpt-200"',
    "Windows": r'model_checkpoint_path: "C:\\Users\\ann\\save\\model.ckpt-200"',
    "Windows, edited by hand": r'model_checkpoint_path: "C:\Users\123\model.ckpt-200"',
    "Windows with slashes": 'model_checkpoint_path: "C:/Users/ann/save/model.ckpt-200"',
    "with a list": 'model_checkpoint_path: "model.ckpt-200"\nall_model_checkpoint_paths: "model.ckpt-100"\n',
    "Windows' line ends": 'model_checkpoint_path: "model.ckpt-200"\r\nall_model_checkpoint_paths: "x"\r\n',
}


@pytest.fixture
def folder(tmp_path) -> Path:
    for step in (100, 200, 1000):
        (tmp_path / f"model.ckpt-{step}.index").touch()
        (tmp_path / f"model.ckpt-{step}.data-00000-of-00001").touch()
    return tmp_path


@pytest.mark.parametrize("text", MESSAGES.values(), ids=MESSAGES)
def test_the_name_in_the_file_checkpoint_counts_wherever_it_was_written(text, folder):
    (folder / "checkpoint").write_bytes(text.encode())
    assert locate(folder) == locate(folder / "checkpoint") == folder / "model.ckpt-200"


def test_what_is_not_ascii_is_written_in_octal(tmp_path):
    path = write(tmp_path / "größe" / "été.ckpt", numbered())
    text = (path.parent / "checkpoint").read_text()
    assert r"\303\251" in text or "été" in text
    (path.parent / "other.ckpt.index").touch()
    assert locate(path.parent) == path


def test_a_path_in_it_that_is_there_is_followed_if_the_folder_has_none_of_the_name(folder, tmp_path_factory):
    note = tmp_path_factory.mktemp("note")
    (note / "checkpoint").write_text(f'model_checkpoint_path: "{folder / "model.ckpt-200"}"')
    assert locate(note) == folder / "model.ckpt-200"
    shutil.copy(folder / "model.ckpt-200.index", note)
    assert locate(note) == note / "model.ckpt-200"


@pytest.mark.parametrize("text", [b'model_checkpoint_path: "/tmp/model.ckpt-9"', b"", b"\0\xff", None])
def test_of_several_that_no_note_names_one_must_be_chosen(text, folder):
    if text is not None:
        (folder / "checkpoint").write_bytes(text)
    says = refusal(folder)
    assert "model.ckpt-100, model.ckpt-200, model.ckpt-1000" in says and "name the one that you mean" in says
    assert ("model.ckpt-9, which is not there" in says) == bool(text and b"ckpt-9" in text)


def test_the_only_one_in_a_folder_is_taken_whatever_its_note_says(tmp_path):
    write(tmp_path / "text.ckpt", numbered(), V1)
    (tmp_path / "README.md").write_text("# Mine")
    for text in ('model_checkpoint_path: "C:\\\\gone.ckpt"', "", 'model_checkpoint_path: ""'):
        (tmp_path / "checkpoint").write_text(text)
        assert locate(tmp_path) == tmp_path / "text.ckpt"


def test_a_folder_without_any_is_one_line(tmp_path):
    says = refusal(tmp_path)
    assert f"the folder {tmp_path} holds no checkpoint" in says and str(paths.SHIPPED_MODEL) in says


def test_the_name_without_its_step_lists_the_steps(folder):
    says = refusal(folder / "model.ckpt")
    assert (
        "there is no checkpoint" in says
        and "model.ckpt-100, model.ckpt-200, model.ckpt-1000: name the" in says
    )


# ---- one's own in save/


def test_ones_own_of_the_highest_step_is_used_and_said_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MNIST_KIT_HOME", str(tmp_path))
    assert checkpoint_paths.own_model() is None and Recognizer().model == paths.SHIPPED_MODEL
    for step in (900, 20000):
        own = write(tmp_path / "model.ckpt", numbered(), step=step)
    assert Recognizer().model == own == tmp_path / "model.ckpt-20000"
    # What TensorFlow's own Saver reads next, as in notebook 03, is a model that the kit saved.
    assert checkpoint.find_model() == paths.SHIPPED_MODEL
    assert cli.main(["recognize", TEXT2]) == 0
    out, err = capsys.readouterr()
    assert out == "The picture you imported is: 2\n"
    assert err.splitlines()[0] == f"{own} is used, since there is no model.ckpt beside it"
    (tmp_path / "model.ckpt.index").touch()
    assert checkpoint_paths.own_model() == tmp_path / "model.ckpt"


# ---- TensorFlow 1.0's format


def test_v1_is_read_from_its_folder_and_from_a_step(tmp_path, recognizer, images):
    path = write(tmp_path / "model.ckpt", numbered(), V1, step=500)
    assert path.name == "model.ckpt-500" and not list(tmp_path.glob("*.index"))
    for given in (path, tmp_path, tmp_path / "model.ckpt-500.meta"):
        assert_shipped(given, recognizer, images)


def test_another_file_is_no_checkpoint(tmp_path):
    for data in (b"", b"no", b"\x89HDF\r\n" + bytes(5000)):
        (tmp_path / "model.h5").write_bytes(data)
        assert "model.h5 is no checkpoint, or breaks off" in refusal(tmp_path / "model.h5")


def test_a_damaged_v1_is_refused_in_one_line(tmp_path):
    path = tmp_path / "small.ckpt"
    with tf.Graph().as_default(), tf.Session() as session:
        tf.Variable(np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32), name="W")
        session.run(tf.global_variables_initializer())
        tf.train.Saver(write_version=V1).save(session, str(path), write_meta_graph=False)
    good = path.read_bytes()
    checkpoint.check(path)
    end = range(len(good) - 70, len(good))  # the footer, and a block that no sum covers
    for place in {*random.Random(0).sample(range(len(good)), 150), *end}:
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(CheckpointError, match=r"damaged|breaks off") as caught:
            checkpoint.check(path)
        assert "\n" not in str(caught.value), f"byte {place} of {len(good)}"
