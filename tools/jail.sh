#!/bin/sh
# See to it that students' code can be isolated: bubblewrap must be there and able to make its namespaces.
set -eu
venv=$1

. tools/common.sh

try() { "$venv/bin/python" -m autograder.engine.jail; }

try >/dev/null 2>&1 && exit 0

if ! command -v bwrap >/dev/null 2>&1; then
    say "Installing bubblewrap, in which students' code is run ..."
    if apt_install bubblewrap && try >/dev/null 2>&1; then exit 0; fi
fi

say "Students' code can't be isolated here, so grading will refuse to run:"
try >&2 || true
exit 1
