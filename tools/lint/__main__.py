"""Check the house's own rules: `python -m tools.lint`. Exit 1 and one line for each finding."""

import sys
from collections.abc import Callable
from pathlib import Path

from tools.lint import numbers, sizes
from tools.lint.finding import Finding

WHOLE_NUMBERS = (
    "shared/aimak/money.py",
    "shared/aimak/ledger/postings.py",
    "shared/aimak/plugins/**/*.py",
    "services/*/aimak_*/domain/**/*.py",
    "services/billing/aimak_billing/application/**/*.py",
    "services/billing/aimak_billing/store/**/*.py",
    "services/payments/aimak_payments/application/**/*.py",
    "services/payments/aimak_payments/store/**/*.py",
    "services/*/aimak_*/plugins/rate_components/**/*.py",
    "services/*/aimak_*/plugins/service_types/**/*.py",
)
SIZED = (
    "shared/aimak/**/*.py",
    "services/**/*.py",
    "examples/**/*.py",
    "benchmarks/**/*.py",
    "tests/**/*.py",
    "tools/**/*.py",
)


def main(root: Path = Path()) -> int:
    """Check the tree under `root`; the answer is the exit code."""
    findings = _over(root, WHOLE_NUMBERS, numbers.check) + _over(root, SIZED, sizes.check)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def _over(root: Path, patterns: tuple[str, ...], check: Callable[[Path, str], list[Finding]]) -> list[Finding]:
    paths = sorted({path for pattern in patterns for path in root.glob(pattern)})
    return [finding for path in paths for finding in check(path.relative_to(root), path.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    sys.exit(main())
