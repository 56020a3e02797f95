"""The judge: what should have happened on an HTTP/2 connection."""

from h2proof.oracle.judge import judge
from h2proof.oracle.verdict import Because, Finding, Unknown, Verdict

__all__ = ["Because", "Finding", "Unknown", "Verdict", "judge"]
