"""Templates compiled once per process: every test builds an application, and compiling is most of its first page."""

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class KeptInMemory(BytecodeCache):
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    """What is kept is the code itself, of a template with that very source."""
    Flask.jinja_options["bytecode_cache"] = KeptInMemory()
