"""What is said of a name that leads nowhere: the names that look like it, and where all of them are.

Only the sentence is made here; who knows the names refuses, with an error of its own kind.
"""

from collections.abc import Iterable
from typing import Final

LIKE_MAX: Final = 2
"""Names that look like the wrong one, at most."""


def no_such(what: str, name: str, known: Iterable[str], elsewhere: str = "") -> str:
    """`no WHAT 'NAME'`, the known names like it, and all of them, or what is said in their place.

    `elsewhere` says where all the names are, if they are too many for a sentence.
    """
    from difflib import get_close_matches  # only a mistake wants it

    names = list(dict.fromkeys(known))
    like = [repr(each) for each in get_close_matches(name, names, LIKE_MAX)]
    meant = f" (did you mean {' or '.join(like)}?)" if like else ""
    return f"no {what} {name!r}{meant}; {elsewhere or 'there are ' + ', '.join(names)}"
