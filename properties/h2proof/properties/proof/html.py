"""A proof as one HTML file that needs nothing from elsewhere: the page, in a page."""

from html import escape
from typing import Final

from h2proof.properties.proof.page import render as render_text
from h2proof.properties.proof.proof import Proof

STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}pre{font:13px/1.35 ui-monospace,monospace;overflow-x:auto}"
    "@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}}"
)


def render(proof: Proof) -> str:
    """The HTML document."""
    title = escape(f"Proof: {', '.join(each.model.name for each in proof.subjects)}")
    verdict = "holds" if all(map(proof.holds, proof.subjects)) else "broken"
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n"
        f'<body><main aria-label="{verdict}"><pre>{escape(render_text(proof))}</pre></main>'
        "</body></html>\n"
    )
