"""For any WSGI server: `wsgi:application`. Settings come from the environment, as for `earlyhelp serve`."""

import os
import sys

from earlyhelp.app import create_app
from earlyhelp.settings import Settings, not_settings

for words in not_settings(os.environ):
    print(f"earlyhelp: {words}", file=sys.stderr)

application = create_app(Settings.from_environment(os.environ).with_secret())
