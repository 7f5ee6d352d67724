#!/bin/sh
# Make .venv with the python3 at hand. Debian splits ensurepip off into python3-venv, so that may be missing.
set -eu
python=${1:-python3}
venv=${2:-.venv}

command -v "$python" >/dev/null || { echo "fieldapp needs Python 3.11 or later; $python was not found." >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "fieldapp needs Python 3.11 or later; $("$python" --version 2>&1) is older. Name another: make PYTHON=…" >&2
  exit 1
}

has_ensurepip() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

if ! has_ensurepip && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing Debian's python3-venv ..."
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends python3-venv || true
fi
if has_ensurepip; then
  "$python" -m venv "$venv"
elif "$python" -m pip --version >/dev/null 2>&1; then
  "$python" -m venv --without-pip "$venv"
  "$python" -m pip --python "$venv/bin/python" install --quiet pip
else
  echo "python3 cannot make virtual environments here. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
  exit 1
fi
