package x12

import (
	"bytes"

	"entente/edi/wire"
)

// begin looks at the first bytes of a file: it passes over a byte order mark and
// refuses encodings that are not read.
func (r *Reader) begin() error {
	if _, err := r.want(32); err != nil {
		return err
	}
	b := r.buf[r.start:min(r.end, r.start+32)]
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		r.start += 3
		return r.passed(r.start - 3)
	case ebcdic(b):
		return r.fail(wire.ErrNotEDI, "ebcdic", "")
	case utf16(b):
		return r.fail(wire.ErrNotEDI, "utf16", "")
	}
	return nil
}

// ebcdic says whether b begins with ISA, UNA or UNB in the code of mainframes.
func ebcdic(b []byte) bool {
	b = bytes.TrimLeft(b, "\x40\x15\x25\x0d\x0a") // its blanks and line ends
	for _, tag := range []string{"\xc9\xe2\xc1", "\xe4\xd5\xc1", "\xe4\xd5\xc2"} {
		if bytes.HasPrefix(b, []byte(tag)) {
			return true
		}
	}
	return false
}

// utf16 says whether b is text of two or four bytes a character: by its byte order
// mark, or by NULs between the letters of the first tag.
func utf16(b []byte) bool {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return true
	}
	plain := bytes.ReplaceAll(b, []byte{0}, nil)
	for _, tag := range []string{"ISA", "UNA", "UNB"} {
		if bytes.HasPrefix(plain, []byte(tag)) && !bytes.Contains(b, []byte(tag)) {
			return true
		}
	}
	return false
}

// notEDI refuses what a file begins with, naming what it looks like.
func (r *Reader) notEDI(b []byte) error {
	text := bytes.ToLower(b[:min(len(b), 64)])
	is := func(heads ...string) bool {
		for _, h := range heads {
			if bytes.HasPrefix(b, []byte(h)) || bytes.HasPrefix(text, []byte(h)) {
				return true
			}
		}
		return false
	}
	switch {
	case is("isa", "una", "unb"): // they are read in capitals
		return r.fail(wire.ErrNotEDI, "not_edi.case", string(b[:3]))
	case is("<!doctype html", "<html"):
		return r.fail(wire.ErrNotEDI, "not_edi.html", "")
	case is("<?xml", "<"):
		return r.fail(wire.ErrNotEDI, "not_edi.xml", "")
	case is("{", "["):
		return r.fail(wire.ErrNotEDI, "not_edi.json", "")
	case is("%pdf-"):
		return r.fail(wire.ErrNotEDI, "not_edi.pdf", "")
	case is("pk\x03\x04", "\x1f\x8b", "7z\xbc\xaf", "rar!"):
		return r.fail(wire.ErrNotEDI, "not_edi.archive", "")
	case is("\xd0\xcf\x11\xe0"):
		return r.fail(wire.ErrNotEDI, "not_edi.office", "")
	case is("-----begin pgp"):
		return r.fail(wire.ErrNotEDI, "not_edi.encrypted", "")
	case is("edi_dc40"):
		return r.fail(wire.ErrNotEDI, "not_edi.idoc", "")
	case is("stx="):
		return r.fail(wire.ErrNotEDI, "not_edi.tradacoms", "")
	}
	return r.fail(wire.ErrNotEDI, "not_edi", string(b[:min(len(b), 20)]))
}
