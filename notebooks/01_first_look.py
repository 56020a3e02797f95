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
# # First look
#
# A web server pushes a stylesheet together with a page. The client has it already, and cancels the
# promise. Does the push handler clean up after itself, and does anybody break the protocol on the
# way? Four cells answer that, without a socket and without waiting: the handler, the server around
# it and the client run in virtual time, on one deterministic scheduler.
#
# **First the run.** `caddy` is a model of Caddy's push handler, `cancels-promise` is what the client
# does. The result draws itself: time goes down, each arrow is a frame, each stream has a colour and
# a lane, and a promise points to the stream that it promises.

# %%
from h2proof.properties import explore

seen = explore.play("caddy", "cancels-promise", options={"resources": "/style.css", "links": ""})
seen

# %% [markdown]
# **Then the judge.** It holds each side only to what that side can have known: frames cross in
# flight, and a response to a promise that is being cancelled is nobody's fault. What would be one?
# The same trace with the reset moved to a stream that nobody ever opened is judged again, and
# says who is to blame, and by which clause.

# %%
from IPython.display import display

display(seen.verdict)
[reset] = seen.find("RST_STREAM")
seen.edit(reset, "C  RST_STREAM 9 CANCEL").verdict

# %% [markdown]
# **Then the accounts.** Everything that can leak has one: acquired is released plus live, after
# every event. Nobody reports its own innocence: a wrapper counts as released when its weak reference
# has died, or when it went back to a pool. When the faults have stopped and all is quiet (shaded),
# nothing may be live that nobody needs.

# %%
seen.ledger

# %% [markdown]
# **And not only this client.** `check_handler` lets Hypothesis choose behaviours, schedules and
# moments. The plain handler passes. The one that takes its wrappers from a pool fails as soon as a
# layer behind it keeps the writer beyond the handler's return, and what is printed is the smallest
# run that shows it.

# %%
from h2proof.properties import Broken, check_handler

check_handler("caddy", examples=50, seed=1)
print("caddy: nothing found in 50 examples\n")
try:
    check_handler("caddy-c1-kept", examples=500, seed=1)
except Broken as broken:
    print(broken)
