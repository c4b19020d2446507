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
	// Orders is for who books.
	Orders OrderTerms
	// Reuse is how long a control number may not come back; 0: Options.Reuse.
	Reuse time.Duration
}

// OrderTerms are what an agreement says of orders and invoices; the gateway itself acts
// on none of it.
type OrderTerms struct {
	CheckLocations bool   // the supplier is to know every ship-to
	PriceDate      string // which date decides a price, as the agreement words it
	PriceBasis     string // what a price is compared with
	FreeGoods      string // what lines free of charge are, as the agreement words it
	TaxRounding    string // where tax is rounded, as the agreement words it
	TaxReverse     bool   // the reseller owes it
	AnswerHours    int    // 0: not agreed
	SupplierTax    string // tax numbers for documents
	ResellerTax    string
}

// SideTerms are what one side brings.
type SideTerms struct {
	// Groups are the ids that may stand for it in GS02 and GS03, or UNG; empty: any.
	Groups []string
	// X12 and EDIFACT are the identities that it uses in this partnership; zero: the
	// first that both confirmed.
	X12     Identity
	EDIFACT Identity
	// Network is the VAN by which it is reached and by which it sends, as the other side
	// calls its own account there (Remote.Name); empty: it comes itself.
	Network string
	// Folder says that what is made for it goes into its folder on this machine, where it
	// chose nothing itself.
	Folder bool
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

// strangeGroup is the finding about a group that comes from, or goes to, an id which the
// agreement does not name for that side; nil where all is agreed. A group of
// acknowledgements always is, and what has no envelope of its own. As AK905 and CONTRL
// say it, such a group is not supported.
func (t *Terms) strangeGroup(g *schema.Group, fromSupplier, edifact bool) *wire.Finding {
	if g.Implicit || g.Header.FunctionalID == "FA" {
		return nil
	}
	for _, side := range []struct {
		ids     []string
		is, key string
		element int
	}{{t.side(fromSupplier).Groups, g.Header.Sender, findingGroup, 2}, {t.side(!fromSupplier).Groups, g.Header.Receiver, findingGroupTo, 3}} {
		if len(side.ids) == 0 || slices.Contains(side.ids, side.is) {
			continue
		}
		f := &wire.Finding{
			Level: wire.LevelGroup, Severity: wire.Reject, Key: side.key, Code: "1", SegmentID: "GS", Codes: wire.Codes{CONTRL: "17"},
			Pos: wire.Position{Element: side.element}, Value: side.is,
		}
		if edifact {
			f.SegmentID = "UNG"
		}
		return f
	}
	return nil
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
