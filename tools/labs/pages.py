"""How Formgrader and feedback show a notebook: what a student wrote is text with plain formatting,
formulas of the lab are MathML, and a policy in the page forbids the browser whatever is left. The
second of two layers; the first is harmless.py.

labs/nbgrader_config.py gives the filters and the template that uses them to nbconvert.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert
from markupsafe import Markup, escape
from mistune import HTMLRenderer
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from tools.labs.harmless import BY_COURSE, harmless_attachments

TEMPLATE = Path(__file__).parent / "templates" / "harmless.html.j2"
MOST_MARKDOWN = 100_000  # characters; beyond them, text is shown as it is
# What latex2mathml does not know, and the same in what it knows.
FOR_MATHML = {r"\arg": r"\operatorname{arg}"}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'"
# A page that shows text and pictures that it holds, in its own style, and nothing else.
STILL = f"{NOTHING}; img-src data:; style-src 'unsafe-inline'"
# Formgrader's: its own scripts and server, besides.
FORMGRADER = (
    f"{NOTHING}; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "connect-src 'self'; script-src 'self' 'unsafe-hashes' {hashes}"
)
MATHJAX = re.compile("(?s)<!-- Load(?:ing)? mathjax -->.*?<!-- End of mathjax configuration -->")
NAMES = ("assignment_id", "notebook_id", "student", "last_name", "first_name", "notebook_path")

# --- Markdown -------------------------------------------------------------------------------------


class StudentRenderer(HTMLRenderer):
    """Renders Markdown of strangers: HTML and formulas stay text, links say where they lead, and
    the only pictures are attached ones. No element gets a name that others could be taken for."""

    def __init__(self, attachments: dict[str, dict[str, str]]):
        super().__init__(escape=True, allow_harmful_protocols=False)
        self.attachments = attachments

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text if text == escape(url) else f"{text} ({escape(url)})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        attached = self.attachments.get(url.removeprefix("attachment:"))
        if not url.startswith("attachment:") or not attached:
            return f"(picture: {text}, {escape(url)})"
        ((kind, data),) = attached.items()
        return f'<img alt="An attached picture" src="data:{kind};base64,{data}">'

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        return f"<h{level}>{text}</h{level}>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def block_math(self, body: str) -> str:
        return f"$${escape(body)}$$"

    def inline_math(self, body: str) -> str:
        return f"${escape(body)}$"

    def latex_environment(self, name: str, body: str) -> str:
        return f"\\begin{{{escape(name)}}}{escape(body)}\\end{{{escape(name)}}}"


class CourseRenderer(IPythonRenderer):
    """Renders the instructor's own Markdown, its formulas as MathML, which browsers show without a
    script."""

    def block_math(self, body: str) -> str:
        return mathml(body, "block") or super().block_math(body)

    def inline_math(self, body: str) -> str:
        return mathml(body, "inline") or super().inline_math(body)

    def latex_environment(self, name: str, body: str) -> str:
        whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return mathml(whole, "block") or super().latex_environment(name, body)


def mathml(tex: str, display: str) -> str:
    """Return a formula of the instructor's as MathML; empty if not all of it is understood.

    Not for strangers' formulas: links, styles and HTML in them would reach the page.
    """
    for theirs, ours in FOR_MATHML.items():
        tex = re.sub(re.escape(theirs) + r"(?![a-zA-Z])", lambda _, ours=ours: ours, tex)
    try:
        made = convert(tex, display=display)
    except Exception:  # its parser raises nearly anything
        return ""
    return "" if "\\" in re.sub("<[^>]*>", "", made) else made


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Return Markdown as HTML: that of a cell which `harmless.clean` has marked as the instructor's
    like nbconvert does, all other, comments of graders too, without anything that acts."""
    cell = context.get("cell") or {}
    given = cell.get("metadata", {}).get("by") == BY_COURSE and cell.get("source") == source
    if given:
        renderer = CourseRenderer(escape=False, exclude_anchor_links=True)
    elif len(source) > MOST_MARKDOWN:
        return f"<pre>{escape(source)}</pre>"
    else:
        renderer = StudentRenderer(harmless_attachments(cell.get("attachments")))
    try:
        return MarkdownWithMath(renderer=renderer).render(source)
    except Exception:  # a text that the parser stumbles over must not cost its author the page
        return f"<pre>{escape(source)}</pre>"


# --- Pages ----------------------------------------------------------------------------------------


def escape_all(value: Any) -> Markup:
    """Return a value as text of a page, whatever it says of itself."""
    return escape(str(value))


def names_as_text(resources: dict[str, Any]) -> dict[str, Any]:
    """Return those of Formgrader's values that people have chosen, as text of a page; its templates
    put them there as they are."""
    return {name: escape(str(resources[name])) for name in NAMES if resources.get(name)}


def with_policy(head: str, policy: str) -> Markup:
    """Return the head of a page with a policy as its first element, which browsers obey from there
    on (https://www.w3.org/TR/CSP3/#meta-element), and without MathJax, which nbconvert's head loads
    from another computer."""
    head = MATHJAX.sub("", head)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return Markup(head.replace("<head>", f"<head>\n{meta}", 1))  # noqa: S704 - our own template


def still(head: str) -> Markup:
    """Return the head of a page that may show what it holds, and do nothing."""
    return with_policy(head, STILL)


def formgrader(head: str, *trusted: str) -> Markup:
    """Return the head of Formgrader's page: the only scripts that run are those of its server, and
    those that stand in the head and in trusted parts of the page.

    Args:
        head: its HTML.
        trusted: HTML of other parts that hold nothing of a submission.
    """
    scripts = set()
    for part in (head, *trusted):
        soup = BeautifulSoup(part, "html.parser")
        scripts |= {script.string or "" for script in soup.find_all("script", src=False)}
        scripts |= {element["onclick"] for element in soup.find_all(onclick=True)}
    hashes = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    return with_policy(
        head, FORMGRADER.format(hashes=" ".join(f"'sha256-{value}'" for value in sorted(hashes)))
    )


FILTERS = {
    "markdown2html": markdown2html,
    "escape_all": escape_all,
    "names_as_text": names_as_text,
    "still": still,
    "formgrader": formgrader,
}
