"""Keeps the images that a Markdown cell has in its attachments, in a form that converters bear."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

from nbformat import NotebookNode

MOST_IMAGES = 100  # in one cell
END = r"""(?=[\s)"'>]|$)"""  # what can follow a name in Markdown and in HTML


def pictures(cell: NotebookNode) -> tuple[str, dict[str, dict[str, str]]]:
    """Return the text and the attached images of a Markdown cell, which fit together.

    nbconvert ends with an error at an image that is not there, or whose name has another form in
    the text (blanks and umlauts are escaped there). So the images get plain names, and references
    that lead nowhere stay in the text as what they are.

    Args:
        cell: the cell, as it was handed in.

    Returns:
        The text, and the images: MIME type and content in base 64 by name.
    """
    text, images = cell.source, {}
    attached = cell.get("attachments")
    attached = attached if isinstance(attached, dict) else {}
    for number, name in enumerate(list(attached)[:MOST_IMAGES], 1):
        content = images_of(attached[name])
        if content and name:
            images[f"image{number}"] = content
            forms = {name, quote(name), quote(name, safe="()"), html.escape(name)}
            reference = f"attachment:(?:{'|'.join(map(re.escape, forms))}){END}"
            text = re.sub(reference, f"attachment\0image{number}", text)
    text = re.sub(r"attachment:(?=\S)", "missing-attachment:", text)
    return text.replace("attachment\0", "attachment:"), images


def images_of(attachment: object) -> dict[str, str]:
    """Return what is an image of what is attached under one name: content by MIME type."""
    if not isinstance(attachment, dict):
        return {}
    return {
        kind: content
        for kind, content in attachment.items()
        if isinstance(kind, str) and kind.startswith("image/") and isinstance(content, str)
    }
