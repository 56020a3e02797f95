"""How traces, verdicts and ledgers look: pictures and tables of what they hold, and nothing more.

Ladders are drawn by `sim.ladder`. Charts are drawn by matplotlib (extra `notebook`), chosen because
it writes static SVG with real text, needs neither a browser nor a network, lays out axes better
than we would, and is kept well. Objects ask for their picture when a notebook shows them; without
the extra they show their text. `charts`, `curves` and `chains` load matplotlib, `verdicts` and
`ledgers` do not.
"""
