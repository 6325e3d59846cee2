"""What a student's code shows comes out harmless, bounded, and readable."""

from __future__ import annotations

import base64
import re
import struct
from html.parser import HTMLParser
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sanitise import (
    CELL_LIMIT,
    HTML_LIMIT,
    IMAGE_LIMIT,
    NOTEBOOK_LIMIT,
    OUTPUTS_LIMIT,
    TEXT_LIMIT,
    clean_html,
    clean_notebook_outputs,
    clean_outputs,
    clean_text,
)

OPENING, CLOSING = '<div class="tex2jax_ignore mathjax_ignore">', "</div>"


def png(width: int = 2, height: int = 2, size: int = 40) -> str:
    raw = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)
    return base64.b64encode(raw.ljust(size, b"\0")).decode()


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def display(**data: Any) -> dict[str, Any]:
    """`display(text_html="…")` shows something as text/html."""
    shown = {mime.replace("_", "/", 1): value for mime, value in data.items()}
    return {"output_type": "display_data", "data": shown, "metadata": {}}


def shown(**data: Any) -> list[dict[str, Any]]:
    return clean_outputs([display(**data)])


def html(text: str) -> str:
    """The cleaned HTML without its wrapping."""
    cleaned = clean_html(text)
    assert cleaned.startswith(OPENING)
    assert cleaned.endswith(CLOSING)
    return cleaned[len(OPENING) : -len(CLOSING)]


def test_ordinary_outputs_come_out_as_they_were() -> None:
    outputs = [
        stream("a\tb\n"),
        stream("\x1b[1;31mbeware\x1b[0m é √\n", "stderr"),
        display(text_plain="<Figure size 640x480>", image_png=png()),
        {
            "output_type": "execute_result",
            "data": {"text/plain": "3"},
            "metadata": {},
            "execution_count": None,
        },
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["line 1\nline 2"]},
    ]
    assert clean_outputs(outputs) == outputs
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)])  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)


def test_what_is_printed_bit_by_bit_is_joined() -> None:
    bits = [stream("1\n"), stream("2\n"), stream("oh\n", "stderr"), stream("3\n")]
    assert clean_outputs(bits) == [stream("1\n2\n"), stream("oh\n", "stderr"), stream("3\n")]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("bell\a, null\0, back\b", "bell, null, back"),
        ("\x1b[2J\x1b[1;1Hcleared", "cleared"),
        ("\x1b]8;;http://x.example\x1b\\link", "]8;;http://x.example\\link"),
        ("\x1b[38;5;196mred\x1b[0m", "\x1b[38;5;196mred\x1b[0m"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("half \ud83d of one", "half  of one"),
        ("progress 1\rprogress 2\r\n", "progress 1\rprogress 2\r\n"),
        ("\x9b31m", "31m"),
    ],
)
def test_of_control_characters_colours_stay(given: str, left: str) -> None:
    assert clean_text(given) == left
    assert clean_outputs([stream(given)]) == [stream(left)]


def test_a_long_text_loses_its_middle_and_says_so() -> None:
    text = "first" + "x" * 10**6 + "last"
    (output,) = clean_outputs([stream(text)])
    assert output["text"].startswith("firstxx")
    assert output["text"].endswith("xxlast")
    note = re.search(r"\n\[(\d+) characters left out\]\n", output["text"])
    assert note is not None
    assert int(note[1]) + len(output["text"]) - len(note[0]) == len(text)
    assert len(output["text"]) <= TEXT_LIMIT
    assert clean_outputs([output]) == [output]
    (error,) = clean_outputs(
        [{"output_type": "error", "ename": text, "evalue": text, "traceback": [text] * 9}]
    )
    assert len(error["ename"] + error["evalue"] + error["traceback"][0]) < 25_000


def test_a_cell_and_a_notebook_have_room_for_so_much_and_no_more() -> None:
    pictures = [display(image_png=png(size=1_000_000)) for _ in range(9)]
    cleaned = clean_outputs(pictures)
    kept = [output for output in cleaned if "data" in output]
    assert 0 < sum(len(output["data"]["image/png"]) for output in kept) <= CELL_LIMIT
    assert cleaned[-1] == stream("[the rest is left out: the cell or the notebook shows too much]\n")

    cells = clean_notebook_outputs({str(number): pictures for number in range(9)})
    assert len(str(cells)) < NOTEBOOK_LIMIT + 10_000
    assert cells["8"] == [stream("[the rest is left out: the cell or the notebook shows too much]\n")]

    many = clean_outputs([display(text_plain=str(number)) for number in range(10_000)])
    assert len(many) == OUTPUTS_LIMIT + 1
    assert many[-1] == stream(f"[{10_000 - OUTPUTS_LIMIT} more outputs left out]\n")


@pytest.mark.parametrize(
    ("mime", "value"),
    [
        ("application/javascript", "alert(1)"),
        ("application/vnd.plotly.v1+json", {"data": []}),
        ("image/svg+xml", "<svg onload='alert(1)'/>"),
        ("text/html", "x" * (HTML_LIMIT + 1)),
        ("image/png", "not base64!"),
        ("image/png", base64.b64encode(b"<svg/>").decode()),
        ("image/png", png(width=100_000)),
        ("image/png", png(width=0, height=0)),
        ("image/png", png(size=IMAGE_LIMIT)),
        ("image/png", base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()),
        ("image/jpeg", png()),
        ("text/x-unknown", "?"),
        ("text/plain", 3),
    ],
)
def test_what_can_not_be_shown_safely_is_left_out_and_named(mime: str, value: Any) -> None:
    outputs = [{"output_type": "display_data", "data": {mime: value}, "metadata": {}}]
    assert clean_outputs(outputs) == [stream(f"[left out: {mime}]\n")]


def test_a_picture_keeps_the_size_it_is_shown_at_and_no_other_metadata() -> None:
    metadata = {
        "image/png": {"width": 300, "height": "1'><script>", "unconfined": True, "needs_background": "x"},
        "filenames": {"image/png": "javascript:alert(1)"},
    }
    picture = display(image_png=png()[:20] + "\n" + png()[20:], image_jpeg="/9j/") | {"metadata": metadata}
    assert clean_outputs([picture]) == [
        display(image_png=png(), image_jpeg="/9j/") | {"metadata": {"image/png": {"width": 300}}}
    ]


def test_markdown_and_latex_are_shown_as_their_source() -> None:
    assert shown(text_plain="<Markdown object>", text_markdown="[x](javascript:a)") == [
        display(text_plain="[x](javascript:a)")
    ]
    assert shown(text_latex=r"$\href{javascript:a}{x}$") == [display(text_plain=r"$\href{javascript:a}{x}$")]


def test_a_table_as_pandas_writes_it_stays_a_table() -> None:
    given = (
        "<div>\n<style scoped>\n  .dataframe tbody tr th { vertical-align: top; }\n</style>\n"
        '<table border="1" class="dataframe">\n'
        '<thead><tr style="text-align: right;"><th></th><th>a &lt; b</th></tr></thead>\n'
        '<tbody><tr><th>0</th><td colspan="2">1.5</td></tr></tbody>\n</table>\n</div>'
    )
    assert html(given) == (
        '<div>\n\n<table border="1">\n<thead><tr><th></th><th>a &lt; b</th></tr>'
        '</thead>\n<tbody><tr><th>0</th><td colspan="2">1.5</td></tr></tbody>\n</table>\n</div>'
    )


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("<script>alert(1)</script>", ""),
        ("<script>a</script >b", "b"),
        ("<scr<script>ipt>alert(1)</script>", "&lt;scr"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<b onclick=alert(1) class=x id=y style='background:url(//x)'>b</b>", "<b>b</b>"),
        ("<a href='javascript:alert(1)'>here</a>", "here"),
        ("<iframe src=//x></iframe><form action=//x><input></form><base href=//x>", ""),
        ("<svg><style><b title='</style><img src=x onerror=alert(1)>'></b>", "&lt;b title=''&gt;"),
        ("<math><mtext><table><mglyph><style><!--</style><img title='-->'>", "<table>&lt;!--'&gt;</table>"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&#60;script&#62;", "&lt;script&gt;"),
        ("<b", "&lt;b"),
        ("<!-- gone --><?php gone ?>1 < 2 & 3", "&lt;?php gone ?&gt;1 &lt; 2 &amp; 3"),
        ("</div></div><b>score: 10", "<b>score: 10</b>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
        (
            "<td colspan='99999' rowspan=3 border=\"1\" COLSPAN=2>",
            '<td rowspan="3" border="1" colspan="2"></td>',
        ),
        ("<b>" * 1000, "<b>" * 30 + "</b>" * 30),
        ("<BR/>a<hr>", "<br>a<hr>"),
        ("$\\href{javascript:a}{x}$", "$\\href{javascript:a}{x}$"),
        ("&#0;&#x202e;&#xd800;x", "��x"),
        (f"&#{'9' * 5000};", f"&amp;#{'9' * 5000};"),
    ],
)
def test_html_is_reduced_to_text_tables_and_emphasis(given: str, left: str) -> None:
    assert html(given) == left
    assert html(clean_html(given)) == left


class _Reader(HTMLParser):
    """Collects the tags and attributes that a reader of HTML sees."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("br", "hr", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


# fmt: off
PIECES = st.sampled_from([
    "<", ">", "/", "!", "--", "'", '"', "=", " ", "&", "&lt;", "&#60;", "b", "p", "td", "script", "style",
    "<b>", "</b>", "<p ", "<td colspan=", "<script>", "</script>", "<img src=x onerror=a>", "<!--", "-->",
    "<title>", "</title>", "<noscript>", "<textarea>", "<a href='javascript:a'>", "<![CDATA[", "\0", "\n",
    "svg", "\t", "é",
])
# fmt: on


@given(st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_html_gets_anything_else_through(text: str) -> None:
    reader = _Reader()
    cleaned = clean_html(text)
    reader.feed(cleaned)
    reader.close()
    assert reader.open == []
    assert not reader.tags & {"script", "style", "svg", "img", "title", "noscript", "textarea", "a"}
    assert reader.attributes <= {"class", "colspan", "rowspan", "border"}
    assert cleaned.count("class=") == 1
    assert clean_html(cleaned) == cleaned


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ODD_OUTPUTS = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "error", "display_data", "execute_result", "x"]) | ANYTHING},
    optional={
        "name": ANYTHING,
        "text": ANYTHING,
        "ename": ANYTHING,
        "evalue": ANYTHING,
        "traceback": ANYTHING,
        "metadata": ANYTHING | st.dictionaries(st.just("image/png"), ANYTHING),
        "data": ANYTHING
        | st.dictionaries(st.sampled_from(["text/plain", "image/png", "text/html"]), ANYTHING),
    },
)


@given(st.lists(ODD_OUTPUTS | ANYTHING, max_size=5) | ANYTHING)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_in_valid_outputs_come_out(outputs: Any) -> None:
    cleaned = clean_outputs(outputs)
    cell = nbformat.v4.new_code_cell("", outputs=cleaned)  # type: ignore[no-untyped-call]
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))  # type: ignore[no-untyped-call]
    again = clean_outputs(cleaned)  # now the notes are joined with what was printed
    assert clean_outputs(again) == again
