"""The blueprint that pages about people are put on."""

from flask import Blueprint

blueprint = Blueprint("people", __name__)
