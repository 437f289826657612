"""A made-up council's history, lived through casework with a moved clock. May use casework and below only."""

from earlyhelp.simulation.fast import NotEmpty, simulate_fast
from earlyhelp.simulation.history import NothingToLiveOn, Simulated, simulate
from earlyhelp.simulation.staff import shown_sign_ins

__all__ = ["NotEmpty", "NothingToLiveOn", "Simulated", "shown_sign_ins", "simulate", "simulate_fast"]
