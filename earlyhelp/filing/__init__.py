"""Files that people attach: what they truly are, where they lie, whether they are safe. Knows no case."""

from earlyhelp.filing.scanning import Scanner, ScannerSilent
from earlyhelp.filing.sniffing import Kind, sniffed
from earlyhelp.filing.storing import Store

__all__ = ["Kind", "Scanner", "ScannerSilent", "Store", "sniffed"]
