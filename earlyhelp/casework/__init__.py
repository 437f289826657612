"""What people do, one function each, inside a transaction opened at the edge. The only code that writes.

May not import Flask or `insight`, never commits, and never asks the time: `now` is an argument.
"""
