"""All scorecards of the demonstration company, from the corporate one down to individuals'."""

from .strategy_corporate import CENTRAL, CORPORATE, PERSPECTIVES, THEMES
from .strategy_installation import INSTALLATION
from .strategy_products import PRODUCTS
from .strategy_sales import SALES
from .strategy_service import SERVICE

__all__ = ["PERSPECTIVES", "SCORECARDS", "THEMES"]

SCORECARDS = (CORPORATE, *PRODUCTS, *INSTALLATION, *SERVICE, *SALES, *CENTRAL)
