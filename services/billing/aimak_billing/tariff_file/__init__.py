"""The tariff file: YAML in and out, with the line of whatever is wrong; JSON for the database."""

from aimak_billing.tariff_file.read import Loaded, from_json, load, tax_from_json
from aimak_billing.tariff_file.text import text_of
from aimak_billing.tariff_file.write import as_json, dump, tax_as_json

__all__ = ["Loaded", "as_json", "dump", "from_json", "load", "tax_as_json", "tax_from_json", "text_of"]
