"""What notifications tells: nothing yet that another service must know."""
