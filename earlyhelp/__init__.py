"""earlyhelp: the pathway engine and casework application of an English council's early help service."""
