package blind

import (
	"encoding/binary"

	"github.com/gtank/ristretto255"
)

// ProofSize is the length of a proof.
const ProofSize = 2 * Size

// Pair is a point that was sent, and what the secret made of it.
type Pair struct{ Sent, Made Point }

// Prove shows that every pair was made with the secret of Public, and nothing else (the
// batched proof of equal logarithms of RFC 9497, with longer counts). Without it one could
// claim matches of keys that one does not know: the points that meet can be copied.
func (s *Secret) Prove(about []byte, pairs []Pair) ([]byte, error) {
	sent, made, weights, err := weighed(s.Public(), about, pairs)
	if err != nil {
		return nil, err
	}
	m := ristretto255.NewIdentityElement().VarTimeMultiScalarMult(weights, sent)
	z := ristretto255.NewIdentityElement().VarTimeMultiScalarMult(weights, made)
	t := randomScalar()
	c := challenge(s.Public(), about, m, z, ristretto255.NewIdentityElement().ScalarBaseMult(t), ristretto255.NewIdentityElement().ScalarMult(t, m))
	r := ristretto255.NewScalar().Multiply(c, s.s)
	r.Subtract(t, r)
	t.Zero()
	return append(c.Bytes(), r.Bytes()...), nil
}

// Verify checks a proof of the holder of public.
func Verify(public Point, about []byte, pairs []Pair, proof []byte) error {
	if len(proof) != ProofSize {
		return ErrProof
	}
	key, err := decoded(public)
	if err != nil {
		return err
	}
	c, err := ristretto255.NewScalar().SetCanonicalBytes(proof[:Size])
	if err != nil {
		return ErrProof
	}
	r, err := ristretto255.NewScalar().SetCanonicalBytes(proof[Size:])
	if err != nil {
		return ErrProof
	}
	sent, made, weights, err := weighed(public, about, pairs)
	if err != nil {
		return err
	}
	m := ristretto255.NewIdentityElement().VarTimeMultiScalarMult(weights, sent)
	z := ristretto255.NewIdentityElement().VarTimeMultiScalarMult(weights, made)
	t2 := ristretto255.NewIdentityElement().VarTimeDoubleScalarBaseMult(c, key, r)
	t3 := ristretto255.NewIdentityElement().VarTimeMultiScalarMult([]*ristretto255.Scalar{r, c}, []*ristretto255.Element{m, z})
	if challenge(public, about, m, z, t2, t3).Equal(c) != 1 {
		return ErrProof
	}
	return nil
}

// weighed decodes pairs and gives each the weight that its own bytes make. All of it is
// known to both sides.
func weighed(public Point, about []byte, pairs []Pair) (sent, made []*ristretto255.Element, weights []*ristretto255.Scalar, err error) {
	seed := put(put([]byte("seed"), public[:]), about)
	for _, p := range pairs {
		seed = append(append(seed, p.Sent[:]...), p.Made[:]...)
	}
	sum := expand(seed, nameScalar)
	for i, p := range pairs {
		a, err := decoded(p.Sent)
		if err != nil {
			return nil, nil, nil, err
		}
		b, err := decoded(p.Made)
		if err != nil {
			return nil, nil, nil, err
		}
		msg := binary.BigEndian.AppendUint32(put([]byte("weight"), sum[:]), uint32(i)) // far fewer
		sent, made, weights = append(sent, a), append(made, b), append(weights, toScalar(msg, nameScalar))
	}
	return sent, made, weights, nil
}

func challenge(public Point, about []byte, points ...*ristretto255.Element) *ristretto255.Scalar {
	msg := put(put([]byte("challenge"), public[:]), about)
	for _, e := range points {
		msg = append(msg, e.Bytes()...)
	}
	return toScalar(msg, nameScalar)
}
