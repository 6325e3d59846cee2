# Each target sets up what it needs; on a bare Debian or Ubuntu machine, Python 3.11 to 3.13 and make are enough.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BOOK := _build/html/index.html
PDF := _build/pdf/book.pdf
DEMO := _build/demo
UNIT := u2-regression

.DEFAULT_GOAL := help
.PHONY: help setup browser jail postgres networks book pdf pyodide lint test demo bench mutants clean

help:
	@echo "make demo    build the book, release $(UNIT), grade a sample class, say where everything is"
	@echo "make test    set up everything (a browser too), check style and types, build the book, run all tests"
	@echo "make book    build the book into _build/html"
	@echo "make pdf     print the book into _build/pdf/book.pdf (sets up a browser too)"
	@echo "make pyodide host Python for the live cells in the site itself (then make book)"
	@echo "make lint    ruff and mypy"
	@echo "make bench   run the benchmarks"
	@echo "make mutants break the reference answers in small ways, and say which the tests don't notice"
	@echo "make clean   remove what was built"

$(READY): requirements.txt constraints.txt pyproject.toml tools/venv.sh tools/node.sh tools/node/package-lock.json
	@sh tools/venv.sh $(VENV)
	@sh tools/node.sh $(VENV)
	@touch $@

setup: $(READY)

browser: $(READY)
	@sh tools/browser.sh $(VENV)

jail: $(READY)
	@sh tools/jail.sh $(VENV)

postgres:
	@sh tools/postgres.sh

networks:
	@sh tools/networks.sh

book: $(READY)
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo "The book: $(CURDIR)/$(BOOK)"

pdf: browser book
	$(BIN)/python -m tools.pdf _build/html $(PDF)
	@echo "The book on paper: $(CURDIR)/$(PDF)"

# PYODIDE_WHEELS names a folder with the packages, for machines without a network.
pyodide: $(READY)
	@$(BIN)/python -m book_ext.pyodide _build/pyodide $(if $(PYODIDE_WHEELS),--wheels "$(PYODIDE_WHEELS)")

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy solutions autograder book/_ext tests benchmarks tools

test: browser jail postgres networks lint book
	$(BIN)/pytest

# Exit code 3 of `grade` says that submissions need attention; the sample class has such ones on purpose.
demo: jail book
	@rm -rf $(DEMO)
	$(BIN)/autograder init $(DEMO)
	$(BIN)/autograder release $(UNIT) --course $(DEMO)
	$(BIN)/autograder sample-class $(UNIT) --course $(DEMO)
	$(BIN)/autograder grade $(UNIT) --course $(DEMO) --timeout 10 || test $$? -eq 3
	$(BIN)/autograder feedback $(UNIT) --course $(DEMO)
	$(BIN)/autograder export --course $(DEMO) --to $(DEMO)/marks.csv
	@echo
	@echo "The book:      $(CURDIR)/$(BOOK)"
	@echo "For students:  $(CURDIR)/$(DEMO)/handout/$(UNIT).zip (copy it: the next demo starts afresh)"
	@echo "The feedback:  $(CURDIR)/$(DEMO)/feedback/<student>/$(UNIT)/"
	@echo "The marks:     $(CURDIR)/$(DEMO)/marks.csv"

bench: $(READY)
	$(BIN)/python -m benchmarks

mutants: $(READY)
	$(BIN)/python -m tools.mutants --to _build/mutants.txt

clean:
	rm -rf _build
