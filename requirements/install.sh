#!/bin/sh
# Make a virtual environment and install one hash-pinned lock into it.
#   install.sh VENV LOCK        for example: install.sh .venv requirements/runtime.txt
# Needs python3 with the venv module; no git, no curl, no compiler.
set -eu

venv=$1
lock=$2
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

check_python() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "earlyhelp needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python cannot make virtual environments yet. Run:  apt-get install -y python3-venv"
}

create() {
    [ -x "$venv/bin/python" ] && return
    check_python
    say "Creating $venv"
    "$python" -m venv "$venv"
}

# uv installs the rest in seconds where pip takes a minute; pip installs uv, at the version and hashes of the lock.
install_uv() {
    [ -x "$venv/bin/uv" ] && return
    awk '/^[A-Za-z]/ { keep = /^uv==/ } keep' "$here/dev.txt" >"$venv/uv.txt"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$venv/uv.txt"
}

pip_setting() {
    "$venv/bin/python" -m pip config list 2>/dev/null | sed -n "s/^global\.$1='\(.*\)'\$/\1/p" | sed 's/\\n/ /g; s/^ *//'
}

# uv does not read pip's configuration: a council with its own package mirror has configured pip.
adopt_pip_settings() {
    export UV_PYTHON_DOWNLOADS=never UV_INDEX_STRATEGY=unsafe-best-match
    default_index=${PIP_INDEX_URL:-$(pip_setting index-url)}
    extra_indexes=${PIP_EXTRA_INDEX_URL:-$(pip_setting extra-index-url)}
    find_links=${PIP_FIND_LINKS:-$(pip_setting find-links)}
    certificate=${PIP_CERT:-$(pip_setting cert)}
    [ -z "$default_index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$default_index}"
    [ -z "$extra_indexes" ] || export UV_INDEX="${UV_INDEX:-$extra_indexes}"
    [ -z "$find_links" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-$find_links}"
    [ -z "$certificate" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificate}"
}

install_lock() {
    say "Installing $(basename "$lock" .txt) packages"
    if install_uv && (adopt_pip_settings && "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" \
        --require-hashes -r "$lock"); then
        return
    fi
    say "uv could not install them; trying pip, which takes about a minute"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
}

create
install_lock
