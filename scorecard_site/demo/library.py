"""The library of KPIs as a whole."""

from .kpis_building import BUILDING
from .kpis_customer import CUSTOMER
from .kpis_field import FIELD
from .kpis_financial import FINANCIAL
from .kpis_learning import LEARNING

KPIS = FINANCIAL + CUSTOMER + BUILDING + FIELD + LEARNING
KPI_BY_CODE = {kpi.code: kpi for kpi in KPIS}
