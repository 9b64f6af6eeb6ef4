"""QR codes as the pages of a PDF, of which a template takes each as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import zxingcpp

QUIET = 4
# Of the eight masks the one that left the fewest blocks and runs of one colour over sixty payment links.
MASK = 6
# A module of the picture as a bit: black is 0.
_BITS = bytes([ord("0"), *[ord("1")] * 255])


def as_pdf(payloads: Sequence[str]) -> str:
    """The code of each payload (error correction M, quiet zone of four modules) on a page of its own, a unit a module.
    All signs are ASCII. A page of a PDF is taken over as it is; an SVG or a PNG is read and written anew, which takes a
    tenth of a bill's time."""
    kids = " ".join(f"{3 + 2 * place} 0 R" for place in range(len(payloads)))
    bodies = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {len(payloads)}/Kids[{kids}]>>"]
    for place, payload in enumerate(payloads):
        side, drawn = _drawn(payload)
        box = f"[0 0 {side} {side}]"
        bodies.append(f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Resources<<>>/Contents {4 + 2 * place} 0 R>>")
        bodies.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    return _file(bodies)


def _drawn(payload: str) -> tuple[int, str]:
    """How many modules a side has, and what draws them: a picture of as many pixels, eight to a byte."""
    # The mask is given: to try all eight takes six times as long, and the one that is taken then reads no better.
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M", data_mask=MASK)
    image = code.to_image(scale=1, add_quiet_zones=False)
    side = image.shape[0]
    bits, rest = bytes(image).translate(_BITS), b"0" * (-side % 8)  # type: ignore[call-overload]
    rows = b"".join(bits[start : start + side] + rest for start in range(0, side * side, side))
    pixels = f"{int(rows, 2):0{len(rows) // 4}x}"
    draw = f"q {side} 0 0 {side} {QUIET} {QUIET} cm BI/W {side}/H {side}/BPC 1/CS/G/F/AHx ID {pixels}>EI Q"
    return side + 2 * QUIET, draw


def _file(bodies: Sequence[str]) -> str:
    """Objects numbered from 1, the first of which is the catalogue, and where each begins."""
    parts, at, begins = ["%PDF-1.4\n"], 9, []
    for number, body in enumerate(bodies, start=1):
        begins.append(f"{at:010} 00000 n \n")
        parts.append(f"{number} 0 obj\n{body}\nendobj\n")
        at += len(parts[-1])
    count = len(bodies) + 1
    table = f"xref\n0 {count}\n0000000000 65535 f \n{''.join(begins)}"
    return f"{''.join(parts)}{table}trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF"
