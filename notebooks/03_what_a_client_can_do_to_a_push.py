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
# # What a client can do to a push
#
# A promise is a stream that the server opens on its own account, and the client has every right to
# be unhelpful about it: to refuse it beforehand, to cancel it afterwards, to never read it. What
# does the server's side of the connection look like in each case?
#
# The machine behind it is that of RFC 9113 §5.1. It is drawn from the two tables that our connection
# asks; a pushed stream takes the ways on the outside, the left ones at the server and the right ones at
# the client.

# %%
from IPython.display import SVG, Markdown, display

from h2proof.oracle.pictures import charts
from h2proof.properties import explore
from h2proof.properties.pictures.states import state_machine

display(SVG(state_machine()))

# %%
page = {"resources": "/style.css", "links": "", "body_octets": 2000, "resource_octets": 2000}
polite = explore.play("caddy", options=page)
polite

# %% [markdown]
# ## Refusing beforehand
#
# With `ENABLE_PUSH=0` in the first SETTINGS there is nothing to promise. Side by side with the polite
# client, the first difference is that setting; the promise and all that hung on it are gone.

# %%
explore.compare(polite, explore.play("caddy", "refuses-push", options=page))

# %% [markdown]
# ## Cancelling afterwards
#
# The promise is out, the response to it on its way, and the client resets the stream. Frames cross:
# DATA that arrives behind the reset is what the RFC allows for a while, and the judge knows it.

# %%
cancelled = explore.play("caddy", "cancels-promise", options=page)
cancelled

# %%
display(SVG(charts.stream_lives(cancelled.trace)))
cancelled.verdict

# %% [markdown]
# ## Never giving credit
#
# A client that announces windows of no octet and never raises them lets the server promise, and send
# the fields of both responses; then both handlers' octets wait. What the server may send on the two
# streams is zero until the faults stop and the client becomes polite: only then the first DATA goes
# out, and the wrapper, which was live all the while, is released.

# %%
large = {**page, "body_octets": 80_000}
stalled = explore.play("caddy", "stalled", options=large)
display(SVG(charts.flow_windows(stalled.trace)))
display(SVG(charts.live_resources(stalled.ledger, ["wrapper", "queued frame", "task"])))

# %% [markdown]
# ## All of them
#
# Every behaviour of ours once, against the same handler: how many frames went over the wire, how many
# promises were made, and what the judge and the ledger say.

# %%
from h2proof.sim.clients import CLIENTS

rows = [
    "| behaviour | frames | promises | resets | verdict |",
    "| --- | ---: | ---: | ---: | --- |",
]
for name in CLIENTS:
    seen = explore.play("caddy", name, options=page)
    types = seen.to_frame()["type"]
    server = [finding for finding in seen.verdict.violations if finding.actor == "server"]
    said = ", ".join(sorted({finding.rule for finding in server})) or "nothing against the server"
    rows.append(
        f"| {name} | {sum(each is not None for each in types)} | {types.count('PUSH_PROMISE')}"
        f" | {types.count('RST_STREAM')} | {said} |"
    )
display(Markdown("\n".join(rows)))
