"""A proof as one HTML file that needs nothing from elsewhere: the page, its ladders as pictures."""

from html import escape
from typing import Final

from h2proof.properties.proof.page import render as render_text
from h2proof.properties.proof.proof import Proof, Shown
from h2proof.properties.proof.showing import telling
from h2proof.properties.search import shown_in
from h2proof.sim import ladder
from h2proof.sim.world import play

STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}pre{font:13px/1.35 ui-monospace,monospace;overflow-x:auto}"
    "figure{margin:1rem 0;max-height:80vh;overflow:auto}"
    "@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}}"
)
PLACE: Final = "\0"
"""Stands in the page where a picture goes; no text of a page has it, for each line is printable."""


def render(proof: Proof) -> str:
    """The HTML document."""
    title = escape(f"Proof: {', '.join(each.model.name for each in proof.subjects)}")
    verdict = "holds" if all(map(proof.holds, proof.subjects)) else "broken"
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n"
        f'<body><main aria-label="{verdict}"><pre>{_page(proof)}</pre></main>'
        "</body></html>\n"
    )


def _page(proof: Proof) -> str:
    """The page with a picture for each ladder."""
    pictures: list[str] = []

    def place(shown: Shown) -> list[str]:
        pictures.append(f"</pre><figure>{picture(shown)}</figure><pre>")
        return [PLACE]

    first, *others = escape(render_text(proof, place)).split(PLACE)
    return first + "".join(drawn + text for drawn, text in zip(pictures, others, strict=True))


def picture(shown: Shown) -> str:
    """The ladder of a case as SVG: the case is played again, for the same run comes of it."""
    failure = shown_in(play(shown.case.scenario), shown.fingerprint)
    assert failure is not None, "the same scenario gives the same run"
    trace = telling(failure.run.trace, failure.finding)
    return ladder.svg(trace, (failure.finding,), redact=False)
