package blind

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/gtank/ristretto255"
	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectors: the hash to the group and the blinding are those of RFC 9497, appendix
// A.1.1 (ristretto255-SHA512, OPRF mode), so that another program can be written to it.
func TestVectors(t *testing.T) {
	t.Parallel()
	const name = "HashToGroup-OPRFV1-\x00-ristretto255-SHA512"
	key, err := ReadSecret(unhex(t, "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"))
	if err != nil {
		t.Fatal(err)
	}
	blinding, err := ReadSecret(unhex(t, "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ input, blinded, evaluated string }{
		{"00", "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c", "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e"},
		{"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418", "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25"},
	} {
		p := encoded(ristretto255.NewIdentityElement().ScalarMult(blinding.s, toGroup(unhex(t, c.input), name)))
		if got := hex.EncodeToString(p[:]); got != c.blinded {
			t.Errorf("input %s is blinded to %s, want %s", c.input, got, c.blinded)
		}
		q, err := key.Again(p)
		if got := hex.EncodeToString(q[:]); err != nil || got != c.evaluated {
			t.Errorf("input %s becomes %s, want %s (%v)", c.input, got, c.evaluated, err)
		}
	}
}

// TestBadPoints: what is not the one encoding of a point, and the point that would hide
// nothing, are refused wherever points of the other side are taken.
func TestBadPoints(t *testing.T) {
	t.Parallel()
	s := NewSecret()
	for name, c := range map[string]struct {
		hex  string
		want error
	}{
		"the identity":         {"0000000000000000000000000000000000000000000000000000000000000000", ErrZero},
		"not reduced":          {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ErrPoint},
		"above the field":      {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", ErrPoint},
		"negative":             {"0100000000000000000000000000000000000000000000000000000000000000", ErrPoint},
		"not a square":         {"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371", ErrPoint},
		"of another character": {"3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e", ErrPoint},
	} {
		p := Point(unhex(t, c.hex))
		if _, err := s.Again(p); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err := Check(p); !errors.Is(err, c.want) {
			t.Errorf("%s: checked as %v", name, err)
		}
		if _, err := s.Prove(nil, []Pair{{p, Dummy()}}); !errors.Is(err, c.want) {
			t.Errorf("%s is proved: %v", name, err)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, Size), bytes.Repeat([]byte{255}, Size), make([]byte, Size+1)} {
		if _, err := ReadSecret(b); !errors.Is(err, ErrSecret) {
			t.Errorf("%x is a secret: %v", b, err)
		}
	}
}

// TestCommutes: two sides meet in a point exactly where run, edition, kind and value are
// the same, whoever was first.
func TestCommutes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type key struct {
			run, kind, value string
			edition          int
		}
		draw := func(name string) key {
			return key{rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, name+"run"), rapid.SampledFrom([]string{"tax", "domain", "taxd"}).Draw(t, name+"kind"), rapid.SampledFrom([]string{"a", "b", "da"}).Draw(t, name+"value"), rapid.IntRange(1, 2).Draw(t, name+"edition")}
		}
		a, b := NewSecret(), NewSecret()
		x, y := draw("x"), draw("y")
		at := func(s *Secret, k key) Point { return s.Key(Domain{[]byte(k.run), k.edition}, k.kind, k.value) }
		ab, err := b.Again(at(a, x))
		if err != nil {
			t.Fatal(err)
		}
		ba, err := a.Again(at(b, y))
		if err != nil {
			t.Fatal(err)
		}
		if (ab == ba) != (x == y) {
			t.Fatalf("%v and %v meet: %v", x, y, ab == ba)
		}
		if at(a, x) == at(b, x) || at(a, x) == at(NewSecret(), x) {
			t.Fatal("a key looks the same under two secrets")
		}
		back, err := ReadSecret(a.Bytes())
		if err != nil || at(back, x) != at(a, x) {
			t.Fatal("a secret is not the same when it was read back")
		}
	})
}

// TestProofs: a proof holds for what the secret made and for nothing else.
func TestProofs(t *testing.T) {
	t.Parallel()
	a, b := NewSecret(), NewSecret()
	var pairs []Pair
	for range 5 {
		sent := Dummy()
		made, err := b.Again(sent)
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, Pair{sent, made})
	}
	about := []byte("run 1")
	proof, err := b.Prove(about, pairs)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(b.Public(), about, pairs, proof); err != nil {
		t.Fatalf("an honest proof: %v", err)
	}
	swapped := slices.Clone(pairs)
	swapped[0].Made, swapped[1].Made = swapped[1].Made, swapped[0].Made
	copied := slices.Clone(pairs)
	copied[2].Made = Dummy()
	for name, err := range map[string]error{
		"another's secret":   Verify(a.Public(), about, pairs, proof),
		"another run":        Verify(b.Public(), []byte("run 2"), pairs, proof),
		"one pair less":      Verify(b.Public(), about, pairs[1:], proof),
		"made of another":    Verify(b.Public(), about, swapped, proof),
		"made by nobody":     Verify(b.Public(), about, copied, proof),
		"a short proof":      Verify(b.Public(), about, pairs, proof[1:]),
		"no public key":      Verify(Point{}, about, pairs, proof),
		"an odd challenge":   Verify(b.Public(), about, pairs, append(bytes.Repeat([]byte{255}, Size), proof[Size:]...)),
		"an altered answer":  Verify(b.Public(), about, pairs, append(slices.Clone(proof[:Size]), NewSecret().Bytes()...)),
		"nothing was proved": Verify(b.Public(), about, pairs, make([]byte, ProofSize)),
	} {
		if err == nil {
			t.Errorf("%s: the proof holds", name)
		}
	}
	if _, err := b.Prove(about, swapped); err != nil {
		t.Fatal(err)
	} else if forged, _ := b.Prove(about, swapped); Verify(b.Public(), about, swapped, forged) == nil {
		t.Error("a false claim was proved")
	}
}

// TestShuffle: every order comes.
func TestShuffle(t *testing.T) {
	t.Parallel()
	seen := map[[3]int]int{}
	for range 600 {
		l := []int{1, 2, 3}
		Shuffle(l)
		seen[[3]int(l)]++
	}
	if len(seen) != 6 {
		t.Fatalf("%d of 6 orders came in 600 tries: %v", len(seen), seen)
	}
	for o, n := range seen {
		if n < 40 { // expected 100, the chance of less is under one in a billion
			t.Errorf("order %v came %d times of 600", o, n)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	s, d := NewSecret(), Domain{[]byte("run"), 1}
	for b.Loop() {
		s.Key(d, "tax", "GB123456789")
	}
}

func BenchmarkAgain(b *testing.B) {
	s, p := NewSecret(), Dummy()
	for b.Loop() {
		if _, err := s.Again(p); err != nil {
			b.Fatal(err)
		}
	}
}
