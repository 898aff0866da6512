"""KPIs: their list, pages, histories, and the forms of definitions and values."""
