"""Makes or brings back a backup, and is killed when the plain database lies there and nothing has its name yet."""

import os
import signal
import sys

from earlyhelp.cli import main
from earlyhelp.exporting import backup, restore

DIES_IN = {"backup": (backup, "sha256"), "restore": (restore, "_take_files")}
"""After the archive is written but for its last part; after everything was unpacked and checked."""


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    module, name = DIES_IN[sys.argv[1]]
    setattr(module, name, die)
    sys.exit(main(sys.argv[1:]))
