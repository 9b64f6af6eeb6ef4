"""Stories of ordinary months. The figures are worked out by hand: water 10.00 som a m³ and 3 % tax, sewerage 4.00,
waste 25.00 a person, pensioners half; without a reading 5 m³ a person."""

from __future__ import annotations

from tests.scenarios.replay import Story


def test_two_payments_on_one_bill(town: Story) -> None:
    """A partial payment leaves the rest owed; the second closes the bill; what the partner repeats counts once."""
    town.replay("""
        2026-09-30  open      A-17  water metered
        2026-09-30  read      A-17  120.000
        2026-10-31  read      A-17  131.500
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-17  2026-10 = 118.45        # 11.5 m³ × 10.00 = 115.00, and 3.45 tax
        2026-11-05  pay       A-17  vodokanal 100.00 ref=t1
        2026-11-05  pay       A-17  vodokanal 100.00 ref=t1    # the partner repeats itself
        2026-11-05  balance   A-17  = 18.45
        2026-11-09  pay       A-17  vodokanal 18.45 ref=t2
        2026-11-09  balance   A-17  = 0.00
    """)


def test_two_payments_at_once(town: Story) -> None:
    """Husband and wife pay the same bill on the same day: both payments count, and what is too much is kept for the
    next bill."""
    town.replay("""
        2026-09-30  open      A-18  waste persons=2
        2026-11-02  bill      2026-10
        2026-11-05  pay       A-18  tazalyk 50.00 ref=his
        2026-11-05  pay       A-18  tazalyk 50.00 ref=hers
        2026-11-05  balance   A-18  = -50.00
        2026-12-02  bill      2026-11
        2026-12-02  due       A-18  2026-11 = 0.00
        2026-12-02  balance   A-18  = 0.00
    """)


def test_a_quiet_year_of_waste(town: Story) -> None:
    """Three persons pay 75.00 a month; who pays each bill owes nothing at the year's end."""
    months = [f"2026-{month:02d}" for month in range(1, 7)]
    town.replay("2026-01-05 open A-1 waste persons=3")
    for place, month in enumerate(months):
        after = f"2026-{place + 2:02d}"
        town.replay(f"""
            {after}-02  bill      {month}
            {after}-02  due       A-1 {month} = 75.00
            {after}-10  pay       A-1 tazalyk 75.00 ref=m{place}
            {after}-10  balance   A-1 = 0.00
        """)


def test_two_creditors_on_one_bill(town: Story) -> None:
    """Each is owed its own part, and a payment to one leaves the other's debt alone."""
    town.replay("""
        2026-09-30  open      A-2  water waste persons=2
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-2  2026-10 water = 103.00   # 2 × 5 m³ × 10.00, and 3.00 tax
        2026-11-02  charged   A-2  2026-10 waste = 50.00
        2026-11-02  due       A-2  2026-10 = 153.00
        2026-11-09  pay       A-2  vodokanal 103.00 ref=p1
        2026-11-09  balance   A-2  vodokanal = 0.00
        2026-11-09  balance   A-2  tazalyk = 50.00
    """)


def test_sewerage_follows_the_water(town: Story) -> None:
    """What flowed in flows out: 8 m³ of water are 8 m³ of sewerage."""
    town.replay("""
        2026-09-30  open      A-3  water metered sewerage
        2026-09-30  read      A-3  200.000
        2026-10-31  read      A-3  208.000
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-3  2026-10 water = 82.40
        2026-11-02  charged   A-3  2026-10 sewerage = 32.00
        2026-11-02  balance   A-3  = 114.40
    """)


def test_an_old_debt_is_paid_first(town: Story) -> None:
    """80.00 pay the 50.00 of March and 30.00 of October."""
    town.replay("""
        2026-09-30  open      A-4  waste persons=2
        2026-09-30  owed      A-4  tazalyk 2026-03 50.00
        2026-11-02  bill      2026-10
        2026-11-02  due       A-4  2026-10 = 100.00
        2026-11-09  pay       A-4  tazalyk 80.00 ref=p1
        2026-11-09  debt      A-4  tazalyk 2026-03 = 0.00
        2026-11-09  debt      A-4  tazalyk 2026-10 = 20.00
    """)


def test_a_year_overpaid(town: Story) -> None:
    """600.00 in advance are twelve months of two persons' waste: the bill asks for nothing until they are used up."""
    town.replay("""
        2026-01-05  open      A-5  waste persons=2
        2026-01-10  pay       A-5  tazalyk 100.00 ref=year
        2026-02-02  bill      2026-01
        2026-02-02  due       A-5  2026-01 = 0.00
        2026-02-02  balance   A-5  = -50.00
        2026-03-02  bill      2026-02
        2026-03-02  due       A-5  2026-02 = 0.00
        2026-04-02  bill      2026-03
        2026-04-02  due       A-5  2026-03 = 50.00
    """)


def test_an_advance_is_paid_back(town: Story) -> None:
    """Who overpaid gets it back once a second person agrees, and not a tyiyn more."""
    town.replay("""
        2026-09-30  open      A-6  waste persons=1
        2026-10-10  pay       A-6  tazalyk 100.00 ref=p1
        2026-11-02  bill      2026-10
        2026-11-02  balance   A-6  = -75.00
        2026-11-10  refused AIM-B120: refund A-6 tazalyk 75.01
        2026-11-10  refund    A-6  tazalyk 75.00
        2026-11-10  balance   A-6  = 0.00
        2026-11-10  sound     = yes
    """)


def test_a_payment_the_bank_takes_back(town: Story) -> None:
    """The debt is there again, of the month that it came from."""
    town.replay("""
        2026-09-30  open      A-7  waste persons=2
        2026-11-02  bill      2026-10
        2026-11-09  pay       A-7  tazalyk 50.00 ref=p1
        2026-11-09  balance   A-7  = 0.00
        2026-11-12  reverse   A-7  tazalyk ref=p1
        2026-11-12  debt      A-7  tazalyk 2026-10 = 50.00
    """)


def test_a_family_with_pensioners(town: Story) -> None:
    """Two of four are pensioners and pay half: 2 × 25.00 + 2 × 12.50."""
    town.replay("""
        2026-09-30  open      A-8  waste persons=4 pensioners=2
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-8  2026-10 = 75.00
    """)


def test_a_yearly_garden_fee_paid_in_parts(town: Story) -> None:
    """The garden's creditor charges 1,200.00 for the year at once; three payments settle it."""
    town.replay("""
        2026-03-01  open      A-9  waste persons=1
        2026-03-01  adjust    A-9  garden 1200.00 origin=2026-03 reason="garden fee of 2026, decision 5"
        2026-03-20  pay       A-9  garden 400.00 ref=g1
        2026-06-20  pay       A-9  garden 400.00 ref=g2
        2026-06-20  debt      A-9  garden 2026-03 = 400.00
        2026-09-20  pay       A-9  garden 400.00 ref=g3
        2026-09-20  balance   A-9  = 0.00
    """)


def test_a_month_without_a_reading(town: Story) -> None:
    """The meter is not read: 5 m³ a person are charged; the next reading then covers both months."""
    town.replay("""
        2026-09-30  open      A-10 water metered persons=2
        2026-09-30  read      A-10 50.000
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-10 2026-10 = 103.00        # 10 m³ by the norm
        2026-11-30  read      A-10 74.000
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-10 2026-11 = 247.20        # 24 m³, as the reading says
    """)
