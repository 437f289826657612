"""axe in a page: what keeps people from using it."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

REMEMBERING = """;(() => {
  const colour = axe.commons.color.Color.prototype, read = colour.parseString, known = new Map();
  colour.parseString = function (words) {
    const same = known.get(words);
    if (same) return Object.assign(this, same);
    const found = read.call(this, words);
    known.set(words, { r: this.r, g: this.g, b: this.b, alpha: this.alpha });
    return found;
  };
})()"""
"""A page has a dozen colours. To read each anew for every word and what is behind it took a third of the time."""


def violations(page: Page, **rules: Any) -> list[dict[str, Any]]:
    """What axe finds amiss. Of all else it finds one example is enough: hundreds took longer than the rules."""
    page.evaluate(AXE_SCRIPT + REMEMBERING)
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run(document, rules).then(found => found.violations)",
        {"resultTypes": ["violations"], **rules},
    )
    return found
