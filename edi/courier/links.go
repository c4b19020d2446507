package courier

import (
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Link is how the companies of one partnership reach each other, for pages that show many.
type Link struct {
	Pair
	Terms        []AgreedTerms      // the supplier's first
	Stations     map[string]Station // by company id
	Certificates map[string][]Certificate
}

// Links gives what Terms and Station give, of many partnerships in as many statements as of
// one; a partnership that the actor may not see has no entry. Retired certificates are those
// of the actor's own company alone, and of a closed pair nothing of the other company is told.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Links(ctx context.Context, actor access.Actor, partnerships ...string) (map[string]Link, error) {
	for _, do := range []access.Action{access.LinkRead, access.StationRead} {
		if _, err := access.List(actor, do); err != nil {
			return nil, err
		}
	}
	pairs, err := s.Names.SidesOf(ctx, actor, partnerships)
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	orgs, ids := []string{actor.Org}, make([]string, 0, len(pairs))
	for id, p := range pairs {
		shared := access.Shared(p.Supplier, p.Reseller)
		for _, do := range []access.Action{access.LinkRead, access.StationRead} {
			if err := access.Check(actor, do, shared); err != nil {
				return nil, err
			}
		}
		ids, orgs = append(ids, id), append(orgs, p.Supplier, p.Reseller)
	}
	slices.Sort(ids)
	slices.Sort(orgs)
	orgs = slices.Compact(orgs)
	out := make(map[string]Link, len(pairs))
	err = s.DB.View(db.WithOrgs(ctx, orgs...), func(ctx context.Context) error {
		stations, err := stationsOf(ctx, orgs)
		if err != nil {
			return err
		}
		rows, err := certificatesOfAll(ctx, actor.Org, orgs)
		if err != nil {
			return err
		}
		said, err := confirmationsIn(ctx, orgs, ids)
		if err != nil {
			return err
		}
		agreed, err := termsIn(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			l := Link{Pair: pairs[id], Stations: map[string]Station{}, Certificates: map[string][]Certificate{}}
			for _, org := range []string{l.Supplier, l.Reseller} {
				t, err := agreedOf(agreed[id], id, org)
				if err != nil {
					return err
				}
				l.Terms = append(l.Terms, t)
				if l.Closed && org != actor.Org {
					l.Stations[org] = Station{Org: org}
					continue
				}
				st := stations[org]
				if org != actor.Org {
					st.User = "" // theirs to know
				}
				l.Stations[org] = st
				for _, r := range rows[org] {
					l.Certificates[org] = append(l.Certificates[org], said[[2]string{id, org}].on(r.certificate()))
				}
			}
			out[id] = l
		}
		return nil
	})
	return out, err
}

// CertificateFilter chooses certificates for Certificates.
type CertificateFilter struct {
	// Query is a part of the subject, the serial number, the fingerprint (with colons or
	// without) or the name of the company.
	Query  string
	Before time.Time // of those that end before it; zero: all
	After  string    // cursor
	Limit  int       // to 200; 0 is 50
}

// CertificatePage names certificates in use; Links has them as each partnership sees them.
type CertificatePage struct {
	Items []CertificateRef
	Next  string
	// Ending counts those in use that end before the instant asked about.
	Ending int
}

// CertificateRef names the certificate of a company.
type CertificateRef struct{ Org, ID string }

// Certificates gives those in use of the actor's company and of the companies whose
// partnership with it is open, the one that ends first at the top; ending is the
// instant up to which CertificatePage.Ending counts.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (the cursor).
func (s *Service) Certificates(ctx context.Context, actor access.Actor, f CertificateFilter, ending time.Time) (CertificatePage, error) {
	scope, err := access.List(actor, access.StationRead)
	if err != nil {
		return CertificatePage{}, err
	}
	if scope.Org() == "" {
		return CertificatePage{}, notFound()
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var page CertificatePage
	err = s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		page = CertificatePage{}
		rows, err := certificatesAround(ctx, scope, f)
		if err != nil {
			return err
		}
		if len(rows) > f.Limit {
			rows = rows[:f.Limit]
			last := rows[f.Limit-1]
			page.Next = db.Cursor(last.NotAfter, last.ID)
		}
		for _, r := range rows {
			page.Items = append(page.Items, CertificateRef{r.OrgID, r.ID})
		}
		page.Ending, err = endingAround(ctx, scope, ending)
		return err
	})
	return page, err
}

func badCursor() error { return fault.InvalidField("after", "form.cursor_wrong") }
