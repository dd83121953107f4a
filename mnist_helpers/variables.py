"""Which stored variable belongs to which of the network's, whatever the program that saved it called them.

Names and shapes alone, no TensorFlow. The network's eight shapes are distinct, so a shape nearly always
tells. What lies beside them in an old checkpoint is told apart by its name: an optimizer's slots, moving
averages, the tutorial's first softmax layer with a bias of the same shape.
"""

Shapes = dict[str, list[int]]  # of variables, by name


def match(wanted: Shapes, stored: Shapes) -> dict[str, str]:
    """Find for each wanted variable the stored one that holds its values.

    By its full name; else by the last part of it, ``W_conv1``, and the shape; else by the shape. Where two
    have the shape, by the scope that it shares with the rest of its layer; else by the order: the only eight
    that follow each other, as ``Variable_2`` to ``Variable_9`` do, with all the shapes in the order wanted.

    Parameters
    ----------
    wanted : dict
        The shape of each of the graph's variables, by name, the first layer first.
    stored : dict
        The shape of each variable in the checkpoint, by name.

    Returns
    -------
    dict
        The stored name for each wanted one.

    Raises
    ------
    LookupError
        If it is another network, or if it fits in more than one way. The message, to be written after the
        name of the checkpoint, has the dictionary for a ``Saver`` as far as it is known.
    """
    for name, shape in wanted.items():
        if stored.get(name, shape) != shape:
            raise LookupError(
                f"holds another network: its {name} is {stored[name]}, this graph's is {shape}; "
                "build the graph it was saved from, or name another checkpoint"
            )
        if name not in stored and name.split("/")[0].endswith("_1"):
            cure = "the graph holds the network twice; run tf.reset_default_graph(), then build it once"
            raise LookupError(f"has no {name}: {cure}")
    if stored.keys() >= wanted.keys():
        return {name: name for name in wanted}

    values = {name: shape for name, shape in stored.items() if not _is_slot(name, stored)}
    found = {name: _candidates(name, shape, values) for name, shape in wanted.items()}
    for name, shape in wanted.items():
        if not found[name]:
            cure = f"it holds another network ({min(stored, default='nothing')}, …); name this one's"
            raise LookupError(f"has no {name}, nor another variable of its shape, {shape}: {cure}")
    found = _by_scope(found)
    if any(len(names) > 1 for names in found.values()):
        found = _by_order(wanted, values) or found
    names = {name: candidates[0] for name, candidates in found.items()}
    if any(len(candidates) > 1 for candidates in found.values()) or len(set(names.values())) < len(names):
        raise LookupError(f"fits this network in more than one way; choose where it says or: {_saver(found)}")
    # A layer more, between these or beside them, takes as many numbers as one of these takes or gives.
    widths = {width for shape in wanted.values() if len(shape) > 1 for width in shape[-2:]}
    for name in sorted(values.keys() - set(names.values())):
        if len(values[name]) > 1 and values[name][-2] in widths:
            raise LookupError(
                f"holds another network: its {name}, {values[name]}, is a layer that this one does not have; "
                f"build the graph it was saved from, or read the rest alone: {_saver(found)}"
            )
    return names


def _is_slot(name: str, stored: Shapes) -> bool:
    """Whether it belongs to another variable, as ``W/Adam`` and ``train/W/Adam`` do."""
    owner = "/" + name.rpartition("/")[0]
    return any(owner.endswith(f"/{other}") and stored[other] == stored[name] for other in stored)


def _candidates(name: str, shape: list[int], values: Shapes) -> list[str]:
    if name in values:
        return [name]
    fitting = [other for other in values if values[other] == shape]
    return [other for other in fitting if _last(other) == _last(name)] or fitting


def _by_scope(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Of several candidates keep those that share most scopes with what is known of the same layer."""
    kept = {}
    for name, candidates in found.items():
        layer = [
            other[0].split("/")
            for sibling, other in found.items()
            if sibling != name and len(other) == 1 and _scope(sibling) == _scope(name)
        ]
        near = [
            max((_shared(candidate.split("/"), other) for other in layer), default=0)
            for candidate in candidates
        ]
        kept[name] = [candidate for candidate, n in zip(candidates, near, strict=True) if n == max(near)]
    return kept


def _shared(one: list[str], other: list[str]) -> int:
    """How many parts two names have in common before the first that differs."""
    differs = [a != b for a, b in zip(one, other, strict=False)]
    return [*differs, True].index(True)


def _by_order(wanted: Shapes, values: Shapes) -> dict[str, list[str]] | None:
    """Find the only run of stored variables, in the order of their numbers, that has the wanted shapes."""
    ordered = sorted(
        values, key=lambda name: (_scope(name), len(name), name)
    )  # Variable_9 before Variable_10
    shapes = list(wanted.values())
    runs = [ordered[start : start + len(shapes)] for start in range(len(ordered))]
    runs = [run for run in runs if [values[name] for name in run] == shapes]
    return {name: [found] for name, found in zip(wanted, runs[0], strict=True)} if len(runs) == 1 else None


def _saver(found: dict[str, list[str]]) -> str:
    """Write the Saver that restores what is found; a name with "or" in it is for the reader to choose."""
    pairs = (f'"{" or ".join(names)}": net.{_last(name)}' for name, names in found.items())
    return f"tf.train.Saver({{{', '.join(pairs)}}}).restore(session, path)"


def _scope(name: str) -> str:
    return name.rpartition("/")[0]


def _last(name: str) -> str:
    return name.rpartition("/")[2]
