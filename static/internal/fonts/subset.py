"""Cuts the fonts of the PDFs down to what documents of trade need.

    apt-get install python3-fonttools unicode-data
    npm pack @expo-google-fonts/noto-sans@0.4.2 @expo-google-fonts/noto-sans-sc@0.4.3
    for f in expo-google-fonts-*.tgz; do mkdir -p in/${f%-0.*} && tar xzf $f -C in/${f%-0.*}; done
    python3 static/internal/fonts/subset.py in static/paper

Chinese: GB 2312, the 8,105 characters of the Table of General Standard Chinese
Characters, and the International Ideographs Core for traditional ones. Latin,
Greek and Cyrillic: the whole of their blocks. Layout tables and hints are left
out: PDF places glyphs itself. The same input gives the same bytes.
"""
import bz2
import glob
import gzip
import io
import os
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

UNIHAN = "/usr/share/unicode/Unihan_*.bz2"


def unihan(*properties):
    out = set()
    for name in glob.glob(UNIHAN):
        with bz2.open(name, "rt", encoding="utf-8") as lines:
            for line in lines:
                word = line.rstrip("\n").split("\t")
                if len(word) == 3 and word[1] in properties:
                    out.add(int(word[0][2:], 16))
    return out


def gb2312():
    out = set()
    for lead in range(0xA1, 0xF8):
        for trail in range(0xA1, 0xFF):
            try:
                out.add(ord(bytes([lead, trail]).decode("gb2312")))
            except UnicodeDecodeError:
                pass
    return out


def blocks(*pairs):
    return {c for first, last in pairs for c in range(first, last + 1)}


def cut(path, chars, out):
    font = TTFont(path, recalcTimestamp=False)
    if "glyf" not in font:
        sys.exit(path + " has no TrueType outlines")
    o = subset.Options()
    o.layout_features, o.hinting, o.glyph_names, o.notdef_outline = [], False, False, True
    o.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    o.drop_tables += ["vhea", "vmtx", "VORG", "GPOS", "GSUB", "GDEF", "BASE", "STAT", "meta", "gasp", "DSIG"]
    s = subset.Subsetter(o)
    s.populate(unicodes=chars)
    s.subset(font)
    raw = io.BytesIO()
    font.save(raw)
    with open(out, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, compresslevel=9, mtime=0) as z:
        z.write(raw.getvalue())
    print(out, len(font.getBestCmap()), "characters,", os.path.getsize(out), "bytes")


def main(src, dst):
    letters = blocks((0x20, 0x7E), (0xA0, 0x24F), (0x2B0, 0x36F), (0x370, 0x52F), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x218F), (0x2200, 0x22FF))
    chinese = gb2312() | unihan("kTGH", "kIICore") | blocks((0x2190, 0x21FF), (0x2200, 0x22FF), (0x2460, 0x24FF), (0x2500, 0x25FF), (0x2600, 0x26FF), (0x3000, 0x303F), (0x3220, 0x33FF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF))
    chinese -= blocks((0x20, 0x7E), (0xA0, 0xFF), (0x370, 0x52F))
    latin = os.path.join(src, "expo-google-fonts-noto-sans", "package")
    han = os.path.join(src, "expo-google-fonts-noto-sans-sc", "package")
    cut(latin + "/400Regular/NotoSans_400Regular.ttf", letters, dst + "/NotoSans-Regular.ttf.gz")
    cut(latin + "/700Bold/NotoSans_700Bold.ttf", letters, dst + "/NotoSans-Bold.ttf.gz")
    cut(han + "/400Regular/NotoSansSC_400Regular.ttf", chinese, dst + "/NotoSansSC-Regular.ttf.gz")


main(*sys.argv[1:])
