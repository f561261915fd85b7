"""Shapefiles as offices hand them over: the encoding of their table found, and names that were cut mended.

A dBASE table need not say its encoding, and what a ``.cpg`` says is often wrong. A field name holds ten bytes and a text
its stated width, so either may end in half a character: that half is dropped, the rest is read.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

CHINESE = "gb18030"  # holds GB 2312 and GBK
LATIN = "cp1252"
# byte 29 of a dBASE table, where it names an encoding that GDAL's writers do not put there by habit
CODE_PAGES = {
    0x4D: CHINESE, 0x7A: CHINESE, 0x4F: "big5", 0x78: "big5", 0x13: "cp932", 0x7B: "cp932", 0x4E: "cp949",
    0x79: "cp949", 0x01: "cp437", 0x02: "cp850", 0xC8: "cp1250", 0xC9: "cp1251", 0xCB: "cp1253", 0xCA: "cp1254",
}  # fmt: skip
CHINESE_NAMES = frozenset({"936", "CP936", "GBK", "GB2312", "ANSI936", "EUCCN"})
LATIN_NAMES = frozenset({"ISO88591", "88591", "LATIN1", "1252", "CP1252", "ANSI1252", "WINDOWS1252"})
HAN = re.compile("[\u4e00-\u9fff]")
# letters of few or no languages, but what pairs of GB 18030 look like when read as UTF-8
STRANGE = re.compile("[\u0250-\u036f\u0460-\u058f\u0700-\u07ff]")
SAMPLE_BYTES = 4_000_000  # of a table whose encoding is looked for


def beside(file: Path, suffix: str) -> Path | None:
    """The part of a shapefile with this suffix, in small or capital letters; None where there is none."""
    places = (file.with_suffix(s) for s in (suffix, suffix.upper()))
    return next((place for place in places if place.is_file()), None)


def read(file: Path) -> tuple[pd.DataFrame, str]:
    """Shapes and table of a shapefile, and the encoding its texts were read in.

    Names and texts that end in half a character lose it; two names that become the same are numbered.
    """
    encoding = table_encoding(file)
    # each byte as a character of Latin 1, which loses nothing, and then in the encoding found
    frame = pyogrio.read_dataframe(file, encoding="ISO-8859-1", fid_as_index=True)
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else ""
    for name in frame.columns:
        if name != shapes and frame[name].dtype == object:
            frame[name] = frame[name].map(lambda cell: _text(cell, encoding) if isinstance(cell, str) else cell)
    heads = [str(name) if name == shapes else _text(str(name), encoding) for name in frame.columns]
    frame.columns = pd.Index(unique(heads))
    return frame, encoding


def unique(names: list[str]) -> list[str]:
    """Names made different: the second and later of the same get a number behind them."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _text(cell: str, encoding: str) -> str:
    return cell if cell.isascii() else cell.encode("latin-1").decode(encoding, errors="ignore")


def table_encoding(file: Path) -> str:
    """Encoding of a shapefile's table, from its records; what the file states counts where the records agree.

    UTF-8 where all texts are UTF-8 (other encodings hardly ever look so), else what ``.cpg`` or the table's code page
    states, else GB 18030 where the bytes come in pairs as Chinese does, else Western European.
    """
    table = beside(file, ".dbf")
    if table is None:
        return "utf-8"
    with table.open("rb") as body:
        head = body.read(32)
        rest = body.read(SAMPLE_BYTES)
    texts = _texts(head, rest)
    stated = _stated(file, head)
    if not any(not text.isascii() for text in texts):
        return stated or "utf-8"
    if _fits(texts, "utf-8") and not _strange(texts):
        return "utf-8"
    chinese = _fits(texts, CHINESE) and _paired(texts)
    if stated and stated != "utf-8" and _fits(texts, stated) and not (stated == LATIN and chinese):
        return stated
    return CHINESE if chinese else LATIN


def _strange(texts: list[bytes]) -> bool:
    """Whether texts that are UTF-8 make no words in it but Chinese in GB 18030, as a single short word may be both."""
    whole = b" ".join(texts)
    read = whole.decode("utf-8", errors="ignore")
    return (
        bool(STRANGE.search(read))
        and not HAN.search(read)
        and bool(HAN.search(whole.decode(CHINESE, errors="ignore")))
    )


def _stated(file: Path, head: bytes) -> str:
    """The encoding that the ``.cpg`` or the table's code page names; empty where none is known."""
    page = beside(file, ".cpg")
    word = page.read_text(encoding="ascii", errors="replace").strip() if page else ""
    plain = re.sub(r"[^A-Z0-9]", "", word.upper())
    if plain in CHINESE_NAMES:
        return CHINESE
    if plain in LATIN_NAMES:
        return LATIN
    for name in (word, f"cp{plain}", plain.replace("ANSI", "cp")) if plain else ():
        try:
            return codecs.lookup(name).name
        except LookupError:
            continue
    return CODE_PAGES.get(head[29], "") if len(head) > 29 else ""


def _texts(head: bytes, rest: bytes) -> list[bytes]:
    """The cells of the text columns; the column names where no cell has anything but ASCII."""
    if len(head) < 32:
        return []
    start, width = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    fields, at, names = rest[: max(0, start - 33)], 1, []
    places: list[tuple[int, int]] = []
    for i in range(0, len(fields) - 31, 32):
        if fields[i] == 0x0D:
            break
        length = fields[i + 16]
        names.append(fields[i : i + 11].split(b"\0")[0])
        if fields[i + 11 : i + 12] == b"C":
            length += 256 * fields[i + 17]  # wide texts keep their upper byte where numbers keep decimals
            places.append((at, at + length))
        at += length
    rows = rest[start - 32 :]
    cells = {
        rows[row + a : row + b].rstrip(b" \0")
        for row in range(0, len(rows) - width + 1, width)
        for a, b in places
    } if width else set()  # fmt: skip
    special = sorted(cell for cell in cells if not cell.isascii())
    return special or names


def _fits(texts: list[bytes], encoding: str) -> bool:
    """True where every text is valid, save for half a character at its end."""
    for text in texts:
        try:
            codecs.getincrementaldecoder(encoding)().decode(text, final=False)
        except UnicodeDecodeError:
            return False
    return True


def _paired(texts: list[bytes]) -> bool:
    """True where bytes beyond ASCII mostly stand together, as in Chinese; in Western texts they stand alone."""
    runs = [len(run) for text in texts for run in re.findall(rb"[\x80-\xff]+", text)]
    return sum(n if n > 3 else 1 for n in runs if n % 2 == 0) > 2 * sum(n % 2 for n in runs)


def guess(body: bytes) -> str:
    """Encoding of a text file: UTF-8, else GB 18030 where it looks so, else Western European."""
    for encoding in ("utf-8-sig", CHINESE):
        if _fits([body], encoding) and (encoding != CHINESE or _paired([body])):
            return encoding
    return LATIN
