"""What people ask: queues, caseloads, measures. The only code that reports; it never writes.

May not import Flask or `casework`.
"""
