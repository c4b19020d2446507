package cms

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"entente/edi/as2/internal/span"
)

// Inflated bounds what decompression may give.
type Inflated struct {
	// Size is the most octets.
	Size int
	// Ratio is the most octets out for one in, judged beyond Free octets of
	// output: small files of one repeated byte are no attack.
	Ratio, Free int
}

// Compress makes a CompressedData of a content. It comes in parts, to be written one after
// another; the large one lies in a file of the spool.
func Compress(content span.Chain, spool span.Spool) (span.Chain, error) {
	out := span.NewOut(spool, content.Len()/4+256)
	w := zlib.NewWriter(out)
	if _, err := io.Copy(w, content.Reader()); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	packed := out.Span()
	n := packed.Len()
	octets := tlvHead(tagOctets, n)
	explicit := tlvHead(tagContext0, len(octets)+n)
	dataType := tlv(tagOID, []byte(oidData))
	eci := tlvHead(tagSequence, len(dataType)+len(explicit)+len(octets)+n)
	version, alg := tlv(tagInteger, []byte{0}), writeAlgorithm(oidZlib)
	body := len(version) + len(alg) + len(eci) + len(dataType) + len(explicit) + len(octets) + n
	bodyHead := tlvHead(tagSequence, body)
	outer := tlvHead(tagContext0, len(bodyHead)+body)
	id := tlv(tagOID, []byte(oidCompressed))
	all := tlvHead(tagSequence, len(id)+len(outer)+len(bodyHead)+body)
	head := bytes.Join([][]byte{all, id, outer, bodyHead, version, alg, eci, dataType, explicit, octets}, nil)
	return span.Chain{span.Of(head), packed}, nil
}

// Decompress opens a CompressedData. Errors: ErrInflate, ErrTooLarge, ErrMalformed,
// ErrUnsupported.
func Decompress(b []byte, lim Inflated) ([]byte, error) {
	s, err := DecompressIn(span.Of(b), lim, nil)
	out, _ := s.Memory()
	return out, err
}

// firstGo is inflated into a growing buffer. What is larger is measured first, where it has
// to lie in memory, so that it is allocated once and not at all when it is too large.
const firstGo = span.Held

// DecompressIn is Decompress of a span into memory or the spool. Further errors:
// span.ErrLost.
func DecompressIn(s span.Span, lim Inflated, spool span.Spool) (span.Span, error) {
	packed, err := compressed(s)
	if err != nil {
		return span.Span{}, err
	}
	most := lim.Size
	if lim.Ratio > 0 {
		most = min(most, max(lim.Free, packed.n*lim.Ratio))
	}
	hint := min(most, firstGo, max(512, 4*packed.n))
	out := span.NewOut(spool, hint)
	if spool == nil && most > firstGo {
		if _, err = inflate(packed, out, firstGo); !errors.Is(err, ErrTooLarge) {
			return out.Span(), err
		}
		n, err := inflate(packed, io.Discard, most)
		if err != nil {
			return span.Span{}, err
		}
		out = span.NewOut(nil, n)
	}
	_, err = inflate(packed, out, most)
	return out.Span(), err
}

// compressed finds what is packed in a CompressedData.
func compressed(s span.Span) (stretch, error) {
	r, err := openIn(s, oidCompressed)
	if err != nil {
		return stretch{}, err
	}
	if _, err := r.small(); err != nil {
		return stretch{}, err
	}
	alg, err := r.algorithm()
	if err != nil {
		return stretch{}, err
	}
	if alg.oid != oidZlib {
		return stretch{}, fmt.Errorf("%w: compression", ErrUnsupported)
	}
	if err := r.enter(tagSequence); err != nil {
		return stretch{}, err
	}
	if _, err := r.prim(tagOID); err != nil {
		return stretch{}, err
	}
	if err := r.enter(tagContext0); err != nil {
		return stretch{}, err
	}
	return r.stretch(tagOctets)
}

// inflate writes up to most octets; more are ErrTooLarge.
func inflate(packed stretch, out io.Writer, most int) (int, error) {
	broken := func(err error) error {
		if errors.Is(err, span.ErrLost) {
			return err
		}
		return fmt.Errorf("%w: %v", ErrInflate, err)
	}
	z, err := zlib.NewReader(packed.reader())
	if err != nil {
		return 0, broken(err)
	}
	n, err := io.Copy(out, io.LimitReader(z, int64(most)))
	if err != nil {
		return 0, broken(err)
	}
	if n == int64(most) { // the end must follow
		one := make([]byte, 1)
		if m, err := io.ReadFull(z, one); m > 0 {
			return 0, ErrTooLarge
		} else if err != io.EOF {
			return 0, broken(err)
		}
	}
	return int(n), nil
}
