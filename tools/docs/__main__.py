"""Write the pages that are made from the code: `python -m tools.docs`."""

from pathlib import Path

from tools.docs import components, events, imports


def main(root: Path = Path()) -> None:
    """Write every file anew; one that no longer has its event goes."""
    folder = root / events.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    made = events.files()
    for stale in set(folder.glob("*.json")) - {folder / name for name in made}:
        stale.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    for one in (imports, components):
        (root / one.PAGE).write_text(one.page(), encoding="utf-8")


if __name__ == "__main__":
    main()
