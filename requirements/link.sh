#!/bin/sh
# Let a virtual environment run this checkout in place:  link.sh VENV
# Never a copy: templates and pathways copied into site-packages go stale.
set -eu

venv=$1
checkout=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

printf '%s\n' "$checkout" >"$site/earlyhelp-checkout.pth"
cat >"$venv/bin/earlyhelp" <<'SCRIPT'
#!/bin/sh
exec "$(dirname "$0")/python" -c '
import sys
from earlyhelp.cli import main
sys.argv[0] = "earlyhelp"
sys.exit(main())
' "$@"
SCRIPT
chmod 755 "$venv/bin/earlyhelp"
