"""Documents as PDF, rows as workbooks: data in, files out. Knows nothing of cases."""

from earlyhelp.printing.making import pdf
from earlyhelp.printing.workbooks import Page, workbook

__all__ = ["Page", "pdf", "workbook"]
