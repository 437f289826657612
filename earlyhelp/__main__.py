"""`python -m earlyhelp` is the command `earlyhelp`."""

import sys

from earlyhelp.cli import main

sys.exit(main())
