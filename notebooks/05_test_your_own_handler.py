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
# # Test your own handler
#
# A handler is an async function of a writer and a request; the names are those of Go's ResponseWriter.
# This one pushes a stylesheet and answers.

# %%
from contextlib import suppress

from h2proof.properties import Broken, check_handler, explore
from h2proof.sim.handlers import PushError


async def front_page(w, r):
    with suppress(PushError):  # a client may refuse: the page goes out all the same
        await w.push("/style.css")
    w.header["content-type"] = ["text/html"]
    await w.write(b"<link rel=stylesheet href=/style.css><p>hello")


explore.play(front_page)

# %% [markdown]
# `check_handler` tries it against clients that cancel, stall, vanish, shrink their windows and more,
# in orders that Hypothesis chooses.

# %%
check_handler(front_page, examples=60, seed=0)
print("nothing found in 60 examples")

# %% [markdown]
# ## A mistake that a quick look does not show
#
# This version remembers the writer of each request, "for later". Every single response is right, and
# no client can tell. The accounts can, in one run: when all is quiet, the writer is still live.

# %%
kept = []


async def forgetful(w, r):
    kept.append(w)
    await w.write(b"<p>hello")


explore.play(forgetful).verdict

# %%
try:
    check_handler(forgetful, examples=100, seed=0)
    print("nothing found in 100 examples")
except Broken as broken:
    print(broken)

# %% [markdown]
# ## In a test suite
#
# In pytest it is one line, and a failure prints what you have just read:
#
# ```python
# from h2proof.properties import check_handler
#
# def test_the_front_page_cleans_up():
#     check_handler(front_page)
# ```
