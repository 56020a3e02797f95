# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # All schedules, and growth
#
# Random tries find what is frequent. For a small scenario one can do better: play *every* schedule.
# And what is live in one run is no leak yet: a leak grows.
#
# ## Every schedule of one scenario
#
# One promise, and a client that cancels it. Who runs next, and what arrives when, is chosen in every
# way there is; a state that was seen before is not gone into again.

# %%
from textwrap import fill

from IPython.display import SVG, Markdown, display

from h2proof.properties import explore

small = {"resources": "/a", "links": "", "body_octets": 10, "resource_octets": 10}
for handler in ("caddy", "caddy-c1", "caddy-c1-kept"):
    explored = explore.every_schedule(
        handler, "cancels-promise", options=small, deviations_max=None
    )
    print(fill(f"{handler}: {explored}", 80), end="\n\n")

# %% [markdown]
# ## Does it grow?
#
# The same handlers, with twice the requests again and again, and what is live when all is quiet: the
# wrappers themselves, and those that wait in a pool. A pool keeps something, and may: up to the most
# that was ever in use at once. So requests are asked for in two ways, all at once, and one after
# another with a tenth of a second between them.

# %%
from h2proof.oracle.growth import law
from h2proof.oracle.pictures.curves import curves
from h2proof.sim.scenario import RequestPlan

sizes = (1, 2, 4, 8, 16)


def live_at_quiet(handler, kind, gap_ns):
    """What is live of a kind when the last quiet comes, for each size."""
    pairs = []
    for size in sizes:
        plans = [RequestPlan(at_ns=gap_ns * number) for number in range(size)]
        account = explore.play(handler, requests=plans).ledger.accounts.get(kind)
        pairs.append((size, account.live if account else 0))
    return pairs


ways = {"requests, all at once": 0, "requests, one after another": 100_000_000}
panels = {
    way: {
        "caddy, wrapper": live_at_quiet("caddy", "wrapper", gap),
        "caddy-c1, wrapper": live_at_quiet("caddy-c1", "wrapper", gap),
        "caddy-c1, pooled wrapper": live_at_quiet("caddy-c1", "pooled wrapper", gap),
    }
    for way, gap in ways.items()
}
display(SVG(curves(panels, "live at quiet")))

# %% [markdown]
# The law of each curve comes from its numbers alone. *Bounded* is only said when the plateau was seen,
# over two doublings.

# %%
rows = ["| what | against | law | values |", "| --- | --- | --- | --- |"]
rows += [
    f"| {name} | {way} | {law(pairs)} | {', '.join(f'{size}: {value}' for size, value in pairs)} |"
    for way, series in panels.items()
    for name, pairs in series.items()
]
display(Markdown("\n".join(rows)))

# %% [markdown]
# ## What a leak looks like
#
# For comparison a handler that does leak: it remembers every writer it was given. What is live at
# quiet then follows the requests, however they come.

# %%
kept = []


async def forgetful(w, r):
    kept.append(w)
    await w.write(b"<p>hello")


leaks = {
    way: {
        "forgetful, response writer": live_at_quiet(forgetful, "response writer", gap),
        "caddy, response writer": live_at_quiet("caddy", "response writer", gap),
    }
    for way, gap in ways.items()
}
display(SVG(curves(leaks, "live at quiet")))
