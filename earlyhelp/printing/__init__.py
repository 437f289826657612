"""Documents as PDF: data in, pages out. Knows nothing of cases."""

from earlyhelp.printing.making import pdf

__all__ = ["pdf"]
