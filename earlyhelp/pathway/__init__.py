"""The engine: given facts, says what follows.

May not import Flask, SQLAlchemy or any other room of this package, and never asks the time:
moments, the calendar and the actor are always arguments.
"""
