# Shared by the set-up scripts; read with `.`, not run.

say() { printf '%s\n' "$*" >&2; }

# Runs a command as root when that is possible without asking for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

# Installs packages of Debian or Ubuntu, quietly and without questions.
apt_install() {
    command -v apt-get >/dev/null 2>&1 &&
        as_root apt-get update -qq >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}
