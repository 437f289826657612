"""A made-up council's history, lived through casework with a moved clock. May use casework and below only."""

from earlyhelp.simulation.history import NothingToLiveOn, Simulated, simulate

__all__ = ["NothingToLiveOn", "Simulated", "simulate"]
