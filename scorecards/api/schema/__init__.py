"""How the API describes itself as OpenAPI.

A method of a view says in one decorator what it takes and answers (`describing`); parameters are
described once by name (`parameters`); types become components (`components`). What drf-spectacular
makes of it (`operations`) is loaded only where the schema is generated, never by the web server.
"""

from .describing import Component, Described, Listing, Many, OneOf, described
from .parameters import Parameter

__all__ = ["Component", "Described", "Listing", "Many", "OneOf", "Parameter", "described"]
