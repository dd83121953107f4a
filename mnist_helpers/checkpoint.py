"""Save a network, check what was saved, restore it: or say in one line why not and what to do.

A checkpoint called ``model.ckpt`` is three files: ``model.ckpt.data-00000-of-00001`` (the numbers),
``model.ckpt.index`` (which number is where) and ``model.ckpt.meta`` (the graph they belong to).
"""

from pathlib import Path

from mnist_helpers.quiet import tf

SAVE = Path(__file__).parents[1] / "save"
TRAINED = SAVE / "model.ckpt"  # what a student trains; git ignores it
SHIPPED = SAVE / "pretrained" / "model.ckpt"  # what comes with the kit

# The article names no variable, so TensorFlow numbers them in each scope: name here -> name there.
ARTICLE_NAMES = {
    "conv_layer1/W_conv1": "conv_layer1/Variable",
    "conv_layer1/b_conv1": "conv_layer1/Variable_1",
    "conv_layer2/W_conv2": "conv_layer2/Variable",
    "conv_layer2/b_conv2": "conv_layer2/Variable_1",
    "fc_layer3/W_fc1": "fc_layer3/Variable",
    "fc_layer3/b_fc1": "fc_layer3/Variable_1",
    "output_fc_layer4/W_fc2": "output_fc_layer4/Variable",
    "output_fc_layer4/b_fc2": "output_fc_layer4/Variable_1",
}


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message is one line with the cause and the cure."""


def find_model() -> Path:
    """The student's own model if there is one, else the shipped one."""
    return TRAINED if list(TRAINED.parent.glob(f"{TRAINED.name}.*")) else SHIPPED


def save(session: tf.Session, variables: list[tf.Variable], path: Path) -> None:
    """Write the values that the variables have in the session as the checkpoint ``path``.

    Give the model's variables alone (``network.variables``): 13 MB. All of a training graph's
    variables, Adam's two slots for each weight included, are 39 MB that only training needs.

    Raises CheckpointError if the files cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tf.train.Saver(variables, save_relative_paths=True).save(session, str(path))
    except (tf.errors.OpError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{path} cannot be saved ({reason}): free the disk or choose another folder"
        ) from error


def restore(session: tf.Session, variables: list[tf.Variable], path: Path) -> None:
    """Give the variables in the session the values of the checkpoint ``path``, checked before it is trusted.

    A checkpoint made by the article's own code is known by its names and restored too; whatever
    else a checkpoint holds, such as Adam's slots, is passed over.

    Raises CheckpointError as ``check`` does, and if the checkpoint holds another network.
    """
    stored = check(path)
    wanted = {variable.op.name: variable for variable in variables}
    if ARTICLE_NAMES.keys() == wanted.keys() and stored.keys() >= set(ARTICLE_NAMES.values()):
        wanted = {ARTICLE_NAMES[name]: variable for name, variable in wanted.items()}
    for name, variable in wanted.items():
        shape = variable.shape.as_list()
        if name not in stored:
            scope = name.split("/")[0]
            if scope[-2:] == "_1":
                cure = "the graph holds the network twice; run tf.reset_default_graph(), then build it once"
            else:
                cure = f"it holds another network ({min(stored, default='nothing')}, …); name this one's"
            raise CheckpointError(f"{path} has no {name}: {cure}")
        if stored[name] != shape:
            raise CheckpointError(
                f"{path} holds another network: its {name} is {stored[name]}, this graph's is {shape}; "
                "build the graph it was saved from, or name another checkpoint"
            )
    tf.train.Saver(wanted).restore(session, str(path))


def check(path: Path) -> dict[str, list[int]]:
    """Read the whole checkpoint ``path`` and return the shape of each variable in it, by name.

    Raises CheckpointError if a file is missing, cannot be read, or differs in any byte from what was
    saved. The names and every variable's bytes carry CRC-32C sums that TensorFlow compares when it
    reads them; what no sum covers is compared here.
    """
    path = Path(path)
    index = path.with_name(path.name + ".index")
    data = path.with_name(path.name + ".data-00000-of-00001")
    missing = [file.name for file in (index, data) if not file.is_file()]
    if len(missing) == 2:
        raise CheckpointError(f"there is no checkpoint {path}: train one (notebook 02) or name {SHIPPED}")
    cure = f"copy the whole set {path.name}.* again, or train again (notebook 02)"
    if missing:
        raise CheckpointError(f"the checkpoint {path} is only half there, {missing[0]} is missing: {cure}")
    damaged = CheckpointError(
        f"the checkpoint {path} is damaged, or mixed from two: its bytes do not match their sums; {cure}"
    )
    try:
        unsummed = index.read_bytes()
        reader = tf.train.NewCheckpointReader(str(path))
        shapes = reader.get_variable_to_shape_map()
        for name in shapes:
            reader.get_tensor(name)
    except PermissionError as error:
        raise CheckpointError(f"the checkpoint {path} cannot be read: {error.strerror}; allow it") from error
    except Exception as error:  # the reader raises whatever a damaged byte makes it stumble over
        raise damaged from error
    if not _unsummed_bytes_are_right(unsummed):
        raise damaged
    return shapes


def _unsummed_bytes_are_right(index: bytes) -> bool:
    """Compare the two places of an index file that carry no sum and that TensorFlow never compares.

    They are the block for metadata, always empty, with the same 13 bytes in every checkpoint; and the
    48-byte footer: where that block and the next lie, as four varints, zeros to 40 bytes, a magic
    number. Source: tensorflow/core/lib/io, table_builder.cc and format.cc.
    """
    footer = len(index) - 48
    metadata = index.rfind(bytes.fromhex("0000000001000000 00 c0f2a1b0"), 0, footer)
    places = (metadata, 8, metadata + 13, footer - 5 - (metadata + 13))
    return metadata >= 0 and index[footer:-8] == b"".join(map(_varint, places)).ljust(40, b"\0")


def _varint(number: int) -> bytes:
    """Write a number seven bits a byte, the lowest first, the eighth bit set in all but the last."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
