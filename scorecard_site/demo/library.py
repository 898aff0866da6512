"""The library of KPIs as a whole."""

from .kpis_building import BUILDING
from .kpis_computed import COMPUTED
from .kpis_customer import CUSTOMER
from .kpis_field import FIELD
from .kpis_financial import FINANCIAL
from .kpis_learning import LEARNING

# Last what follows from others: it is measured in terms of them.
KPIS = FINANCIAL + CUSTOMER + BUILDING + FIELD + LEARNING + COMPUTED
KPI_BY_CODE = {kpi.code: kpi for kpi in KPIS}
