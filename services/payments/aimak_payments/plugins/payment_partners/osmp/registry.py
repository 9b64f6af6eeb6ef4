"""The daily OSMP registry: txn_id, date, time, account and sum apart by TAB; the last line is the total."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from aimak.plugins.payment_partners import MAX_ACCOUNT_TEXT, MAX_EXTERNAL_ID, RegistryFile, RegistryLine
from aimak.problems import Place, Problem

TOTAL = "total:"
COLUMNS = 5
# A file that is not a registry at all has a fault in every line; the first ones say enough.
MAX_PROBLEMS = 100

_LINE_END = re.compile("\r\n|\n|\r")
_SUM = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_COUNT = re.compile(r"[0-9]{1,9}")
_ID = re.compile(rf"[0-9]{{1,{MAX_EXTERNAL_ID}}}")
_DATES = (
    (re.compile(r"[0-9]{2}\.[0-9]{2}\.20[0-9]{2}"), "%d.%m.%Y"),
    (re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}"), "%Y-%m-%d"),
    (re.compile(r"20[0-9]{6}"), "%Y%m%d"),
)
_TIMES = (
    (re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}"), "%H:%M:%S"),
    (re.compile(r"[0-9]{2}:[0-9]{2}"), "%H:%M"),
    (re.compile(r"[0-9]{6}"), "%H%M%S"),
)


def read(content: bytes, zone: tzinfo) -> RegistryFile:
    """Read a registry whose clock runs in `zone`. What is wrong is listed with its line; nothing is raised."""
    rows = [(number, row) for number, row in enumerate(_LINE_END.split(_decode(content)), start=1) if row.strip()]
    if not rows:
        return RegistryFile(problems=(Problem("AIM-P031"),))
    lines: list[RegistryLine] = []
    problems: list[Problem] = []
    count, total = _total(rows, problems)
    for number, row in rows if count is None else rows[:-1]:
        if len(problems) >= MAX_PROBLEMS:
            break
        try:
            lines.append(_line(number, row, zone))
        except _Faulty as faulty:
            problems.append(faulty.problem)
    return RegistryFile(tuple(lines), count, total, tuple(problems))


class _Faulty(Exception):
    def __init__(self, code: str, line: int, column: str | None = None, value: str = "") -> None:
        super().__init__(code)
        self.problem = Problem(code, {"line": line, "value": value[:60]}, Place(line=line, column=column))


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Only the account can hold letters; cp1251 reads any byte but one.
        return content.decode("cp1251", errors="replace")


def _total(rows: list[tuple[int, str]], problems: list[Problem]) -> tuple[int | None, int | None]:
    number, row = rows[-1]
    cells = [cell.strip() for cell in row.split("\t")]
    if cells[0].lower() != TOTAL:
        problems.append(Problem("AIM-P032", {"line": number}, Place(line=number)))
        return None, None
    amount = _tyiyn(cells[2]) if len(cells) == 3 else None
    if amount is None or not _COUNT.fullmatch(cells[1]):
        problems.append(Problem("AIM-P033", {"line": number, "value": row[:60]}, Place(line=number)))
        return 0, 0
    return int(cells[1]), amount


def _line(number: int, row: str, zone: tzinfo) -> RegistryLine:
    cells = [cell.strip() for cell in row.split("\t")]
    if len(cells) != COLUMNS:
        raise _Faulty("AIM-P034", number, value=row)
    external_id, day, time, account, amount = cells
    if not _ID.fullmatch(external_id):
        raise _Faulty("AIM-P035", number, "txn_id", external_id)
    if not account or len(account) > MAX_ACCOUNT_TEXT or not account.isprintable():
        raise _Faulty("AIM-P035", number, "account", account)
    tyiyn = _tyiyn(amount)
    if not tyiyn:
        raise _Faulty("AIM-P036", number, "sum", amount)
    date_format, time_format = _format(day, _DATES), _format(time, _TIMES)
    try:
        paid_at = datetime.strptime(f"{day} {time}", f"{date_format} {time_format}").replace(tzinfo=zone)
    except ValueError as wrong:
        raise _Faulty("AIM-P037", number, "date", f"{day} {time}") from wrong
    return RegistryLine(number, external_id, account, tyiyn, paid_at)


def _format(text: str, known: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    return next((form for shape, form in known if shape.fullmatch(text)), "")


def _tyiyn(text: str) -> int | None:
    match = _SUM.fullmatch(text)
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else None
