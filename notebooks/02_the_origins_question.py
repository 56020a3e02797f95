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
# behaviour that a client of ours has, and with every call failing once. It rests on models; the proof
# says on what each of them rests.

# %%
from concurrent.futures import ProcessPoolExecutor

from h2proof.properties.proof import prove

with ProcessPoolExecutor() as workers:  # the result is the same with any number of them
    proof = prove(("caddy", "caddy-c1"), seeds=0, executor=workers)
proof

# %% [markdown]
# What a wrapper is: the writer that the handler is given stands at the end of a chain, and each layer
# that wants to see what is written puts one of its own into it. This is the chain of one request, with
# the events between which each writer lived.

# %%
from IPython.display import SVG, Markdown, display

from h2proof.oracle.pictures.chains import handler_chain
from h2proof.properties import explore

display(SVG(handler_chain(explore.play("caddy").trace, stream=1)))

# %% [markdown]
# ## Was there a leak?
#
# The first column answers. Here are the accounts behind it: how many wrappers were acquired and
# released over all runs, the most that were ever live, and how many were live when all was quiet.

# %%
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
# In the plain chain, nothing that shows. The other two chains have a layer that keeps the writer
# beyond the handler's return and writes once more (buffers, loggers and proxies have been seen to).
# That is a mistake under any handler; what it leads to is not the same.

# %%
from textwrap import fill

for subject in proof.subjects:
    for shown in subject.shown:
        told = f"{subject.model.name}: {shown.rule}: {shown.message}"
        print(fill(told, 80, subsequent_indent="    "))

# %% [markdown]
# Without the pool a late write finds a writer that is gone, and says so loudly. With the pool, the
# wrapper may be somebody else's by then. The smallest run in which it is touched, found by search and
# shrunk until nothing more can be left out:

# %%
pooled = next(subject for subject in proof.subjects if subject.model.name == "caddy-c1-kept")
shown = next(shown for shown in pooled.shown if shown.rule != "uncaught")
print(shown.ladder)
for reason in shown.because:
    print(fill(reason, 80, initial_indent="- ", subsequent_indent="  "))

# %% [markdown]
# The case is data, and plays again. The same scenario with the handler that does not pool is its
# counterpart: same client, same layer. First what the judge and the ledger say of the pooled one, then
# of the other, and last what nobody caught in either.

# %%
from dataclasses import replace

case = shown.case.scenario
with_pool = explore.play(case)
without = explore.play(replace(case, handler="caddy-kept", schedule="fifo"))
display(with_pool.verdict)
display(without.verdict)
for seen in (with_pool, without):
    errors = seen.run.outcome.errors or ("nothing uncaught",)
    print(fill(f"{seen.title}: {'; '.join(errors)}", 80, subsequent_indent="    "))

# %% [markdown]
# ## What the answer rests on

# %%
for model in [proof.server, *(subject.model for subject in proof.subjects)]:
    told = f"{model.name} ({model.rests_on}): {model.sentence} {model.source}"
    print(fill(told, 80, subsequent_indent="    "))
