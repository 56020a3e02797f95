"""The forms in which a proof can be written, one a row."""

from collections.abc import Callable, Mapping
from typing import Final

from h2proof.properties.proof import html, markdown, page
from h2proof.properties.proof.proof import Proof

FORMS: Final[Mapping[str, Callable[[Proof], str]]] = {
    "text": page.render,
    "markdown": markdown.render,
    "html": html.render,
    "json": Proof.to_json,
}
