"""The languages that people are spoken to in. Another one is a name here and a catalogue in each `locale/`."""

LANGUAGES = ("ky", "ru", "en")
DEFAULT_LANGUAGE = "ru"
