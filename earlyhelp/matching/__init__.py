"""Whether two descriptions are of one person. Pure: no database, no web, no clock. Reasons are in words."""
