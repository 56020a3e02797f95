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

# %% [markdown]
# ## Every schedule of one scenario
#
# Two promises, one of them cancelled, by a client that gives no credit. Who runs next, and what arrives
# when, is chosen in every way that differs by a few turns from first in, first out.

# %%
from IPython.display import SVG, Markdown, display

from h2proof.properties.proof import prove

proof = prove(("caddy", "caddy-c1"), seed=0)
rows = [
    "| handler | schedules | different outcomes | complete | broken |",
    "| --- | ---: | ---: | --- | --- |",
]
for subject in proof.subjects:
    explored = subject.explored
    complete = "yes" if explored.complete else "no"
    if explored.deviations_max is not None:
        complete += f", up to {explored.deviations_max} turns out of order"
    rows.append(
        f"| {subject.model.name} | {explored.schedules} | {explored.outcomes} | {complete}"
        f" | {', '.join(explored.broken) or 'nothing'} |"
    )
display(Markdown("\n".join(rows)))

# %% [markdown]
# ## Does it grow?
#
# The same handlers with twice the requests, promises and connections, again and again, and what is
# live when all is quiet. A pool keeps something, and must: up to the most that was in use at once.

# %%
from h2proof.properties.pictures.proofs import growth

kinds = list(dict.fromkeys(row.kind for row in proof.growth))
for kind in kinds:
    display(SVG(growth(proof, kind)))

# %% [markdown]
# The law of each curve, from its numbers alone; *bounded* is only said when the plateau was seen.

# %%
rows = ["| handler | kept at quiet | against | law | values |", "| --- | --- | --- | --- | --- |"]
for row in proof.growth:
    values = ", ".join(f"{size}: {value}" for size, value in row.values)
    rows.append(f"| {row.subject} | {row.kind} | {row.axis} | {row.law} | {values} |")
display(Markdown("\n".join(rows)))
