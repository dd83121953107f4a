"""Pen drawings on paper as people have it, and pictures without a digit, drawn with random parameters.

`kinds_open` and `doodles_open` are there for development: look at them as much as you like. `kinds_closed`
and `doodles_closed` are for the final measurement alone, so that it shows what happens on paper that nobody
had in mind; whoever works on preprocessing should neither read nor look at them.
"""
