"""The report on a class: one self-contained HTML page about one assignment, without script.

`work` streams what is known of everyone's tests and keeps tables of numbers. `item_analysis`,
`misconceptions`, `answers`, `punctuality`, `durations`, `help_needed` and `reached` each compute one section
from them, as plain records of `page`, and `look_at` what matters most in these. `build` puts the sections
together, `charts` draws them, `render` writes the page. `statistics` holds the formulas, `anonymous` makes an
example of a student's code that names nobody.
"""
