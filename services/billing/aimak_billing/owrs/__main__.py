"""Survey a folder of OWRS files: `python -m aimak_billing.owrs FOLDER [PAGE]` prints the tables, or puts them between
the marks of a page."""

import sys
from pathlib import Path

from aimak_billing.domain.rating import Plugins
from aimak_billing.owrs.corpus import BEGIN, END, surveyed, written

tables = written(surveyed(Path(sys.argv[1]), Plugins.discover()))
if len(sys.argv) < 3:
    print(tables)
else:
    page = Path(sys.argv[2])
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{tables}\n{END}{rest.partition(END)[2]}")
