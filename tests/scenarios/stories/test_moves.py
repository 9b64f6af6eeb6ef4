"""Stories of people and places: moving, meters, names. Figures by hand: water 10.00 som a m³ and 3 % tax, waste 25.00 a
person; without a reading 5 m³ a person and month."""

from __future__ import annotations

from tests.scenarios.replay import Story


def test_who_moves_out_at_the_month_s_end_pays_its_last_bill(town: Story) -> None:
    """October is the last month; November brings nothing, and the debt stays until it is paid."""
    town.replay("""
        2026-08-30  open      A-17  waste persons=2
        2026-10-02  bill      2026-09
        2026-10-31  move-out  A-17  since=2026-11-01
        2026-11-02  bill      2026-10
        2026-11-02  balance   A-17 = 100.00
        2026-12-02  bill      2026-11
        2026-12-02  balance   A-17 = 100.00
        2026-12-10  pay       A-17  tazalyk 100.00 ref=last
        2026-12-10  balance   A-17 = 0.00
    """)


def test_who_moves_out_in_mid_month_pays_for_the_days(town: Story) -> None:
    """Nine days of October: 10 m³ × 9 ÷ 31 and the tax. The last bill comes at once, and the month's run has nothing
    to add."""
    town.replay("""
        2026-09-01  open      A-4  water persons=2
        2026-10-02  bill      2026-09
        2026-10-12  move-out  A-4  since=2026-10-10
        2026-10-12  bill      2026-10 A-4
        2026-10-12  charged   A-4  2026-10 = 29.90          # 2.903 m³ × 10.00 = 29.03, and 0.87 tax
        2026-10-12  balance   A-4  = 132.90
        2026-10-13  pay       A-4  vodokanal 132.90 ref=last
        2026-11-02  bill      2026-10
        2026-11-02  bills     A-4  = "2026-10 issued, 2026-09 issued"
        2026-12-02  bill      2026-11
        2026-12-02  balance   A-4  = 0.00
        2026-12-02  sound     = yes
    """)


def test_moving_out_is_told_two_months_late(town: Story) -> None:
    """They left in August and tell of it in November: September and October are taken back."""
    town.replay("""
        2026-07-30  open      A-1  waste persons=2
        2026-09-02  bill      2026-08
        2026-10-02  bill      2026-09
        2026-11-02  bill      2026-10
        2026-11-02  balance   A-1 = 150.00
        2026-11-10  move-out  A-1  since=2026-09-01
        2026-12-02  bill      2026-11
        2026-12-02  balance   A-1 = 50.00
        2026-12-02  sound     = yes
    """)


def test_a_new_family_moves_in(town: Story) -> None:
    """The old debt stays with the old family, the new one starts at nothing."""
    town.replay("""
        2026-09-30  open      A-2  waste persons=2
        2026-10-31  move-out  A-2  since=2026-11-01
        2026-11-01  move-in   A-2  as=A-20 since=2026-11-01 persons=4
        2026-11-02  bill      2026-10
        2026-12-02  bill      2026-11
        2026-12-02  balance   A-2 = 50.00
        2026-12-02  balance   A-20 = 100.00
    """)


def test_nobody_moves_in_while_others_live_there(town: Story) -> None:
    """The clerk is told to move the others out first."""
    town.replay("""
        2026-09-30  open      A-3  waste persons=2
        2026-10-15  refused AIM-B125: move-in A-3 as=A-30 since=2026-10-15
    """)


def test_two_accounts_of_one_family_become_one(town: Story) -> None:
    """What both owed is owed by the one that stays; the other is closed."""
    town.replay("""
        2026-09-30  open      A-4  waste persons=1
        2026-09-30  open      A-5  waste persons=2
        2026-11-02  bill      2026-10
        2026-11-03  merge     A-4  A-5
        2026-11-03  balance   A-4 = 0.00
        2026-11-03  balance   A-5 = 75.00
        2026-11-03  debt      A-5  tazalyk 2026-10 = 75.00
    """)


def test_a_house_is_divided(town: Story) -> None:
    """The son keeps his own account for waste; water stays with the parents."""
    town.replay("""
        2026-09-30  open      A-6  water waste persons=2
        2026-10-31  split     A-6  waste as=A-60 since=2026-11-01 persons=1
        2026-11-02  bill      2026-10
        2026-11-02  balance   A-6 = 153.00
        2026-12-02  bill      2026-11
        2026-12-02  balance   A-6 = 256.00
        2026-12-02  balance   A-60 = 25.00
    """)


def test_a_street_gets_another_name(town: Story) -> None:
    """October's bill keeps the name of its day, November's has the new one."""
    town.replay("""
        2026-09-30  open      A-7  waste persons=1 street=Ленина
        2026-11-02  bill      2026-10
        2026-11-20  rename    Ленина Манас since=2026-11-20
        2026-12-02  bill      2026-11
        2026-12-02  address   A-7 = "Манас 7"
        2026-12-02  address   A-7  2026-10 = "Ленина 7"
        2026-12-02  address   A-7  2026-11 = "Манас 7"
    """)


def test_another_firm_carries_the_waste(town: Story) -> None:
    """October is owed to the first at 25.00 a person, November to the second at 20.00."""
    town.replay("""
        2026-09-30  open      A-8  waste persons=2
        2026-11-02  bill      2026-10
        2026-11-05  provider  waste tazalyk garden since=2026-11-01
        2026-12-02  bill      2026-11
        2026-12-02  balance   A-8  tazalyk = 50.00
        2026-12-02  balance   A-8  garden = 40.00
    """)


def test_another_firm_is_told_of_late_and_who_left_stays_away(town: Story) -> None:
    """The firm changed in September, which is told in November. Who left in October is charged by the new firm until
    then, and not a day longer."""
    town.replay("""
        2026-08-31  open      A-8  waste persons=2
        2026-10-02  bill      2026-09
        2026-10-20  move-out  A-8  since=2026-10-01
        2026-11-02  bill      2026-10
        2026-11-05  provider  waste tazalyk garden since=2026-09-01
        2026-12-02  bill      2026-11
        2027-01-02  bill      2026-12
        2027-01-02  balance   A-8  tazalyk = 0.00
        2027-01-02  balance   A-8  garden = 40.00
        2027-01-02  sound = yes
    """)


def test_an_account_split_after_its_firm_changed_pays_each_firm_for_its_days(town: Story) -> None:
    """The waste goes to an account of its own from September on, which is told in November; since October another firm
    carries it. Nobody is charged by two firms for the same days."""
    town.replay("""
        2026-08-31  open      A-8  water waste persons=2
        2026-10-02  bill      2026-09
        2026-10-05  provider  waste tazalyk garden since=2026-10-01
        2026-11-02  bill      2026-10
        2026-11-05  split     A-8  waste as=B-8 since=2026-09-01 persons=2
        2026-11-06  bill      2026-09 B-8
        2026-11-06  bill      2026-10 B-8
        2026-11-06  charged   B-8  2026-09 = 50.00
        2026-11-06  charged   B-8  2026-10 = 40.00
        2026-12-02  bill      2026-11
        2026-12-02  charged   B-8  2026-11 = 40.00
        2026-12-02  balance   A-8  tazalyk = 0.00
        2026-12-02  balance   A-8  garden = 0.00
        2026-12-02  sound = yes
    """)


def test_a_broken_meter(town: Story) -> None:
    """Two months by the norm; then the reading is believed, and its whole use falls into its month."""
    town.replay("""
        2026-08-31  open      A-9  water metered persons=1
        2026-08-31  read      A-9  300.000
        2026-10-02  bill      2026-09
        2026-10-02  charged   A-9  2026-09 = 51.50         # 5 m³ by the norm
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-9  2026-10 = 51.50
        2026-11-30  read      A-9  306.000
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-9  2026-11 = 61.80
        2026-12-02  balance   A-9 = 164.80
    """)


def test_a_late_reading_corrects_the_month_that_was_estimated(town: Story) -> None:
    """October was charged by the norm; its reading is brought in November and is the truth of October."""
    town.replay("""
        2026-09-30  open      A-10  water metered persons=1
        2026-09-30  read      A-10  10.000
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-10  2026-10 = 51.50
        2026-11-30  read      A-10  20.000
        2026-11-30  reread    A-10  20.000 of=2026-11-30
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-10  2026-11 = 103.00
    """)


def test_a_reading_found_between_two_settles_the_month_billed_by_the_norm(town: Story) -> None:
    """Nobody read in October, and November's reading had all of its use charged beside October's norm. A photo of
    October parts it, and the next bill takes back what was charged twice."""
    town.replay("""
        2026-09-30  open      A-10  water metered persons=1
        2026-09-30  read      A-10  10.000
        2026-11-02  bill      2026-10
        2026-11-02  charged   A-10  2026-10 = 51.50        # 5 m³ by the norm
        2026-11-30  read      A-10  20.000
        2026-12-02  bill      2026-11
        2026-12-02  charged   A-10  2026-11 = 103.00
        2026-12-05  reread    A-10  16.000 of=2026-10-31
        2026-12-31  read      A-10  21.000
        2027-01-02  bill      2026-12
        2027-01-02  charged   A-10  2026-12 = 10.30
        2027-01-02  corrected A-10  2026-12 2026-10 = 10.30
        2027-01-02  corrected A-10  2026-12 2026-11 = -61.80
        2027-01-02  balance   A-10 = 113.30
        2027-01-02  sound     = yes
    """)


def test_two_houses_at_odds_over_a_payment(town: Story) -> None:
    """A debt that was another's is moved to him, and moved back when the court says so."""
    town.replay("""
        2026-09-30  open      A-11  waste persons=2
        2026-09-30  open      A-12  waste persons=1
        2026-11-02  bill      2026-10
        2026-11-05  transfer  A-11  A-12 tazalyk 50.00 = 1
        2026-11-05  balance   A-11 = 0.00
        2026-11-05  balance   A-12 = 75.00
        2026-11-20  storno    1
        2026-11-20  balance   A-11 = 50.00
        2026-11-20  balance   A-12 = 25.00
        2026-11-20  sound     = yes
    """)


def test_an_account_opened_late_is_billed_for_its_months(town: Story) -> None:
    """The house was on no list until November: a run of October bills it alone, nobody else twice."""
    town.replay("""
        2026-09-30  open      A-13  waste persons=1
        2026-11-02  bill      2026-10
        2026-11-10  open      A-14  waste persons=2 since=2026-10-01
        2026-11-10  bill      2026-10 A-14
        2026-11-10  balance   A-14 = 50.00
        2026-11-10  balance   A-13 = 25.00
    """)
