"""Is a whole pathway file sound? One module per subject; none may change what it judges.

What passes here can run: every state is reached and left, every action can be taken, every clock can stop.
"""

from earlyhelp.pathway.lint.checking import check, check_text, lint, sound
from earlyhelp.pathway.lint.versions import version_order

__all__ = ["check", "check_text", "lint", "sound", "version_order"]
