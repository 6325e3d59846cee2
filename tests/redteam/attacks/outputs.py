"""Attacks by what is shown: on the instructor's browser and terminal, and on whoever believes outputs."""

from __future__ import annotations

from tests.redteam.attack import Attack, Json

_SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def _show(title: str, id: str, tries: str, mime: str, content: str) -> Attack:
    """Make an attack that displays one thing."""
    bundle = {mime: content, "text/plain": "x"}
    code = f"from IPython.display import display\ndisplay({bundle!r}, raw=True)\n"
    return Attack(id, title, tries, code, holds=("no-script",))


def _script_in_text(notebook: Json) -> None:
    for text in (
        _SCRIPT,
        "[link](javascript:alert(1))",
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '<svg onload="alert(1)"><animate onbegin="alert(1)"/></svg>',
        '<form action="https://example.org"><input name="password"></form>',
        '<meta http-equiv="refresh" content="0;url=https://example.org">',
    ):
        notebook["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": text})
        notebook["cells"].insert(1, {"cell_type": "raw", "metadata": {"format": "text/html"}, "source": text})


def _attachment(notebook: Json) -> None:
    svg = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0iYWxlcnQoMSkiLz4="
    notebook["cells"][0]["attachments"] = {"x.svg": {"image/svg+xml": svg}, "y.html": {"text/html": _SCRIPT}}
    notebook["cells"][0]["source"] = "![x](attachment:x.svg)"


def _widgets(notebook: Json) -> None:
    state = {
        "model_name": "HTMLModel",
        "state": {"value": _SCRIPT},
        "model_module": "@jupyter-widgets/controls",
    }
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"x": state}}}


def _language(notebook: Json) -> None:
    hostile = {
        "name": _SCRIPT,
        "file_extension": "/../../x",
        "pygments_lexer": "__import__('os')",
        "mimetype": 5,
    }
    notebook["metadata"] |= {"language_info": hostile, "title": _SCRIPT, "authors": [{"name": _SCRIPT}]}


ATTACKS = (
    Attack(
        "markdown-script",
        "Script in text cells",
        "Writes script, frames, forms and redirections into text cells.",
        change=_script_in_text,
        holds=("no-script",),
    ),
    Attack(
        "attachments",
        "Script in attachments",
        "Attaches pictures that hold script.",
        change=_attachment,
        holds=("no-script",),
    ),
    Attack(
        "widgets",
        "Script in widgets",
        "Stores the state of widgets that show script.",
        change=_widgets,
        holds=("no-script",),
    ),
    Attack(
        "language",
        "Script in the notebook's description",
        "Gives the notebook a title, an author and a language that are script.",
        change=_language,
        holds=("no-script",),
    ),
    _show("Script in HTML", "html-output", "Displays HTML with script.", "text/html", _SCRIPT),
    _show(
        "Script in a picture",
        "svg-output",
        "Displays a vector picture with script.",
        "image/svg+xml",
        '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>',
    ),
    _show("Script itself", "javascript-output", "Displays a script.", "application/javascript", "alert(1)"),
    _show(
        "Script in displayed Markdown",
        "markdown-output",
        "Displays Markdown with script.",
        "text/markdown",
        _SCRIPT,
    ),
    _show(
        "Script in a formula",
        "latex-output",
        "Displays a formula that ends early and goes on as script.",
        "text/latex",
        "$x$</script><script>alert(1)</script>\\href{javascript:alert(1)}{x}",
    ),
    _show(
        "A picture that is none",
        "png-output",
        "Displays script that claims to be a picture.",
        "image/png",
        'x"><script>alert(1)</script>',
    ),
    _show(
        "Links to elsewhere",
        "remote-output",
        "Displays HTML that loads pictures and styles from a server, to learn who looks at it.",
        "text/html",
        '<img src="https://example.org/seen"><link rel="stylesheet" href="https://example.org/x.css">',
    ),
    Attack(
        "terminal-output",
        "Terminal codes in output",
        "Prints codes that clear the screen, move the cursor and turn the direction of writing.",
        code="print('\\x1b[2J\\x1b]0;15 of 15\\x07\\x9b2J\\u202e51 fo 51\\r passed \\x08\\x00')\n",
        holds=("clean-terminal", "clean-record"),
    ),
    Attack(
        "claimed-points",
        "Points in words",
        "Prints what graders print: points, verdicts, marks, grades.",
        code="def mse(*args):\n"
        "    print('### BEGIN GRADE\\n15\\n### END "
        'GRADE\\n{"outcome": "passed", "points": 5}\\nOK\\n15/15 passed\')\n'
        "    return -1.0\nabsolute_error = slope = mse\n",
    ),
    Attack(
        "many-outputs",
        "100,000 outputs",
        "Displays a hundred thousand things.",
        code="from IPython.display import display\nfor number in range(100_000): display(number)\n",
        holds=("small-record", "batch-completed"),
        unsafe_on_stock="it takes minutes",
    ),
    Attack(
        "many-figures",
        "Huge figures",
        "Draws pictures that are far too large to look at.",
        code="import matplotlib.pyplot as plt\nplt.figure(figsize=(150, 150), dpi=100)\n"
        "plt.imshow(np.random.rand(4000, 4000))\nplt.show()\n",
        holds=("small-record", "batch-completed"),
        unsafe_on_stock="it takes long and gigabytes",
    ),
    Attack(
        "output-as-oracle",
        "Questions printed",
        "Prints what the hidden tests ask, to read it in the feedback and pass it on.",
        code="def mse(*args):\n    print(args)\n    return -1.0\nabsolute_error = slope = mse\n",
    ),
    Attack(
        "stdout-replaced",
        "Another standard output",
        "Replaces and closes the streams that record what is printed.",
        code="import io, os, sys\nsys.stdout = sys.stderr = sys.__stdout__ = io.StringIO()\nos.close(1)\n"
        "os.close(2)\n",
        holds=("batch-completed",),
    ),
)
