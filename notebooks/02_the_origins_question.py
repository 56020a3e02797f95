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
# # The origin's question, settled
#
# A pull request against a web server said: the push handler leaks its response-writer wrappers, so
# let us take them from a pool. Nobody could show the leak. This notebook asks both halves of the
# question: does the handler as it was retain anything, and what does the pool change?
#
# `prove` drives each handler, and the chain in which a layer keeps the writer, through every
# behaviour that a client of ours has, under fixed and seeded schedules, and with every call failing
# once. It rests on models; the proof says on what each of them rests.

# %%
from concurrent.futures import ProcessPoolExecutor

from h2proof.properties.proof import prove

with ProcessPoolExecutor() as workers:  # the result is the same with any number of them
    proof = prove(("caddy", "caddy-c1"), seeds=0, executor=workers)
proof

# %% [markdown]
# ## Was there a leak?
#
# The first column answers. Here are the accounts behind it: how many wrappers were acquired and
# released over all runs, the most that were ever live, and how many were live when all was quiet.

# %%
from IPython.display import Markdown, display

rows = [
    "| handler | runs | acquired | released | peak | live at quiet |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
]
for subject in proof.subjects:
    account = subject.account("wrapper")
    rows.append(
        f"| {subject.model.name} | {subject.runs} | {account.acquired} | {account.released}"
        f" | {account.peak} | {account.at_quiet} |"
    )
display(Markdown("\n".join(rows)))

# %% [markdown]
# A wrapper that is live while its handler is *blocked* is no leak: somebody still needs it. These are
# the two ways to stall a server, and what is live meanwhile.

# %%
rows = ["| handler | while | wrappers live |", "| --- | --- | ---: |"]
rows += [f"| {stall.subject} | {stall.what} | {stall.live} |" for stall in proof.stalls]
display(Markdown("\n".join(rows)))

# %% [markdown]
# ## What does the pool change?
#
# In the plain chain, nothing that shows. With a layer that keeps the writer beyond the handler's
# return (many do: buffering, logging, proxying), the kept wrapper is somebody else's by then. The
# smallest run in which that happens, found by search and shrunk:

# %%
for subject in proof.subjects:
    for shown in subject.shown[:1]:
        print(f"{subject.model.name}: {shown.message}\n")
        print(shown.ladder)
        print(*(f"- {reason}" for reason in shown.because), sep="\n")

# %% [markdown]
# Played again, the case is an object like any other. The same scenario with the handler that does not
# pool is its counterpart: same client, same layer, no finding.

# %%
from dataclasses import replace

from h2proof.properties import explore

pooled = next(subject for subject in proof.subjects if subject.shown)
case = pooled.shown[0].case.scenario
display(explore.play(case).verdict)
display(explore.play(replace(case, handler="caddy-kept", schedule="fifo")).verdict)

# %% [markdown]
# ## What the answer rests on

# %%
for model in [proof.server, *(subject.model for subject in proof.subjects)]:
    print(f"{model.name} ({model.rests_on}): {model.sentence}\n    {model.source}")
