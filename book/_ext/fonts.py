"""The two fonts that the site carries, cut down to the characters it can need.

STIX Two Math draws the formulas: 400 kB whole, about a tenth of that here. The theme's icons come from a
font of 1,900 pictures, of which its style sheets use a few dozen (`lighten.py` says which).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import io
import logging
import re
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from .node import package

MATHS_STYLE = "maths.css"
MATHS_RANGES = (
    (0x20, 0x7E),  # ASCII
    (0x391, 0x3C9),  # Greek
    (0x3D1, 0x3D1),  # ϑ
    (0x3D5, 0x3D6),  # ϕ, ϖ
    (0x3F5, 0x3F5),  # ϵ
    (0x1D400, 0x1D467),  # bold and italic
    (0x1D6A4, 0x1D6A5),  # dotless i and j
    (0x1D6C2, 0x1D6DA),  # bold Greek
    (0x1D6E4, 0x1D6F7),  # italic Greek
    (0x1D6FC, 0x1D71B),
)
MATHS_SIGNS = (
    "\u00a0°±×÷·¬´¨¯ˆˇ˙˜\u0302\u0303\u0304\u0307\u20d7"  # accents stand over letters
    "\u2009\u200a\u2061\u2062\u2063\u2064–—…‖†′″‾∣∥ℎℓ€"
    "←→↑↓↔↦⇐⇒⇔⟵⟶⟷⟸⟹⟺∂∇∈∉∋∏∑√∝∞∅∀∃∧∨∩∪∫−∓∖∗∘∙∼≈≃≅≠≡≤≥≪≫≺≻⊂⊃⊆⊇⊕⊖⊗⊙⊤⊥⊢⋀⋁⋂⋃⋅⋆⋮⋯⋱⌈⌉⌊⌋⟨⟩⏞⏟⎴⎵□⩽⩾"
    "ℬℰℱℋℐℒℳℛ𝒜𝒞𝒟𝒢𝒥𝒦𝒩𝒪𝒫𝒬𝒮𝒯𝒰𝒱𝒲𝒳𝒴𝒵𝔸𝔹ℂ𝔻𝔼𝔽ℍ𝕀ℕ𝕆ℙℚℝ𝕊𝕍ℤ𝟎𝟏𝟐𝟙𝖳"
)
logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells about every table that it cuts

# Smaller forms for indices and primes, dotless i and j under accents, flat accents over capitals.
MATHS_FEATURES = ["ssty", "dtls", "flac", "ss01", "ss04", "ccmp", "kern", "mark", "mkmk"]


def cut(font: Path, characters: Iterable[int], features: list[str], cache: Path) -> bytes:
    """Make a WOFF2 font with these characters only; the same question is answered from the cache folder."""
    wanted = sorted(set(characters))
    key = hashlib.sha256(repr((wanted, features)).encode() + font.read_bytes()).hexdigest()[:24]
    ready = cache / f"{key}.woff2"
    if not ready.exists():
        options = subset.Options(flavor="woff2", hinting=False, layout_features=features, name_IDs=[0, 1, 13])
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=wanted)
        with TTFont(font) as whole:
            if "GlyphOrder" in whole:
                del whole["GlyphOrder"]
            cutter.subset(whole)
            whole.flavor = "woff2"
            result = io.BytesIO()
            whole.save(result)
        cache.mkdir(parents=True, exist_ok=True)
        ready.write_bytes(result.getvalue())
    return ready.read_bytes()


def cache_folder(app: Sphinx) -> Path:
    """Where cut fonts are kept between builds: beside the site, in the build folder."""
    return Path(app.doctreedir).parent / ".fonts"


@functools.cache
def maths_characters() -> set[int]:
    """Every character that a formula can be set in."""
    return {code for low, high in MATHS_RANGES for code in range(low, high + 1)} | set(map(ord, MATHS_SIGNS))


def missing_characters(mathml: str) -> str:
    """The characters of a formula that the cut font lacks."""
    letters = set(html.unescape(re.sub(r"<[^>]*>", "", mathml)))
    return "".join(sorted(letter for letter in letters if ord(letter) not in maths_characters()))


def maths_style(font: bytes) -> str:
    """Temml's style sheet for STIX, with the cut font in place of the whole one."""
    style = (package("temml") / "dist" / "Temml-STIX2.css").read_text(encoding="utf-8")
    ours = f"@font-face {{ font-family: STIX2; src: {as_source(font)}; }}"
    style, count = re.subn(r"@font-face\s*{[^}]*}", lambda _: ours, style)
    if count != 1:
        raise ValueError(f"Temml's style sheet has {count} fonts where one was expected")
    return style


def as_source(font: bytes) -> str:
    """The font itself as the source of a font face: a font that came later would move the text."""
    return f"url(data:font/woff2;base64,{base64.b64encode(font).decode()}) format('woff2')"


def write_maths_font(app: Sphinx, error: Exception | None) -> None:
    """Put the style sheet of the formulas, with their font, into the finished site."""
    if error is not None or app.builder.format != "html":
        return
    source = package("@fontsource/stix-two-math") / "files" / "stix-two-math-latin-400-normal.woff2"
    font = cut(source, maths_characters(), MATHS_FEATURES, cache_folder(app))
    (Path(app.outdir) / "_static" / MATHS_STYLE).write_text(maths_style(font), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("builder-inited", lambda app: app.add_css_file(MATHS_STYLE))
    app.connect("build-finished", write_maths_font)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
