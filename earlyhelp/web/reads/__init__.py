"""Who opened which person or case, when and why: asked of screeners, shown to auditors."""

from earlyhelp.web.reads import views, why

blueprints = (views.blueprint, why.blueprint)

__all__ = ["blueprints"]
