"""For any WSGI server: `wsgi:application`. Settings come from the environment, as for `earlyhelp serve`."""

import os

from earlyhelp.app import create_app
from earlyhelp.settings import Settings

application = create_app(Settings.from_environment(os.environ).with_secret())
