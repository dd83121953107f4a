"""Where the README's figures come from: one command each, its figures and machine in ``results/``.

``uv run python -m benchmarks.accuracy`` measures how often the answer is right,
``uv run --group hub python -m benchmarks.class_room`` what a class takes on one machine.
"""
