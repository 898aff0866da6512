"""Every kind of source: each module here that has a KIND is one, and is found by itself."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from kpis.services.sources.shapes import Kind


@cache
def kinds() -> MappingProxyType[str, Kind]:
    """By their codes, in the order of their names."""
    modules = (import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__))
    found: list[Kind] = [module.KIND for module in modules if hasattr(module, "KIND")]
    return MappingProxyType({kind.code: kind for kind in sorted(found, key=lambda k: k.name)})
