"""A QR code as one SVG path."""

from __future__ import annotations

from itertools import groupby

import zxingcpp

QUIET = 4


def svg(payload: str) -> str:
    """The code of `payload` (error correction M, quiet zone of four modules) as a small SVG, one unit a module."""
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = code.to_image(scale=1, add_quiet_zones=False)
    side, rows = image.shape[0], bytes(image)  # type: ignore[call-overload]
    path = "".join(_row(y + QUIET, rows[y * side : (y + 1) * side]) for y in range(side))
    size = side + 2 * QUIET
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{path}"/></svg>'


def _row(y: int, row: bytes) -> str:
    """Each run of dark modules as a bar."""
    path, x = "", QUIET
    for pixel, run in groupby(row):
        length = len(list(run))
        if not pixel:
            path += f"M{x} {y}h{length}v1h-{length}z"
        x += length
    return path
