package agreement

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/edi/ack"
	"entente/edi/gateway"
	"entente/edi/x12"
)

// maxTerms is how many versions are kept ready to judge by.
const maxTerms = 500

// Terms gives what the version that held at an instant says to the gateway; nil where
// none did. It joins the transaction of ctx. The value is shared and must not be
// changed.
func (s *Service) Terms(ctx context.Context, partnership string, at time.Time) (*gateway.Terms, error) {
	var out *gateway.Terms
	err := s.DB.View(ctx, func(ctx context.Context) error {
		out = nil
		id, err := validID(ctx, partnership, at)
		if err != nil || id == "" {
			return err
		}
		s.mu.Lock()
		out = s.terms[id]
		s.mu.Unlock()
		if out != nil {
			return nil
		}
		r, err := byID(ctx, id)
		if err != nil {
			return err
		}
		v, err := r.version()
		if err != nil {
			return err
		}
		if out, err = v.terms(); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.terms) >= maxTerms {
			clear(s.terms)
		}
		s.terms[id] = out
		return nil
	})
	return out, err
}

// terms makes a version ready to judge by.
func (v Version) terms() (*gateway.Terms, error) {
	b := v.Body
	guides, err := b.guides()
	if err != nil {
		return nil, err
	}
	t := &gateway.Terms{
		Number: v.Number, Supplier: b.Supplier.terms(), Reseller: b.Reseller.terms(),
		X12: b.X12, EDIFACT: b.EDIFACT, Guides: guides, Codes: b.Codes, Reuse: time.Duration(b.DuplicateDays) * 24 * time.Hour,
		Orders: gateway.OrderTerms{
			CheckLocations: b.CheckLocations, PriceDate: b.Price.Date, PriceBasis: b.Price.Basis, FreeGoods: b.Price.FreeGoods, TaxRounding: b.Tax.Rounding, TaxReverse: b.Tax.Reverse, AnswerHours: b.ResponseHours, SupplierTax: b.Supplier.TaxNumber, ResellerTax: b.Reseller.TaxNumber,
		},
		Answers: ack.Style{Implementation: b.Writing.Implementation, OnlyErrors: b.Writing.OnlyErrors, Delimiters: b.Writing.chars()},
	}
	if b.Writing.Lines && b.Writing.Segment != "\n" {
		t.Answers.EOL = "\n"
	}
	for _, s := range b.Sets {
		t.Sets = append(t.Sets, gateway.TermsSet{Kind: s.Kind, Supplier: s.From == Supplier})
	}
	t.Sets = slices.Clip(t.Sets)
	return t, nil
}

// ChecksLocation says whether a ship-to of an order is to be known to the supplier, and
// the agreement that holds now does not know it. It joins the transaction of ctx.
func (s *Service) ChecksLocation(ctx context.Context, partnership, qualifier, code string) (bool, error) {
	t, err := s.Terms(ctx, partnership, db.Now(ctx))
	if err != nil || t == nil || !t.Orders.CheckLocations {
		return false, err
	}
	for _, c := range t.Codes.Locations {
		if c.OurQualifier == qualifier && c.Ours == code || c.TheirQualifier == qualifier && c.Theirs == code {
			return false, nil
		}
	}
	return true, nil
}

// orders gives what held of orders at an instant.
func (s *Service) orders(ctx context.Context, partnership string, at time.Time) (gateway.OrderTerms, error) {
	t, err := s.Terms(ctx, partnership, at)
	if err != nil || t == nil {
		return gateway.OrderTerms{}, err
	}
	return t.Orders, nil
}

// PricedBy says which date decides the price of an order that comes now, and what it is
// compared with: words of PriceDates and PriceBases, empty where nothing was agreed. It
// joins the transaction of ctx.
func (s *Service) PricedBy(ctx context.Context, partnership string) (date, basis string, err error) {
	o, err := s.orders(ctx, partnership, db.Now(ctx))
	return o.PriceDate, o.PriceBasis, err
}

// FreeGoods says what goods free of charge in an order are: a word of FreeGoods, empty
// where nothing was agreed. It joins the transaction of ctx.
func (s *Service) FreeGoods(ctx context.Context, partnership string) (string, error) {
	o, err := s.orders(ctx, partnership, db.Now(ctx))
	return o.FreeGoods, err
}

// TaxNumbers are those that stand on documents of an instant; empty where none was
// agreed. It joins the transaction of ctx.
func (s *Service) TaxNumbers(ctx context.Context, partnership string, at time.Time) (supplier, reseller string, err error) {
	o, err := s.orders(ctx, partnership, at)
	return o.SupplierTax, o.ResellerTax, err
}

// TaxedBy says how tax of a document of an instant is rounded, a word of Roundings, empty
// where nothing was agreed, and whether the reseller owes it. It joins the transaction of
// ctx.
func (s *Service) TaxedBy(ctx context.Context, partnership string, at time.Time) (rounding string, reverse bool, err error) {
	o, err := s.orders(ctx, partnership, at)
	return o.TaxRounding, o.TaxReverse, err
}

// FixesAnswerTime says whether the agreement that holds speaks of how soon an order is
// answered. It joins the transaction of ctx.
func (s *Service) FixesAnswerTime(ctx context.Context, partnership string) (bool, error) {
	o, err := s.orders(ctx, partnership, db.Now(ctx))
	return o.AnswerHours > 0, err
}

// terms are what the gateway needs of a side.
func (s Side) terms() gateway.SideTerms {
	out := gateway.SideTerms{Groups: s.Groups, Network: s.Network, Folder: s.Transport == "folder"}
	if q, id, ok := strings.Cut(s.X12, ":"); ok {
		out.X12 = gateway.Identity{Qualifier: q, Value: id}
	}
	id, q, _ := strings.Cut(s.EDIFACT, ":")
	out.EDIFACT = gateway.Identity{Qualifier: q, Value: id}
	for _, d := range s.Delegates {
		out.Delegates = append(out.Delegates, gateway.TermsDelegate{Org: d.Org, Sets: d.Sets})
	}
	return out
}

// chars are the agreed delimiters, the standard's for those that were not; zero where
// none was. They were checked before.
func (w Writing) chars() x12.Delimiters {
	if w.Element+w.Component+w.Repetition+w.Segment == "" {
		return x12.Delimiters{}
	}
	d := x12.DefaultDelimiters("00501")
	for to, c := range map[*byte]string{&d.Element: w.Element, &d.Component: w.Component, &d.Repetition: w.Repetition, &d.Terminator: w.Segment} {
		if c != "" {
			*to = c[0]
		}
	}
	return d
}
