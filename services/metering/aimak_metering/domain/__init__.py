"""The rules of readings: pure, in whole thousandths, no input and no output."""
