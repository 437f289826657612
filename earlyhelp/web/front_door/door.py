"""The blueprint that the front door's pages are put on."""

from flask import Blueprint

blueprint = Blueprint("front_door", __name__, url_prefix="/front-door")
