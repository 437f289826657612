"""Forms that practitioners fill in section by section, declared in data: `workflows/forms/*.toml`.

Pure, like the engine: no Flask, no SQLAlchemy, no clock. Given a form and answers, it says what is asked, what is
wrong or missing, and what an action of the pathway is given.
"""
