#!/bin/sh
# Installs fieldapp from this folder beside what is there already, then points `current` at it:
#     sh deploy/install.sh [/opt/fieldapp]
# From a bundle (make bundle) without any network; from a checkout with the packages of PyPI. PYTHON= names another python3.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-/opt/fieldapp}
python=${PYTHON:-python3}
say() { echo "fieldapp: $*" >&2; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or later is needed"; exit 1; }
cd "$here"
if [ -f SHA256SUMS ]; then
  sha256sum --quiet --check SHA256SUMS || { say "this bundle did not arrive whole"; exit 1; }
  [ "$(cat ARCH)" = "$(uname -m)" ] || { say "this bundle is for $(cat ARCH), this machine is $(uname -m)"; exit 1; }
  version=$(cat VERSION)
else
  version=$(git describe --always --tags --dirty 2>/dev/null || echo source)
fi
case "$version" in *-dirty | source) version=$version-$(date -u +%Y%m%dT%H%M%S) ;; esac

release=$target/releases/$version
if [ -d "$release" ] && [ -f "$release/.whole" ]; then
  say "$version is installed already; it is made current"
else
  rm -rf "$release"
  mkdir -p "$release"
  for part in fieldapp migrations docs deploy pyproject.toml constraints.txt README.md CHANGELOG.md; do
    cp -R "$part" "$release/"
  done
  venv=$release/.venv
  "$python" -m venv --without-pip "$venv"
  if [ -d wheels ]; then
    from="--no-index --find-links $here/wheels"
    pip=$(ls wheels/pip-*.whl | tail -1)
    "$venv/bin/python" "$here/$pip/pip" install --quiet $from pip
  else
    from=
    "$python" -m pip --version >/dev/null 2>&1 || { say "pip is needed: apt-get install python3-pip"; exit 1; }
    "$python" -m pip --python "$venv/bin/python" install --quiet --disable-pip-version-check pip
  fi
  say "installing $version ..."
  (cd "$release" && "$venv/bin/python" -m pip install --quiet --disable-pip-version-check $from -c constraints.txt -e .) \
    > "$release/install.log" 2>&1 || { cat "$release/install.log" >&2; exit 1; }
  (cd "$release" && .venv/bin/python -m fieldapp.translations.build)
  "$venv/bin/python" -m compileall -q "$release/fieldapp" "$venv/lib"
  touch "$release/.whole"
fi

ln -sfn "releases/$version" "$target/current.new"
mv -T "$target/current.new" "$target/current"
mkdir -p "$target/bin"
cat > "$target/bin/fieldapp" <<RUN
#!/bin/sh
# fieldapp with the settings of the service. As its user: runuser -u fieldapp -- $target/bin/fieldapp doctor
set -a
[ ! -r /etc/fieldapp/env ] || . /etc/fieldapp/env
exec $target/current/.venv/bin/fieldapp "\$@"
RUN
chmod 755 "$target/bin/fieldapp"
say "$version is in $release, and current"
