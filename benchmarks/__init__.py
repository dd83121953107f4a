"""Where the figures in docs/ come from: one command each, its results and the machine in ``results/``.

``uv run --extra torch python -m benchmarks`` measures how long a user waits, here and with the alternatives,
``uv run python -m benchmarks.accuracy`` the accuracy with three kinds of preprocessing,
``uv run --group hub python -m benchmarks.class_room`` what a class needs on one machine.
"""
