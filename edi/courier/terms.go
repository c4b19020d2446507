package courier

import (
	"context"
	"encoding/json"
	"slices"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// choices are the words of each term, the default first.
var choices = []struct {
	field string
	at    func(*Terms) *string
	words []string
}{
	{"sign", func(t *Terms) *string { return &t.Sign }, []string{"sha256", "sha384", "sha512", "sha1", "none"}},
	{"signature", func(t *Terms) *string { return &t.Signature }, []string{"pkcs1", "pss"}},
	{"encrypt", func(t *Terms) *string { return &t.Encrypt }, []string{"aes256-cbc", "aes192-cbc", "aes128-cbc", "aes256-gcm", "aes192-gcm", "aes128-gcm", "3des", "none"}},
	{"transport", func(t *Terms) *string { return &t.Transport }, []string{"pkcs1", "oaep"}},
	{"compress", func(t *Terms) *string { return &t.Compress }, []string{"none", "before", "after"}},
	{"receipt", func(t *Terms) *string { return &t.Receipt }, []string{"signed", "unsigned", "none"}},
}

// Filled gives the terms with every default written out.
func (t Terms) Filled() Terms {
	for _, c := range choices {
		if p := c.at(&t); *p == "" {
			*p = c.words[0]
		}
	}
	return t
}

// Choices gives the words of a term, the default first; nil for a name that is none.
func Choices(field string) []string {
	for _, c := range choices {
		if c.field == field {
			return c.words
		}
	}
	return nil
}

// Weak lists the terms that are weaker than today's practice asks for: unsigned or
// unencrypted messages, SHA-1, 3DES.
func (t Terms) Weak() []string {
	t = t.Filled()
	var out []string
	for field, bad := range map[string][]string{"sign": {"none", "sha1"}, "encrypt": {"none", "3des"}} {
		for _, c := range choices {
			if c.field == field && slices.Contains(bad, *c.at(&t)) {
				out = append(out, field)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Check says which words of the terms are none. Codes: Invalid.
func (t *Terms) Check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	for _, c := range choices {
		if p := c.at(t); *p != "" && !slices.Contains(c.words, *p) {
			bad.With(c.field, "courier.term_unknown", "Value", *p)
		}
	}
	if t.Filled().Sign == "none" && t.Filled().Receipt == "signed" {
		// allowed: the receipt says what was received, not who sent it
		return bad.OrNil()
	}
	if t.Async && t.Filled().Receipt == "none" {
		bad.With("async", "courier.async_without_receipt")
	}
	return bad.OrNil()
}

// Terms gives the terms of both directions of a partnership, the supplier's first.
// Codes: NotFound.
func (s *Service) Terms(ctx context.Context, actor access.Actor, partnership string) ([]AgreedTerms, error) {
	supplier, reseller, err := s.Names.Sides(ctx, actor, partnership)
	if err == nil {
		err = access.Check(actor, access.LinkRead, access.Shared(supplier, reseller))
	}
	if err != nil {
		return nil, err
	}
	var out []AgreedTerms
	err = s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = nil
		for _, sender := range []string{supplier, reseller} {
			t, err := agreed(ctx, partnership, sender)
			if err != nil {
				return err
			}
			out = append(out, t)
		}
		return nil
	})
	return out, err
}

// agreed reads the terms of one direction in the transaction of ctx.
func agreed(ctx context.Context, partnership, sender string) (AgreedTerms, error) {
	rows, err := termsOf(ctx, partnership)
	if err != nil {
		return AgreedTerms{}, err
	}
	return agreedOf(rows, partnership, sender)
}

// agreedOf are the terms of one direction among the rows of a partnership.
func agreedOf(rows []termsRow, partnership, sender string) (AgreedTerms, error) {
	out := AgreedTerms{Partnership: partnership, Sender: sender}
	for _, r := range rows {
		if r.SenderID != sender {
			continue
		}
		if err := json.Unmarshal([]byte(r.Terms), &out.Terms); err != nil {
			return out, fault.Wrap(err, fault.Internal, "error.internal")
		}
		out.Version, out.Changed, out.ChangedBy = r.Version, db.FromMicros(r.Changed), r.ChangedBy
	}
	return out, nil
}

// SetTerms changes the terms of one direction. The receiving company decides what is
// asked of messages to it, as long as no agreement of both speaks of them. version is
// the one that was seen.
// Codes: NotFound, Forbidden, Invalid, Conflict (changed meanwhile, or agreed).
func (s *Service) SetTerms(ctx context.Context, actor access.Actor, partnership, sender string, version int64, t Terms) (AgreedTerms, error) {
	supplier, reseller, err := s.Names.Sides(ctx, actor, partnership)
	if err == nil {
		err = access.Check(actor, access.LinkManage, access.Shared(supplier, reseller))
	}
	if err != nil {
		return AgreedTerms{}, err
	}
	if sender != supplier && sender != reseller {
		return AgreedTerms{}, notFound()
	}
	if sender == actor.Org {
		return AgreedTerms{}, fault.New(fault.Forbidden, "courier.receiver_decides")
	}
	if err := t.Check(); err != nil {
		return AgreedTerms{}, err
	}
	var out AgreedTerms
	err = s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if s.Agreed != nil {
			fixed, err := s.Agreed.FixesTerms(ctx, partnership, sender == supplier)
			if err != nil {
				return err
			}
			if fixed {
				return fault.New(fault.Conflict, "agreement.propose_instead")
			}
		}
		out, err = s.writeTerms(ctx, actor, termsRow{PartnershipID: partnership, SenderID: sender, SupplierID: supplier, ResellerID: reseller}, version, t)
		return err
	})
	return out, err
}

// AdoptTerms sets the terms of one direction to what both companies agreed, in the
// transaction of ctx. It is called by edi/agreement for the company that confirmed.
// Codes: NotFound, Forbidden, Invalid.
func (s *Service) AdoptTerms(ctx context.Context, actor access.Actor, partnership, sender string, t Terms) error {
	supplier, reseller, err := s.Names.Sides(ctx, actor, partnership)
	if err == nil {
		err = access.Check(actor, access.LinkManage, access.Shared(supplier, reseller))
	}
	if err == nil && sender != supplier && sender != reseller {
		err = notFound()
	}
	if err == nil {
		err = t.Check()
	}
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		was, err := agreed(ctx, partnership, sender)
		if err != nil || was.Version > 0 && was.Terms == t {
			return err
		}
		_, err = s.writeTerms(ctx, actor, termsRow{PartnershipID: partnership, SenderID: sender, SupplierID: supplier, ResellerID: reseller}, was.Version, t)
		return err
	})
}

// writeTerms writes the terms of a row in the transaction of ctx, in place of version.
func (s *Service) writeTerms(ctx context.Context, actor access.Actor, r termsRow, version int64, t Terms) (AgreedTerms, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return AgreedTerms{}, fault.Wrap(err, fault.Internal, "error.internal")
	}
	now := db.Now(ctx)
	r.Terms, r.Version, r.Changed, r.ChangedBy = string(text), version+1, db.Micros(now), actor.Person
	ok, err := saveTerms(ctx, &r, version)
	if err != nil {
		return AgreedTerms{}, err
	}
	if !ok {
		return AgreedTerms{}, fault.New(fault.Conflict, "courier.terms_changed")
	}
	out := AgreedTerms{Partnership: r.PartnershipID, Sender: r.SenderID, Terms: t, Version: r.Version, Changed: now, ChangedBy: actor.Person}
	return out, s.note(ctx, actor, "as2.terms", "partnership", r.PartnershipID, audit.Done)
}
