"""The tables, one file per subject. No rules here, and nothing of ours is imported."""
