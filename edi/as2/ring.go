package as2

import (
	"crypto/x509"
	"slices"
	"time"
)

// Role is what a certificate of an agreement is for.
type Role string

// The roles.
const (
	ForSigning    Role = "sign"
	ForEncryption Role = "encrypt"
)

// Slot is a certificate in an agreement: one of several for its role, so that an old
// and a new one overlap. Its key is there when it is ours.
type Slot struct {
	Identity
	Role Role
	// From and Until are the days of use; where zero, the certificate's own.
	From, Until time.Time
	// Confirmed: the other side has said that it uses it, or was shown to. Nothing is
	// encrypted for, or signed with, a certificate before that.
	Confirmed bool
	Retired   bool
}

func (s Slot) begins() time.Time {
	if s.From.After(s.Certificate.NotBefore) {
		return s.From
	}
	return s.Certificate.NotBefore
}

func (s Slot) ends() time.Time {
	if !s.Until.IsZero() && s.Until.Before(s.Certificate.NotAfter) {
		return s.Until
	}
	return s.Certificate.NotAfter
}

// InUse reports whether the slot counts at a moment.
func (s Slot) InUse(t time.Time) bool {
	return !s.Retired && s.Certificate != nil && !t.Before(s.begins()) && !t.After(s.ends())
}

// newest is the confirmed slot of a role that began last.
func newest(slots []Slot, role Role, t time.Time) (best Slot, ok bool) {
	for _, s := range slots {
		if s.Role == role && s.Confirmed && s.InUse(t) && (!ok || s.begins().After(best.begins())) {
			best, ok = s, true
		}
	}
	return best, ok
}

// Choose picks the keys of a moment out of our slots and the partner's: we verify by
// any of theirs in use, encrypt for the newest that they confirmed, sign with our
// newest that they confirmed, and decrypt with all of ours that are not retired, also
// those that ran out, since a message may have waited.
func Choose(ours, theirs []Slot, t time.Time) Keys {
	k := Keys{Verify: Pinned(theirs, ForSigning, t)}
	if s, ok := newest(theirs, ForEncryption, t); ok {
		k.Encrypt = s.Certificate
	}
	if s, ok := newest(ours, ForSigning, t); ok {
		k.Sign = s.Identity
	}
	for _, s := range ours {
		if s.Role == ForEncryption && !s.Retired && s.Certificate != nil && s.Key != nil {
			k.Decrypt = append(k.Decrypt, s.Identity)
		}
	}
	return k
}

// Expiring lists the slots in use that end within a span and have no confirmed
// successor in use beyond it.
func Expiring(slots []Slot, t time.Time, within time.Duration) []Slot {
	by := t.Add(within)
	var out []Slot
	for _, s := range slots {
		follows := func(n Slot) bool {
			return n.Role == s.Role && n.Confirmed && !n.Retired && n.InUse(s.ends()) && n.ends().After(by)
		}
		if s.InUse(t) && s.ends().Before(by) && !slices.ContainsFunc(slots, follows) {
			out = append(out, s)
		}
	}
	return out
}

// Pinned lists the certificates of slots that count for a role at a moment.
func Pinned(slots []Slot, role Role, t time.Time) []*x509.Certificate {
	var out []*x509.Certificate
	for _, s := range slots {
		if s.Role == role && s.InUse(t) {
			out = append(out, s.Certificate)
		}
	}
	return out
}
