"""Between records and templates: ready words, colours of tags, links. Templates decide nothing."""
