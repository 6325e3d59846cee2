#!/bin/sh
# Make the project's virtual environment in $1 with a Python from 3.11 to 3.13, and install the pinned packages.
set -eu
venv=$1

. tools/common.sh

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

# Prints the first Python that will do.
find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if supported "$candidate"; then echo "$candidate"; return; fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    say "No Python from 3.11 to 3.13 was found (python3 is: $(python3 --version 2>&1 || echo missing))."
    for version in 3.13 3.12 3.11; do
        apt-cache show "python$version" >/dev/null 2>&1 || continue
        say "Installing the system packages python$version and python$version-venv ..."
        if apt_install "python$version" "python$version-venv"; then python=python$version; break; fi
        say "They could not be installed from here. Please run:  sudo apt-get install python$version python$version-venv   and repeat."
        exit 1
    done
fi
if [ -z "$python" ]; then
    say "This system has no package for one either. Please install Python 3.12 from python.org, or use a newer Debian or Ubuntu, and repeat."
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
    say "Python's venv module is missing; installing the system package $package ..."
    if ! apt_install "$package"; then
        say "It could not be installed from here. Please run:  sudo apt-get install $package   and repeat."
        exit 1
    fi
fi

say "Making the virtual environment $venv with $("$python" --version) ..."
rm -rf "$venv"
"$python" -m venv "$venv"
say "Installing the pinned packages (about 170, one to three minutes) ..."
"$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar on -r requirements.txt -c constraints.txt
"$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --editable .
say "The virtual environment is ready."
