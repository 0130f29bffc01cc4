"""The QR that a phone scans to link itself, as a picture that is easy to scan."""

import io
from typing import Final

#: White around it, in squares; readers want four.
QUIET: Final = 4
#: About so many points wide; a square is a whole number of points, so that edges stay sharp.
WIDTH: Final = 720
SMALLEST_SQUARE: Final = 6


def draw_qr(content: str) -> bytes:
    """PNG bytes, black on white. Slow enough to be called in a thread."""
    import qrcode  # for the first one: most hours nobody links a number
    from PIL import Image

    # As WhatsApp's own page: fewer and so larger squares, which a phone reads off a phone most easily.
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_L, border=QUIET)
    code.add_data(content)
    code.make(fit=True)
    squares = code.get_matrix()
    side = len(squares)
    flat = bytes(0 if dark else 255 for row in squares for dark in row)
    square = max(SMALLEST_SQUARE, round(WIDTH / side))
    out = io.BytesIO()
    with Image.frombytes("L", (side, side), flat) as small:
        small.resize((side * square, side * square), Image.Resampling.NEAREST).save(out, "PNG", optimize=True)
    return out.getvalue()
