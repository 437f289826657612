"""Forms in the GOV.UK look. They read what was typed; whether it may be, the engine says."""
