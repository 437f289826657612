#!/bin/sh
# Ask a database of vulnerabilities on the internet about everything that runs: audit.sh VENV
set -u
venv=$1
lock=$(dirname "$0")/runtime.txt
if ! "$venv/bin/python" -c "import urllib.request as web; web.urlopen('https://api.osv.dev/v1/vulns/PYSEC-2021-66', timeout=10)" 2>/dev/null; then
  echo "NOT AUDITED: the database of vulnerabilities cannot be reached from here; the extract in the tree was asked by the tests"
  exit 1
fi
"$venv/bin/uv" tool run --from 'pip-audit==2.10.1' pip-audit --vulnerability-service osv --disable-pip --require-hashes -r "$lock"
