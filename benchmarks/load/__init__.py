"""Fifty people at work, by a real load tool: pages opened, forms filled in and sent, with pauses to read and think."""
