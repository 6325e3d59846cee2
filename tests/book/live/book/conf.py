"""Settings of the small project with which the tests try live cells: the real extension, theme and styles."""

project = "Live cells"
extensions = ["myst_nb", "book_ext.assets", "book_ext.live"]
html_theme = "sphinx_book_theme"
nb_execution_mode = "force"
nb_execution_raise_on_error = True
