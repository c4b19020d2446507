package as2

import (
	"crypto"
	"crypto/subtle"
	"encoding/base64"
	"io"
	"strings"
)

// Hash is a digest algorithm by its name in the agreement: "sha256".
type Hash string

// The digests.
const (
	SHA1   Hash = "sha1"
	SHA224 Hash = "sha224"
	SHA256 Hash = "sha256"
	SHA384 Hash = "sha384"
	SHA512 Hash = "sha512"
)

var hashes = map[Hash]crypto.Hash{SHA1: crypto.SHA1, SHA224: crypto.SHA224, SHA256: crypto.SHA256, SHA384: crypto.SHA384, SHA512: crypto.SHA512}

// ParseHash reads a name as partners spell it: sha1, SHA-1, sha_256, rsa-sha256.
func ParseHash(s string) (Hash, bool) {
	s = strings.ToLower(strings.Trim(s, " \t\""))
	s = strings.NewReplacer("-", "", "_", "", " ", "").Replace(s)
	s = strings.TrimPrefix(s, "rsa")
	if s == "sha" {
		s = "sha1"
	}
	h := Hash(s)
	return h, hashes[h] != 0
}

func hashName(c crypto.Hash) Hash {
	for h, v := range hashes {
		if v == c {
			return h
		}
	}
	return ""
}

// Spell writes the name for micalg: "sha-256", or "sha256" for partners that know
// no hyphen. SHA-1 is "sha1" in both.
func (h Hash) Spell(plain bool) string {
	if plain || h == SHA1 {
		return string(h)
	}
	return "sha-" + strings.TrimPrefix(string(h), "sha")
}

func (h Hash) sum(parts ...[]byte) []byte {
	d := hashes[h].New()
	for _, p := range parts {
		d.Write(p)
	}
	return d.Sum(nil)
}

// MIC is a message integrity check.
type MIC struct {
	Hash Hash   `json:"hash"`
	Name string `json:"name"` // as spelled on the wire
	Sum  []byte `json:"sum"`
}

// String writes it as in Received-content-MIC.
func (m MIC) String() string {
	if len(m.Sum) == 0 {
		return ""
	}
	return base64.StdEncoding.EncodeToString(m.Sum) + ", " + m.Name
}

// Equal compares decoded digests of the same algorithm in constant time.
func (m MIC) Equal(o MIC) bool {
	return m.Hash == o.Hash && len(m.Sum) > 0 && subtle.ConstantTimeCompare(m.Sum, o.Sum) == 1
}

// Of says whether the MIC is that of a part.
func (m MIC) Of(part []byte) bool {
	_, known := hashes[m.Hash]
	return known && m.Equal(MIC{Hash: m.Hash, Sum: m.Hash.sum(part)})
}

// OfReader is Of of what is read to its end.
func (m MIC) OfReader(r io.Reader) (bool, error) {
	c, known := hashes[m.Hash]
	if !known {
		return false, nil
	}
	h := c.New()
	if _, err := io.Copy(h, r); err != nil {
		return false, err
	}
	return m.Equal(MIC{Hash: m.Hash, Sum: h.Sum(nil)}), nil
}

// ParseMIC reads a Received-content-MIC. Without a name the digest is that of its
// length.
func ParseMIC(s string) (MIC, bool) {
	text, name := unfold(s), ""
	if i := strings.IndexAny(text, ",;"); i >= 0 {
		text, name = text[:i], text[i+1:]
	}
	name = strings.Trim(name, " \t\"")
	text = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, text)
	sum, err := decodeBase64([]byte(text))
	if err != nil || len(sum) == 0 {
		return MIC{}, false
	}
	if h, ok := ParseHash(name); ok {
		return MIC{h, name, sum}, len(sum) == hashes[h].Size()
	}
	if name == "" {
		for h, c := range hashes {
			if c.Size() == len(sum) {
				return MIC{h, "", sum}, true
			}
		}
	}
	return MIC{Name: name, Sum: sum}, false
}
