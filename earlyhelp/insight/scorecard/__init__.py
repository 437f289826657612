"""The scorecard: all measures over thirteen months, as a page, as charts and as files."""
