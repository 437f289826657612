"""Tables as files that people open elsewhere: csv, json, ods, xlsx, pdf, html. Says nothing of what they count."""

from earlyhelp.exporting.table import Cell, ExportedFile, Sheet, Table
from earlyhelp.exporting.writing import FORMATS, exported

__all__ = ["FORMATS", "Cell", "ExportedFile", "Sheet", "Table", "exported"]
