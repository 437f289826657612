"""Builders of addresses made once per process: every test builds an application, and to compile them for each of its
three hundred addresses takes longer than all else about it."""

from collections.abc import Callable, Hashable

from flask import Flask
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]
_kept: dict[Hashable, Builder] = {}


class KeptRule(Rule):
    """What Werkzeug compiles knows the words of an address; all else it asks the rule that it is bound to."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        if self.defaults:
            return super()._compile_builder(append_unknown)
        words = (self.rule, tuple(self._trace), append_unknown)
        if words not in _kept:
            _kept[words] = super()._compile_builder(append_unknown)
        return _kept[words]


def compile_once() -> None:
    Flask.url_rule_class = KeptRule
