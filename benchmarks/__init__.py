"""Where the README's figures come from: one command each, its figures and machine in ``results/``.

``uv run --extra torch python -m benchmarks`` measures how long a user waits, here and with its peers,
``uv run python -m benchmarks.accuracy`` measures how often the answer is right,
``uv run --group hub python -m benchmarks.class_room`` what a class takes on one machine.
"""
