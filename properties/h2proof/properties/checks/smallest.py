"""The smallest input that breaks a property: Hypothesis, told to look for one failure at a time.

The first failure that is found is the one that is shrunk; another one met on the way is not
mistaken for it, by its fingerprint. What the inputs mean is not known here.
"""

from collections.abc import Callable
from random import Random
from typing import Final, TypeVar

from hypothesis import Phase, Verbosity, find
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, NoSuchExample

from h2proof.properties.broken import Broken, Misused
from h2proof.properties.defaults import Defaults

T = TypeVar("T")

Try = Callable[[T], Broken | None]
"""One example: what it breaks, or None. Called again while shrinking, so it keeps nothing."""

PHASES: Final = (Phase.reuse, Phase.generate, Phase.shrink)
"""Of Hypothesis' phases all but those that explain a failure, for that is done here."""


def smallest(
    strategy: st.SearchStrategy[T],
    attempt: Try[T],
    chosen: Defaults,
    *,
    key: str,
    shrink: bool = True,
) -> tuple[T, Broken] | None:
    """The smallest input that was found to break the property, and how; None if none was.

    `key` names property and target for the example database. Without `shrink` the first input that
    was found is given, for a caller that makes it smaller by other means. Misused if the same
    input does not always do the same.
    """
    first: list[str] = []

    def breaks(value: T) -> bool:
        broken = attempt(value)
        if broken is None:
            return False
        if not first:
            first.append(broken.fingerprint)
        return broken.fingerprint == first[0]

    try:
        value = find(
            strategy,
            breaks,
            settings=_settings(chosen, shrink),
            random=None if chosen.seed is None else Random(chosen.seed),
            database_key=f"h2proof {key}".encode(),
        )
    except NoSuchExample:
        return None
    except Flaky:
        raise not_the_same_twice(key) from None
    broken = attempt(value)
    if broken is None:
        raise not_the_same_twice(key)
    return value, broken


def _settings(chosen: Defaults, shrink: bool) -> hypothesis_settings:
    profile = hypothesis_settings()
    phases = [each for each in PHASES if each in profile.phases]
    return hypothesis_settings(
        profile,
        max_examples=chosen.examples or profile.max_examples,
        database=None if chosen.seed is not None else profile.database,
        deadline=None,
        phases=[each for each in phases if shrink or each is not Phase.shrink],
        verbosity=min(profile.verbosity, Verbosity.normal),
    )


def not_the_same_twice(key: str) -> Misused:
    """What to say of a target that has a mind of its own."""
    return Misused(
        f"{key}: the same input did not do the same twice; it must depend on its input only, "
        "not on a clock, on chance, or on what earlier examples left behind"
    )
