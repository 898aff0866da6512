"""The heat map: units against perspectives, objectives or one KPI, in one period."""
