"""The files that billing takes in: their columns under the names that people give them."""

from __future__ import annotations

from functools import partial

from aimak.files.columns import Column, Columns
from aimak.intake import Importer

from aimak_billing.application.accounts import take_accounts
from aimak_billing.application.balances import take_balances
from aimak_billing.application.kit import Kit
from aimak_billing.application.period_facts import take_facts
from aimak_billing.application.residents import take_residents
from aimak_billing.domain.tariff import CUSTOMER_CLASSES

ACCOUNT = Column(
    "account", required=True, max_length=64, aliases=("лицевой счёт", "лицевой счет", "л/с", "жеке эсеп", "өздүк эсеп")
)
PROVIDER = Column("provider", max_length=64, aliases=("поставщик", "кредитор", "жеткирүүчү"))
SERVICE = Column("service", max_length=64, aliases=("услуга", "кызмат"))
MOST_PERSONS = 10_000

ACCOUNTS = Columns(
    ACCOUNT,
    Column("aliases", aliases=("старые номера", "эски номерлер")),
    Column(
        "kind",
        "choice",
        required=True,
        aliases=("вид", "түрү"),
        choices={
            "flat": ("квартира", "батир"),
            "house": ("дом", "үй"),
            "standpipe": ("колонка",),
            "budget": ("бюджет", "бюджеттик"),
            "other": ("прочие", "башка"),
        },
    ),
    Column(
        "class",
        "choice",
        required=True,
        aliases=("категория", "класс", "категориясы"),
        choices=CUSTOMER_CLASSES,
    ),
    Column("holder", required=True, aliases=("абонент", "фио", "аты-жөнү")),
    Column("phone", max_length=32, aliases=("телефон",)),
    Column(
        "language",
        "choice",
        required=True,
        aliases=("язык", "тил"),
        choices={
            "ky": ("кыргызский", "кыргызча"),
            "ru": ("русский", "орусча"),
            "en": ("английский", "англисче"),
        },
    ),
    Column("street", aliases=("улица", "көчө")),
    Column("house", max_length=32, aliases=("дом", "үй")),
    Column("flat", max_length=32, aliases=("квартира", "кв", "батир")),
    Column("residents", "int", minimum=0, maximum=MOST_PERSONS, aliases=("проживает", "жашагандар")),
    Column("opened_on", "date", required=True, aliases=("открыт", "ачылган")),
    SERVICE,
    PROVIDER,
    Column("attributes", "json", max_length=2_000, aliases=("признаки", "белгилер")),
)

RESIDENTS = Columns(
    ACCOUNT,
    Column("persons", "int", required=True, minimum=0, maximum=MOST_PERSONS, aliases=("проживает", "адам саны")),
    Column("from", "date", required=True, aliases=("с", "баштап")),
    Column("to", "date", aliases=("по", "чейин")),
    Column("ground", aliases=("основание", "негиз")),
    Column("pensioners", "int", minimum=0, maximum=MOST_PERSONS, aliases=("пенсионеры", "пенсионерлер")),
)

BALANCES = Columns(
    ACCOUNT,
    Column("provider", required=True, max_length=64, aliases=PROVIDER.aliases),
    SERVICE,
    Column("origin", "month", required=True, aliases=("период", "месяц", "ай", "мезгил")),
    Column("amount", "som", required=True, aliases=("сумма", "сальдо")),
)

FACTS = Columns(
    ACCOUNT,
    Column("service", required=True, max_length=64, aliases=SERVICE.aliases),
    PROVIDER,
    Column("name", required=True, max_length=64, aliases=("показатель", "көрсөткүч")),
    Column("from", "date", required=True, aliases=("с", "баштап")),
    Column("to", "date", aliases=("по", "чейин")),
    Column("value", "thousandths", required=True, minimum=0, aliases=("значение", "мааниси")),
    Column("ground", aliases=("основание", "негиз")),
)


def importers(kit: Kit) -> tuple[Importer, ...]:
    """Accounts, residents, opening balances and facts of a period, taken block by block."""
    return (
        Importer("accounts", ACCOUNTS, partial(take_accounts, kit)),
        Importer("residents", RESIDENTS, take_residents),
        Importer("balances", BALANCES, partial(take_balances, kit)),
        Importer("facts", FACTS, partial(take_facts, kit)),
    )
