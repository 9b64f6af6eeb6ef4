"""Print the JSON Schema of the tariff file with the built-in rate components: what docs/tariffs.schema.json holds."""

import json

from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.tariff_file.json_schema import file_schema

print(json.dumps(file_schema(Plugins.discover(), only_built_in=True), ensure_ascii=False, indent=2))
