"""Stories of mistakes and what mends them. Nothing that was issued changes; what was wrong comes right on another bill.

Figures by hand: water 10.00 som a m³ and 3 % tax, waste 25.00 a person, pensioners half.
"""

from __future__ import annotations

from tests.scenarios.replay import Story


def test_a_wrong_reading_found_three_months_later(town: Story) -> None:
    """231.500 was read for 131.500: 111.5 m³ were charged for 11.5, and 1.5 for nothing in the month after it."""
    town.replay("""
        2026-06-30  open      A-17  water metered
        2026-06-30  read      A-17  120.000
        2026-07-31  read      A-17  231.500
        2026-08-02  bill      2026-07
        2026-08-02  charged   A-17  2026-07 = 1148.45       # 111.5 m³ × 10.00, and 33.45
        2026-08-31  read      A-17  233.000
        2026-09-02  bill      2026-08
        2026-09-02  charged   A-17  2026-08 = 15.45
        2026-10-20  reread    A-17  131.500 of=2026-07-31
        2026-10-20  reread    A-17  143.000 of=2026-08-31
        2026-10-31  read      A-17  155.000
        2026-11-02  bill      2026-09
        2026-11-02  corrected A-17  2026-09 2026-07 = -1030.00   # 100 m³ less: 1,000.00 and 30.00 tax
        2026-11-02  corrected A-17  2026-09 2026-08 = 103.00     # 11.5 m³ instead of 1.5
        2026-11-02  says      A-17  2026-09 "Июль 2026: 11.500 м³ вместо 111.500 м³: -1 030.00 сом"
        2026-11-02  sound     = yes
    """)


def test_the_bill_of_a_wrong_reading_is_made_anew(town: Story) -> None:
    """The house asks for a new bill of October instead: the first is cancelled, both stay on record."""
    town.replay("""
        2026-09-30  open      A-1  water metered
        2026-09-30  read      A-1  10.000
        2026-10-31  read      A-1  40.000
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-1  2026-10 = 309.00
        2026-11-05  reread    A-1  20.000 of=2026-10-31
        2026-11-05  rebill    2026-10 A-1
        2026-11-05  bills     A-1 = 2026-10 issued, 2026-10 cancelled
        2026-11-05  due       A-1  2026-10 = 103.00
        2026-11-05  balance   A-1 = 103.00
    """)


def test_a_payment_on_a_bill_that_was_made_anew(town: Story) -> None:
    """309.00 were paid, 103.00 are charged now: 206.00 are left for the months to come."""
    town.replay("""
        2026-09-30  open      A-1  water metered
        2026-09-30  read      A-1  10.000
        2026-10-31  read      A-1  40.000
        2026-11-02  bill      2026-10
        2026-11-03  pay       A-1  vodokanal 309.00 ref=p1
        2026-11-05  reread    A-1  20.000 of=2026-10-31
        2026-11-05  rebill    2026-10 A-1
        2026-11-05  balance   A-1 = -206.00
        2026-11-05  due       A-1  2026-10 = 0.00
        2026-11-30  read      A-1  25.000
        2026-12-02  bill      2026-11
        2026-12-02  balance   A-1 = -154.50                # 5 m³: 51.50
    """)


def test_a_whole_month_is_cancelled(town: Story) -> None:
    """The run went out with the wrong tariff: all bills are cancelled, and everybody is as before it."""
    town.replay("""
        2026-09-30  open      A-1  waste persons=2
        2026-09-30  open      A-2  waste persons=3
        2026-09-30  owed      A-2  tazalyk 2026-05 10.00
        2026-11-02  bill      2026-10
        2026-11-03  cancel    2026-10
        2026-11-03  balance   A-1 = 0.00
        2026-11-03  balance   A-2 = 10.00
        2026-11-04  tariff    waste 20.00 since=2026-10-01
        2026-11-04  rebill    2026-10
        2026-11-04  balance   A-1 = 40.00
        2026-11-04  balance   A-2 = 70.00
        2026-11-04  sound     = yes
    """)


def test_one_bill_is_cancelled_and_the_month_goes_on(town: Story) -> None:
    """Nobody lived in A-2 in October; in November they are back, and October is not asked for again."""
    town.replay("""
        2026-09-30  open      A-1  waste persons=2
        2026-09-30  open      A-2  waste persons=3
        2026-11-02  bill      2026-10
        2026-11-10  cancel    2026-10 A-2
        2026-11-10  balance   A-2 = 0.00
        2026-12-02  bill      2026-11
        2026-12-02  balance   A-2 = 75.00
        2026-12-02  balance   A-1 = 100.00
    """)


def test_a_child_is_born_and_told_of_late(town: Story) -> None:
    """Four persons since September, told in November: two months of one person are added."""
    town.replay("""
        2026-08-30  open      A-3  waste persons=3
        2026-10-02  bill      2026-09
        2026-11-02  bill      2026-10
        2026-11-20  residents A-3  4 since=2026-09-01
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-3  2026-11 = 100.00
        2026-12-02  corrected A-3  2026-11 = 50.00
        2026-12-02  balance   A-3 = 300.00
    """)


def test_a_benefit_granted_back_to_its_day(town: Story) -> None:
    """The pension began in September, the paper came in November: half of one person comes back for two months."""
    town.replay("""
        2026-08-30  open      A-4  waste persons=2
        2026-10-02  bill      2026-09
        2026-11-02  bill      2026-10
        2026-11-20  residents A-4  2 pensioners=1 since=2026-09-01
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-4  2026-11 = 37.50
        2026-12-02  corrected A-4  2026-11 = -25.00
        2026-12-02  balance   A-4 = 112.50
    """)


def test_a_family_was_away_for_two_months(town: Story) -> None:
    """They were charged, bring the paper, and the waste of both months is taken back."""
    town.replay("""
        2026-07-30  open      A-5  waste persons=3
        2026-09-02  bill      2026-08
        2026-10-02  bill      2026-09
        2026-10-10  residents A-5  0 since=2026-08-01
        2026-10-10  residents A-5  3 since=2026-10-01
        2026-11-02  bill      2026-10
        2026-11-02  corrected A-5  2026-10 = -150.00
        2026-11-02  balance   A-5 = 75.00
    """)


def test_a_tariff_decided_back_to_its_day(town: Story) -> None:
    """The council's decision comes in November and holds from October: 5.00 a person are made up for."""
    town.replay("""
        2026-09-30  open      A-6  waste persons=2
        2026-11-02  bill      2026-10
        2026-11-15  tariff    waste 30.00 since=2026-10-01
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-6  2026-11 = 60.00
        2026-12-02  corrected A-6  2026-11 = 10.00
        2026-12-02  says      A-6  2026-11 "Октябрь 2026: 60.00 вместо 50.00: +10.00 сом"
    """)


def test_a_correction_that_was_wrong_itself(town: Story) -> None:
    """Five persons were told, then three it is after all: each bill brings the sum to what is known then."""
    town.replay("""
        2026-08-30  open      A-7  waste persons=3
        2026-10-02  bill      2026-09
        2026-10-10  residents A-7  5 since=2026-09-01
        2026-11-02  bill      2026-10
        2026-11-02  corrected A-7  2026-10 = 50.00
        2026-11-10  residents A-7  3 since=2026-09-01
        2026-12-02  bill      2026-11
        2026-12-02  corrected A-7  2026-11 = -100.00
        2026-12-02  balance   A-7 = 225.00
    """)


def test_the_bill_that_corrected_is_cancelled(town: Story) -> None:
    """October's bill took September back in part; it is cancelled and made anew, and takes it back again."""
    town.replay("""
        2026-08-30  open      A-8  waste persons=4
        2026-10-02  bill      2026-09
        2026-10-10  residents A-8  2 since=2026-09-01
        2026-11-02  bill      2026-10
        2026-11-02  balance   A-8 = 100.00
        2026-11-03  cancel    2026-10 A-8
        2026-11-03  balance   A-8 = 100.00                 # 4 × 25.00 of September
        2026-11-04  bill      2026-10 A-8
        2026-11-04  corrected A-8  2026-10 = -50.00
        2026-11-04  balance   A-8 = 100.00
        2026-11-04  sound     = yes
    """)


def test_a_debt_is_written_off_by_its_act(town: Story) -> None:
    """The old man died without heirs: the act writes off what he owed, and no more than that."""
    town.replay("""
        2026-09-30  open      A-9  waste persons=1
        2026-09-30  owed      A-9  tazalyk 2024-03 40.00
        2026-11-02  bill      2026-10
        2026-11-10  refused AIM-B118: write-off A-9 tazalyk 65.01 act=12
        2026-11-10  write-off A-9  tazalyk 40.00 act=12
        2026-11-10  debt      A-9  tazalyk 2024-03 = 0.00
        2026-11-10  balance   A-9 = 25.00
    """)


def test_money_on_the_wrong_account(town: Story) -> None:
    """She paid 75.00 to her neighbour's number: the advance goes over to her account."""
    town.replay("""
        2026-09-30  open      A-10  waste persons=3
        2026-09-30  open      A-11  waste persons=2
        2026-11-02  bill      2026-10
        2026-11-05  pay       A-11  tazalyk 125.00 ref=hers
        2026-11-05  balance   A-11 = -75.00
        2026-11-08  transfer  A-11  A-10 tazalyk -75.00
        2026-11-08  balance   A-10 = 0.00
        2026-11-08  balance   A-11 = 0.00
    """)


def test_an_adjustment_is_taken_back(town: Story) -> None:
    """12.00 were taken off by mistake; the storno brings them back, and a second storno is refused."""
    town.replay("""
        2026-09-30  open      A-12  waste persons=1
        2026-11-02  bill      2026-10
        2026-11-05  adjust    A-12  tazalyk -12.00 service=waste = 1
        2026-11-05  balance   A-12 = 13.00
        2026-11-06  storno    1
        2026-11-06  balance   A-12 = 25.00
        2026-11-06  refused AIM-B122: storno 1
    """)


def test_a_month_closed_is_still_corrected(town: Story) -> None:
    """September is closed; in November its bill is made anew all the same, in November's books."""
    town.replay("""
        2026-08-30  open      A-13  waste persons=3
        2026-10-02  bill      2026-09
        2026-10-05  close     2026-09
        2026-11-10  residents A-13  2 since=2026-09-01
        2026-11-10  rebill    2026-09 A-13
        2026-11-10  bills     A-13 = 2026-09 issued, 2026-09 cancelled
        2026-11-10  balance   A-13 = 50.00
    """)


def test_a_veteran_brings_the_certificate_three_months_late(town: Story) -> None:
    """Half of the waste from September on, told in November: two months are taken back, the third is charged so."""
    town.replay("""
        2026-08-30  open      A-21  waste persons=2
        2026-10-02  bill      2026-09
        2026-11-02  bill      2026-10
        2026-11-20  benefit   A-21  category=veteran since=2026-09-01
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-21  2026-11 = 25.00
        2026-12-02  corrected A-21  2026-11 = -50.00
        2026-12-02  says      A-21  2026-11 "Сентябрь 2026: 25.00 вместо 50.00: -25.00 сом"
        2026-12-02  says      A-21  2026-11 "Октябрь 2026: 25.00 вместо 50.00: -25.00 сом"
        2026-12-02  balance   A-21 = 75.00
        2026-12-02  sound     = yes
    """)


def test_a_benefit_for_a_month_alone(town: Story) -> None:
    """It held in October alone: September and November are charged in full."""
    town.replay("""
        2026-08-30  open      A-22  waste persons=2
        2026-10-02  bill      2026-09
        2026-11-02  bill      2026-10
        2026-11-20  benefit   A-22  category=veteran since=2026-10-01 until=2026-11-01
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-22  2026-11 = 50.00
        2026-12-02  corrected A-22  2026-11 = -25.00
        2026-12-02  balance   A-22 = 125.00
        2026-12-05  refused AIM-B191: benefit A-22 category=veteran since=2026-10-01 until=2026-10-01
    """)


def test_a_benefit_that_lasts_longer_than_the_service(town: Story) -> None:
    """The certificate runs on after the family has moved out: the benefit holds to the last day that is charged."""
    town.replay("""
        2026-08-30  open      A-25  waste persons=2
        2026-10-02  bill      2026-09
        2026-11-02  bill      2026-10
        2026-11-10  move-out  A-25  since=2026-11-01
        2026-11-20  benefit   A-25  category=veteran since=2026-10-01 until=2027-01-01 = 2026-11-01
        2026-12-02  bill      2026-11
        2026-12-02  corrected A-25  2026-11 = -25.00
        2026-12-02  balance   A-25 = 75.00
        2026-12-05  refused AIM-B192: benefit A-25 category=veteran since=2026-11-01 until=2027-01-01
        2026-12-05  sound     = yes
    """)


def test_late_readings_where_bills_are_made_anew(town: Story) -> None:
    """The house decided that a wrong reading is no line of the next bill: October's own bill is made anew."""
    town.replay("""
        2026-09-30  open      A-23  water metered
        2026-09-30  read      A-23  10.000
        2026-10-31  read      A-23  40.000
        2026-11-02  late-readings rebill since=2026-11-02
        2026-11-02  bill      2026-10
        2026-11-20  reread    A-23  20.000 of=2026-10-31
        2026-11-30  read      A-23  25.000
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-23  2026-11 = 51.50
        2026-12-02  corrected A-23  2026-11 = 0.00
        2026-12-02  balance   A-23 = 360.50                # 309.00 and 51.50
        2026-12-03  rebill-touched 2026-10
        2026-12-03  charged   A-23  2026-10 = 103.00
        2026-12-03  balance   A-23 = 154.50
        2027-01-02  bill      2026-12
        2027-01-02  corrected A-23  2026-12 = 0.00
        2027-01-02  sound     = yes
    """)


def test_a_month_to_be_made_anew_waits_whatever_else_is_told_of_it(town: Story) -> None:
    """October's reading was wrong, and then a person more is told since October: its bill still waits to be made anew
    as a whole, no part of it is corrected on November's."""
    town.replay("""
        2026-09-30  open      A-24  water metered waste persons=3
        2026-09-30  read      A-24  10.000
        2026-10-31  read      A-24  40.000
        2026-11-02  late-readings rebill since=2026-11-02
        2026-11-02  bill      2026-10
        2026-11-20  reread    A-24  20.000 of=2026-10-31
        2026-11-21  residents A-24  4 since=2026-10-01
        2026-11-30  read      A-24  25.000
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-24  2026-11 = 151.50
        2026-12-02  corrected A-24  2026-11 = 0.00
        2026-12-03  rebill-touched 2026-10
        2026-12-03  charged   A-24  2026-10 = 203.00
        2026-12-03  balance   A-24 = 354.50
        2027-01-02  bill      2026-12
        2027-01-02  corrected A-24  2026-12 = 0.00
        2027-01-02  sound     = yes
    """)
