package mapping

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"entente/prm/fault"
	"entente/prm/identity"
)

// A message to another server is a file:
//
//	magic, one line
//	header, one line of JSON
//	frames: length (4 bytes, big endian), bytes; a length of 0 after the last
//	SHA-256 of everything before, 32 bytes
//
// The first file of each side has no frames: its header is what the side commits to, with
// a public key of X25519. From both first files come two keys, one for each direction, and
// every frame of the other files is sealed with AES-256-GCM under its direction's key, its
// part and its number; the last one says that it is. So nobody on the way reads, alters,
// cuts or swaps anything, provided that the first files were not swapped: for that people
// compare the check code.
const magic = "ENTENTE-MAPPING 1\n"

const (
	maxHeader = 4096
	maxFrame  = 1 << 20
	maxFrames = Most/chunkRows + 2
)

// MaxFile is how long a file may be: the form that takes it bounds it too.
const MaxFile = 33 << 20

// header is the second line of a file.
type header struct {
	Run    string `json:"run"`
	Part   int    `json:"part"`
	Role   string `json:"role"` // of the sender
	From   string `json:"from,omitempty"`
	Terms  *Terms `json:"terms,omitempty"`
	Key    string `json:"key,omitempty"` // X25519
	Commit Commit `json:"commit,omitzero"`
}

func bad(word string) error { return fault.New(fault.Invalid, "mapping.file."+word) }

// check says whether a header is one.
func (h header) check() error {
	hexed := func(s string, n int) bool {
		b, err := hex.DecodeString(s)
		return err == nil && len(b) == n && hex.EncodeToString(b) == s
	}
	switch {
	case !hexed(h.Run, 32), h.Part < partCommit || h.Part > partFields, h.Role != Starter && h.Role != Partner:
		return bad("header")
	case h.Part != partCommit:
		if h.Terms != nil || h.Key != "" || h.Commit != (Commit{}) || h.From != "" {
			return bad("header")
		}
		return nil
	case h.Terms == nil, !hexed(h.Key, 32), h.From == "" || len(h.From) > 200 || !identity.Readable(h.From, false):
		return bad("header")
	case h.Commit.Rows < 1 || h.Commit.Rows > Most, !hexed(h.Commit.Root, 32), !hexed(h.Commit.List, 32), !hexed(h.Commit.Public, 32):
		return bad("header")
	}
	if h.Terms.Edition != identity.Edition {
		return bad("edition")
	}
	t, err := h.Terms.Clean()
	if err != nil || !t.Equal(*h.Terms) {
		return bad("header")
	}
	return nil
}

// writer writes a file.
type writer struct {
	w   io.Writer
	sum hash.Hash
	err error
}

func newWriter(w io.Writer, line []byte) *writer {
	out := &writer{w: w, sum: sha256.New()}
	out.put([]byte(magic))
	out.put(append(slices.Clone(line), '\n'))
	return out
}

func (w *writer) put(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
		w.sum.Write(b)
	}
}

func (w *writer) frame(b []byte) {
	w.put(binary.BigEndian.AppendUint32(nil, uint32(len(b)))) // at most maxFrame
	w.put(b)
}

func (w *writer) close() error {
	w.put(make([]byte, 4))
	if w.err == nil {
		_, w.err = w.w.Write(w.sum.Sum(nil))
	}
	return w.err
}

// reader reads a file. Every fault of a file is told in words; nothing is believed of its
// lengths before it was read.
type reader struct {
	r      *bufio.Reader
	sum    hash.Hash
	frames int
	line   []byte
	head   header
}

// open reads the beginning of a file.
func open(src io.Reader) (*reader, error) {
	r := &reader{r: bufio.NewReaderSize(src, 64<<10), sum: sha256.New()}
	first := make([]byte, len(magic))
	if _, err := io.ReadFull(r.r, first); err != nil || string(first) != magic {
		if bytes.HasPrefix(first, []byte("ENTENTE-MAPPING ")) {
			return nil, bad("version")
		}
		return nil, bad("none")
	}
	r.sum.Write(first)
	for {
		b, err := r.r.ReadByte()
		if err != nil {
			return nil, bad("short")
		}
		if r.sum.Write([]byte{b}); b == '\n' {
			break
		}
		if r.line = append(r.line, b); len(r.line) > maxHeader {
			return nil, bad("header")
		}
	}
	dec := json.NewDecoder(bytes.NewReader(r.line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r.head); err != nil || dec.More() {
		return nil, bad("header")
	}
	if err := r.head.check(); err != nil {
		return nil, err
	}
	// there is one way to write a header: what two servers hash is the same
	if again, err := json.Marshal(r.head); err != nil || !bytes.Equal(again, r.line) {
		return nil, bad("header")
	}
	return r, nil
}

// frame gives the next frame; nil after the last, when the checksum was right.
func (r *reader) frame() ([]byte, error) {
	var n [4]byte
	if _, err := io.ReadFull(r.r, n[:]); err != nil {
		return nil, bad("short")
	}
	r.sum.Write(n[:])
	size := binary.BigEndian.Uint32(n[:])
	if size == 0 {
		var sum [sha256.Size]byte
		if _, err := io.ReadFull(r.r, sum[:]); err != nil {
			return nil, bad("short")
		}
		if !bytes.Equal(sum[:], r.sum.Sum(nil)) {
			return nil, bad("checksum")
		}
		if _, err := r.r.ReadByte(); !errors.Is(err, io.EOF) {
			return nil, bad("long")
		}
		return nil, nil
	}
	if r.frames++; size > maxFrame || r.frames > maxFrames {
		return nil, bad("long")
	}
	var b bytes.Buffer
	if got, err := io.CopyN(&b, r.r, int64(size)); err != nil || got != int64(size) {
		return nil, bad("short")
	}
	r.sum.Write(b.Bytes())
	return b.Bytes(), nil
}

// sealer seals and opens the frames of one direction.
type sealer struct{ aead cipher.AEAD }

// newSealer makes the key of a direction. sender is the role of who writes; the lines are
// the headers of the first files.
func newSealer(private []byte, public, run, sender, starterLine, partnerLine string) (sealer, error) {
	mine, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		return sealer{}, err
	}
	b, err := hex.DecodeString(public)
	if err != nil {
		return sealer{}, err
	}
	other, err := ecdh.X25519().NewPublicKey(b)
	if err != nil {
		return sealer{}, err
	}
	shared, err := mine.ECDH(other) // a key of low order is refused here
	if err != nil {
		return sealer{}, err
	}
	key, err := hkdf.Key(sha256.New, shared, []byte(run), fmt.Sprintf("entente mapping 1\n%s\n%s\n%s", sender, digestOf([]byte(starterLine)), digestOf([]byte(partnerLine))), 32)
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead}, err
}

// nonce is used once: a part has one content, and each frame of it a number.
func nonce(part, number int) []byte {
	out := make([]byte, 12)
	out[0] = byte(part)
	binary.BigEndian.PutUint64(out[4:], uint64(number))
	return out
}

// seal seals a piece with its number of rows. The last frame holds none.
func (s sealer) seal(part, number, rows int, data []byte, last bool) []byte {
	plain := binary.BigEndian.AppendUint32([]byte{0}, uint32(rows)) // at most chunkRows points
	if last {
		plain[0] = 1
	}
	return s.aead.Seal(nil, nonce(part, number), append(plain, data...), nil)
}

func (s sealer) open(part, number int, sealed []byte) (rows int, data []byte, last bool, err error) {
	plain, err := s.aead.Open(nil, nonce(part, number), sealed, nil)
	if err != nil {
		return 0, nil, false, bad("seal")
	}
	if len(plain) < 5 || plain[0] > 1 {
		return 0, nil, false, bad("content")
	}
	return int(binary.BigEndian.Uint32(plain[1:])), plain[5:], plain[0] == 1, nil
}
