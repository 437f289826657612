"""Addresses taken apart once per process: every test builds an application, and to compile its three hundred addresses
takes longer than all else about it."""

from collections.abc import Callable, Hashable
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import BaseConverter, Rule
from werkzeug.routing.rules import RulePart

Builder = Callable[..., tuple[str, str]]


class TakenApart(NamedTuple):
    """What Werkzeug makes of an address: to find its rule by, and to write it."""

    parts: list[RulePart]
    trace: list[tuple[bool, str]]
    converters: dict[str, BaseConverter]
    arguments: frozenset[str]
    builders: tuple[Builder, Builder]


_kept: dict[Hashable, TakenApart] = {}


class KeptRule(Rule):
    """What Werkzeug compiles knows the words of an address and how its parts are read; all else it asks the rule that
    it is bound to."""

    def compile(self) -> None:
        assert self.map is not None
        if self.defaults or self.host:
            super().compile()
            return
        words = (self.rule, self.subdomain, self.merge_slashes, *self.map.converters.items())
        if words not in _kept:
            super().compile()
            builders = self._compile_builder(False), self._compile_builder(True)
            arguments = frozenset(self.arguments)
            _kept[words] = TakenApart(self._parts, self._trace, self._converters, arguments, builders)
        known = _kept[words]
        self._parts, self._trace, self._converters = known.parts, known.trace, known.converters
        self.arguments.update(known.arguments)
        self._build, self._build_unknown = (builder.__get__(self, None) for builder in known.builders)


def compile_once() -> None:
    Flask.url_rule_class = KeptRule
