package gateway

import (
	"context"
	"slices"
	"time"

	"entente/edi/ack"
	"entente/edi/guide"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Terms are what the agreement of a partnership says to the gateway. The zero value
// says nothing: then the standard and the house's own ways hold.
type Terms struct {
	Number   int // of the version; 0: none
	Supplier SideTerms
	Reseller SideTerms
	// X12 is the release of what is sent, GS08, and EDIFACT the directory, "D:96A:UN".
	X12     string
	EDIFACT string
	// Sets are those that may come; empty: any.
	Sets []TermsSet
	// Guides judge the sets of their kind, those that come and those that we write.
	Guides []*guide.Guide
	// Answers is how groups are acknowledged, and with Delimiters and EOL how
	// everything that we write in X12 looks. EOL holds for EDIFACT too.
	Answers ack.Style
	// Codes turn the reseller's words into the supplier's.
	Codes translate.Profile
	// CheckLocations has the supplier know every ship-to. The gateway leaves it to who
	// books.
	CheckLocations bool
	// Reuse is how long a control number may not come back; 0: Options.Reuse.
	Reuse time.Duration
}

// SideTerms are what one side brings.
type SideTerms struct {
	// Groups are the ids that may stand in GS02 or UNG of what it sends; empty: any.
	Groups []string
	// X12 and EDIFACT are the identities that it uses in this partnership; zero: the
	// first that both confirmed.
	X12     Identity
	EDIFACT Identity
	// Delegates may send for it, over their own access to this server.
	Delegates []TermsDelegate
}

// TermsDelegate is a company that may send for a side.
type TermsDelegate struct {
	Org  string   // company id
	Sets []string // empty: every document
}

// TermsSet is an agreed set or message and who sends it.
type TermsSet struct {
	Kind     string
	Supplier bool
}

// side gives the terms of one side.
func (t *Terms) side(supplier bool) *SideTerms {
	if supplier {
		return &t.Supplier
	}
	return &t.Reseller
}

// takes says whether a set from one side is agreed on.
func (t *Terms) takes(kind string, supplier bool) bool {
	return len(t.Sets) == 0 || acknowledges(kind) || slices.Contains(t.Sets, TermsSet{kind, supplier})
}

// options are those of the standard's judge with the agreed guides on top.
func (t *Terms) options(opt schema.Options) schema.Options {
	for _, g := range t.Guides {
		opt = g.Options(opt)
	}
	return opt
}

// version is the release agreed for a syntax; empty: none.
func (t *Terms) version(syntax string) string {
	switch {
	case syntax == SyntaxEDIFACT:
		return t.EDIFACT
	case IsForm(syntax):
		return ""
	}
	return t.X12
}

// address writes the agreed identities into a document that follows no interchange.
func (t *Terms) address(out *Outgoing) {
	set := func(side *SideTerms, to *Identity) {
		id := side.X12
		if out.Syntax == SyntaxEDIFACT {
			id = side.EDIFACT
		}
		if id.Value != "" {
			*to = id
		}
	}
	if out.ReplyTo == "" && !IsForm(out.Syntax) {
		fromSupplier := out.From == out.Supplier
		set(t.side(fromSupplier), &out.Sender)
		set(t.side(!fromSupplier), &out.Receiver)
	}
}

// speaks says whether a company may send documents of these kinds for a side.
// Acknowledgements may go with any.
func (t *Terms) speaks(org string, supplier bool, kinds []string) bool {
	for _, d := range t.side(supplier).Delegates {
		if d.Org == org && len(kinds) > 0 && (len(d.Sets) == 0 || len(kinds) < maxKinds) && !slices.ContainsFunc(kinds, func(k string) bool {
			return len(d.Sets) > 0 && !acknowledges(k) && !slices.Contains(d.Sets, k)
		}) {
			return true
		}
	}
	return false
}

// sub stands for an agreed delimiter in data, as X12 cannot release one.
func (t *Terms) sub() byte {
	if t.Answers.Delimiters == (x12.Delimiters{}) {
		return 0
	}
	return ' '
}

// groupAgreed says whether the sender of a group is one that the agreement names for
// the side. A group of acknowledgements always is, and what has no envelope of its own.
func (t *Terms) groupAgreed(g *schema.Group, supplier bool) bool {
	ids := t.side(supplier).Groups
	return len(ids) == 0 || g.Implicit || g.Header.FunctionalID == "FA" || slices.Contains(ids, g.Header.Sender)
}

// strangeGroup is the finding about a group from an id that was not agreed: as AK905
// and CONTRL say it, not supported.
func strangeGroup(g *schema.Group, edifact bool) wire.Finding {
	f := wire.Finding{
		Level: wire.LevelGroup, Severity: wire.Reject, Key: findingGroup, Code: "1", SegmentID: "GS", Codes: wire.Codes{CONTRL: "17"},
		Pos: wire.Position{Element: 2}, Value: g.Header.Sender,
	}
	if edifact {
		f.SegmentID = "UNG"
	}
	return f
}

// groups writes the agreed ids into the header of a group that we send: the first of
// each side, unless the other named one of them.
func (t *Terms) groups(g *x12.Group, fromSupplier bool) {
	set := func(ids []string, to *string) {
		if len(ids) > 0 && !slices.Contains(ids, *to) {
			*to = ids[0]
		}
	}
	set(t.side(fromSupplier).Groups, &g.Sender)
	set(t.side(!fromSupplier).Groups, &g.Receiver)
}

// termsAt reads what was agreed at an instant; never nil. It joins the transaction of
// ctx.
func (s *Service) termsAt(ctx context.Context, partnership string, at time.Time) (*Terms, error) {
	if s.agreed == nil {
		return &Terms{}, nil
	}
	t, err := s.agreed.Terms(ctx, partnership, at)
	if t == nil {
		t = &Terms{}
	}
	return t, err
}

// reuse is since when a control number may not have been used, for what came now.
func (s *Service) reuse(ctx context.Context, r *interchangeRow, now time.Time) (time.Time, error) {
	t, err := s.termsAt(ctx, r.PartnershipID, instant(r.Received))
	if t.Reuse > 0 {
		return now.Add(-t.Reuse), err
	}
	return now.Add(-s.opt.Reuse), err
}
