package cms

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
)

// Inflated bounds what decompression may give.
type Inflated struct {
	// Size is the most octets.
	Size int
	// Ratio is the most octets out for one in, judged beyond Free octets of
	// output: small files of one repeated byte are no attack.
	Ratio, Free int
}

// Compress makes a CompressedData of the parts of a content. It comes in parts
// itself, to be written one after another.
func Compress(parts [][]byte) ([][]byte, error) {
	var buf bytes.Buffer
	buf.Grow(pieces(parts).size()/4 + 256)
	w := zlib.NewWriter(&buf)
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	n := buf.Len()
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
	return [][]byte{head, buf.Bytes()}, nil
}

// firstGo is inflated into a growing buffer; what is larger is measured first, so
// that it is allocated once and not at all when it is too large.
const firstGo = 1 << 20

// Decompress opens a CompressedData. Errors: ErrInflate, ErrTooLarge, ErrMalformed,
// ErrUnsupported.
func Decompress(b []byte, lim Inflated) ([]byte, error) {
	r, err := open(b, oidCompressed)
	if err != nil {
		return nil, err
	}
	if _, err := r.small(); err != nil {
		return nil, err
	}
	alg, err := r.algorithm()
	if err != nil {
		return nil, err
	}
	if alg.oid != oidZlib {
		return nil, fmt.Errorf("%w: compression", ErrUnsupported)
	}
	if err := r.enter(tagSequence); err != nil {
		return nil, err
	}
	if _, err := r.prim(tagOID); err != nil {
		return nil, err
	}
	if err := r.enter(tagContext0); err != nil {
		return nil, err
	}
	packed, err := r.octets(tagOctets)
	if err != nil {
		return nil, err
	}
	most := lim.Size
	if lim.Ratio > 0 {
		most = min(most, max(lim.Free, packed.size()*lim.Ratio))
	}

	first, done, err := inflate(packed, nil, min(firstGo, most+1))
	if err != nil {
		return nil, err
	}
	if len(first) > most {
		return nil, ErrTooLarge
	}
	if done {
		return first, nil
	}
	z, err := zlib.NewReader(packed.reader())
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrInflate, err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(z, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrInflate, err)
	}
	if n > int64(most) {
		return nil, ErrTooLarge
	}
	out, _, err := inflate(packed, make([]byte, 0, n), int(n))
	return out, err
}

// inflate reads up to n octets into buf; done when the stream ends within them.
func inflate(packed pieces, buf []byte, n int) (out []byte, done bool, err error) {
	z, err := zlib.NewReader(packed.reader())
	if err != nil {
		return nil, false, fmt.Errorf("%w: %v", ErrInflate, err)
	}
	if cap(buf) == 0 {
		buf = make([]byte, 0, min(n, max(512, 4*packed.size())))
	}
	for len(buf) < n {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		m, err := z.Read(buf[len(buf):min(n, cap(buf))])
		buf = buf[:len(buf)+m]
		if err == io.EOF {
			return buf, true, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("%w: %v", ErrInflate, err)
		}
	}
	return buf, false, nil
}
