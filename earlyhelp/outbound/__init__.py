"""Sending what the outbox holds, by the channel that the settings choose. It decides nothing and writes no rule."""
