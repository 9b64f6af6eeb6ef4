"""Formulas of tariffs: a small language over named determinants, parsed here and made into exact columns.

    1.014 * (standing + volume)
    if(meter_size = '3/4"', blocks(quantity, 10, 2.00, 20, 4.00, 5.00), quantity * 3)

`parse` reads a text, `signature` tells which names it uses and as what, `Compiler` makes a `Number` of it.
"""

from aimak.plugins.formulas.compile import Compiler
from aimak.plugins.formulas.field import FormulaField
from aimak.plugins.formulas.parse import MalformedFormula, parse
from aimak.plugins.formulas.signature import Signature, signature
from aimak.plugins.formulas.write import written

__all__ = ["Compiler", "FormulaField", "MalformedFormula", "Signature", "parse", "signature", "written"]
