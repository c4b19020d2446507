package courier

import (
	"context"
	"time"

	"entente/edi/as2"
)

// compressions are the words of Terms.Compress in edi/as2.
var compressions = map[string]as2.Compression{"none": as2.NoCompression, "before": as2.CompressBefore, "after": as2.CompressAfter}

var receipts = map[string]as2.Receipt{"none": as2.NoReceipt, "unsigned": as2.UnsignedReceipt, "signed": as2.SignedReceipt}

// agreement says in the words of edi/as2 what terms ask for, of what comes in and of
// what goes out. What is required is only that there is a signature or encryption; how
// strong is the sender's choice, but SHA-1 and 3DES only where the terms name them.
func (t Terms) agreement(us, them string) as2.Agreement {
	t = t.Filled()
	a := as2.Agreement{
		Us: us, Them: them, Digest: as2.SHA256, Sign: t.Sign != "none", PSS: t.Signature == "pss", Compression: compressions[t.Compress], Receipt: receipts[t.Receipt],
		RequireSigned: t.Sign != "none", RequireEncrypted: t.Encrypt != "none", AllowSHA1: t.Sign == "sha1", Allow3DES: t.Encrypt == "3des", MICWithHeader: t.WithHeaders, PlainNames: t.PlainNames,
	}
	if t.Sign != "none" {
		a.Digest = as2.Hash(t.Sign)
	}
	if t.Encrypt != "none" {
		a.Cipher = as2.Cipher(t.Encrypt)
	}
	if t.Transport == "oaep" {
		a.OAEP = as2.SHA256
	}
	return a
}

// keys picks the keys of a moment: those of the station that lives here, and the
// partner's. dated is that of the terms.
func keys(ours, theirs ring, at time.Time, dated bool) as2.Keys {
	var k as2.Keys
	if p, ok := ours.newest(ForSigning, true, at, dated); ok {
		k.Sign = as2.Identity{Certificate: p.x509, Key: p.key}
	}
	for _, p := range ours {
		// Also one that ran out: a message may have waited.
		if p.key != nil && p.fits(ForCipher) {
			k.Decrypt = append(k.Decrypt, as2.Identity{Certificate: p.x509, Key: p.key})
		}
	}
	if p, ok := theirs.newest(ForCipher, false, at, dated); ok {
		k.Encrypt = p.x509
	}
	for _, p := range theirs.all(ForSigning, at) {
		k.Verify = append(k.Verify, p.x509)
	}
	return k
}

// relation is what two names have agreed, seen from the one that lives here, in the
// transaction of ctx. sender is the company whose messages the terms are about. ok is
// false where the station us does not live here.
func (s *Service) relation(ctx context.Context, r Route, sender, us, them string, ours, theirs string, at time.Time) (as2.Relation, bool, error) {
	our, err := s.ringOf(ctx, ours, r.Partnership)
	if err != nil || !our.own() {
		return as2.Relation{}, false, err
	}
	their, err := s.ringOf(ctx, theirs, r.Partnership)
	if err != nil {
		return as2.Relation{}, false, err
	}
	t, err := agreed(ctx, r.Partnership, sender)
	if err != nil {
		return as2.Relation{}, false, err
	}
	return as2.Relation{Agreement: t.Terms.agreement(us, them), Keys: keys(our, their, at, t.Terms.Dated)}, true, nil
}
