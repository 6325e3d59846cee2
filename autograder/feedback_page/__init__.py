"""Feedback pages: one self-contained HTML file per student and notebook, without script.

`gather` collects what is known of a notebook into the plain records of `page`; `render` writes these as
HTML. `formulas`, `markdown`, `code` and `outputs` each turn one kind of content into HTML that can't act.
`shows` tells later whether a page is up to date.
`nbgrader` gives nbgrader's own commands and formgrader's button the same pages; `hand_back` packs them for
the systems that they go back to, with the names that `downloads` finds.
"""
