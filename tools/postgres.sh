#!/bin/sh
# See to it that tests can start a PostgreSQL server of their own. No server of the system's is set up for that.
set -eu

. tools/common.sh

there() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

there && exit 0

say "Installing PostgreSQL, for the tests of the gradebook on a server ..."
# Debian starts a server when it installs one, unless this file says not to.
if apt_install postgresql-common &&
    as_root sh -c 'echo "create_main_cluster = false" >> /etc/postgresql-common/createcluster.conf' &&
    apt_install postgresql && there; then exit 0; fi
say "It could not be installed from here. Please run:  sudo apt-get install postgresql   and repeat."
exit 1
