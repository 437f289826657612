"""Measures: each defined once, over the append-only history, for any period and as known on any day."""
