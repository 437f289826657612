"""Where all pages of the scorecard hang."""

from flask import Blueprint

blueprint = Blueprint("scorecard", __name__, url_prefix="/scorecard")
