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
# # Judging a real capture
#
# `data/push_after_the_ack.pcapng` was taken between a small client and a small server. The client
# first takes pushes, then turns them off. Ports, names and comments are no evidence: who is client,
# who is server, and who broke what, is read from the octets alone.

# %%
from IPython.display import display

from h2proof.properties import explore

[seen] = explore.read("data/push_after_the_ack.pcapng")
seen

# %% [markdown]
# Each finding stands at its frame. Its reasons are facts with packet numbers, which are the ones that
# Wireshark shows.

# %%
seen.verdict

# %%
from h2proof.oracle.explain import explain

for finding in seen.verdict.violations:
    print(explain(finding, seen.trace), end="\n\n")

# %% [markdown]
# ## What would have made it innocent?
#
# A promise may cross the client's SETTINGS in flight, and then it is nobody's fault. Two things rule
# that out here. The server had acknowledged those SETTINGS; and even without the acknowledgment, the
# promise is on a stream that the client opened *behind* them, so they had arrived. Leave out the
# first, then the SETTINGS themselves, and judge again.

# %%
[off] = seen.find("ENABLE_PUSH=0")
acknowledged = next(event for event in seen.find("SETTINGS ACK") if event > off)
print("without the acknowledgment:", seen.drop(acknowledged).verdict.outcome)

innocent = seen.drop(off, acknowledged)
print("without the SETTINGS too:", innocent.verdict.outcome)
display(innocent)

# %% [markdown]
# ## Out again
#
# The trace as text, which is what tests are written in; it can be pasted into a bug report, and judged
# again from there.

# %%
from h2proof.oracle.exporters import Titled, export

print(export("text", [Titled("push after the acknowledgment", seen.trace)]).decode())
