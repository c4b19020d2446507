package lead

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
)

// Candidate is a partner that a lead could be offered to, as its owner sees it.
type Candidate struct {
	Partnership string
	Reseller    string
	Fit         int // 0 to 1000
	Factors     []Factor
	Out         string // why it is not chosen by rule: territory, families, certified, room, had; empty: it may be
}

// weights of the factors, in tenths of the fit.
var weights = map[string]int{FactorTerritory: 3, FactorFamilies: 3, FactorSpeed: 2, FactorRoom: 2}

// record is how a partner answered in the last half year.
type record struct {
	answered, accepted, expired int
	median                      time.Duration
	last                        time.Time
	since                       int // offers to others after its last one; all of them where it had none
}

// newcomer is the number of answered offers below which a partner has the fairness
// floor: it is taken for as quick as half of the mark, and of floorEvery offers by rule
// one goes to a partner that is new, where one may have the lead and fits it at least half.
const (
	newcomer   = 5
	floorEvery = 5
	floorFit   = 500
)

func (r record) isNew() bool { return r.answered+r.expired < newcomer }

// speed scores a record: within an hour 1000, after three days 0; expired offers count
// as three days.
func (r record) speed() (int, bool) {
	if r.isNew() {
		return 500, false
	}
	const worst = 72 * time.Hour
	m := min(max(r.median, time.Hour), worst)
	score := int(1000 * (worst - m) / (worst - time.Hour))
	return score * r.answered / (r.answered + r.expired), true
}

// terrain is what routing needs of a company's partners, read once.
type terrain struct {
	rules    []Rule
	partners map[string]string // partnership → reseller
	profiles map[string]Profile
	open     map[string]int
	records  map[string]record
	sent     int // offers that the records are made from
	day      string
}

func survey(ctx context.Context, org string) (terrain, error) {
	var t terrain
	var err error
	if t.rules, err = rulesOf(ctx, org); err != nil {
		return t, err
	}
	if t.partners, err = activeResellers(ctx, org); err != nil {
		return t, err
	}
	if t.profiles, err = profilesOf(ctx, org); err != nil {
		return t, err
	}
	gone, err := endedWith(ctx, org)
	if err != nil {
		return t, err
	}
	for _, id := range gone { // what one held that is no partner any more asks nothing of the others
		delete(t.profiles, id)
	}
	if t.open, err = openOffers(ctx, org); err != nil {
		return t, err
	}
	if t.day, err = today(ctx, org); err != nil {
		return t, err
	}
	t.records, t.sent, err = recordsOf(ctx, org, db.Now(ctx).AddDate(0, -6, 0))
	return t, err
}

// ruleFor is the first active rule that matches.
func (t terrain) ruleFor(l Lead, c customer.Customer) *Rule {
	for i := range t.rules {
		r := &t.rules[i]
		if !r.Active || len(r.Countries) > 0 && !slices.Contains(r.Countries, c.Country) || len(r.Postcodes) > 0 && longest(r.Postcodes, c.Postcode) == "" {
			continue
		}
		if len(r.Families) > 0 && !slices.ContainsFunc(l.Families, func(f string) bool { return slices.Contains(r.Families, f) }) {
			continue
		}
		if r.Least.Currency != "" && (l.Value.Currency != r.Least.Currency || l.Value.Minor < r.Least.Minor) {
			continue
		}
		return r
	}
	return nil
}

// longest is the longest of the beginnings that a postcode has.
func longest(begins []string, postcode string) string {
	p := strings.ToUpper(strings.ReplaceAll(postcode, " ", ""))
	out := ""
	for _, b := range begins {
		if b != "" && strings.HasPrefix(p, b) && len(b) > len(out) {
			out = b
		}
	}
	return out
}

// rank weighs every partner for a lead: those that may be chosen first, the best first,
// equal ones by who was offered something longest ago.
func (t terrain) rank(l Lead, c customer.Customer, r *Rule, had map[string]bool) []Candidate {
	var out []Candidate
	for id, reseller := range t.partners {
		if r != nil && len(r.Partners) > 0 && !slices.Contains(r.Partners, id) {
			continue
		}
		p, ok := t.profiles[id]
		if !ok {
			p.Most = DefaultMost
		}
		x := Candidate{Partnership: id, Reseller: reseller}
		add := func(f Factor) { x.Factors, x.Fit = append(x.Factors, f), x.Fit+f.Score*weights[f.Kind]/10 }

		territory := Factor{Kind: FactorTerritory, Score: 1000, Text: strings.Join(append(slices.Clone(p.Countries), p.Postcodes...), ", ")}
		if len(p.Countries) > 0 && !slices.Contains(p.Countries, c.Country) || len(p.Postcodes) > 0 && longest(p.Postcodes, c.Postcode) == "" {
			territory.Score, x.Out = 0, FactorTerritory
		}
		add(territory)

		families := Factor{Kind: FactorFamilies, Score: 1000, Text: strings.Join(p.Families, ", ")}
		if len(p.Families) > 0 && len(l.Families) > 0 {
			n := 0
			for _, f := range l.Families {
				if slices.Contains(p.Families, f) {
					n++
				}
			}
			if families.Score = 1000 * n / len(l.Families); n == 0 {
				x.Out = cmp.Or(x.Out, FactorFamilies)
			}
		}
		add(families)

		if need := t.certified(l.Families); len(need) > 0 {
			f := Factor{Kind: FactorCertified, Score: 1000}
			var have []string
			for _, family := range need {
				if slices.ContainsFunc(p.Certificates, func(c Certificate) bool { return strings.EqualFold(c.Family, family) && c.Holds(t.day) }) {
					have = append(have, family)
				} else {
					f.Score, x.Out = 0, cmp.Or(x.Out, FactorCertified)
				}
			}
			f.Text = strings.Join(have, ", ")
			add(f)
		}

		rec := t.records[id]
		speed, known := rec.speed()
		f := Factor{Kind: FactorSpeed, Score: speed}
		if known {
			f.N = int(rec.median / time.Minute)
		}
		add(f)

		room := Factor{Kind: FactorRoom, N: t.open[id], Of: p.Most}
		if p.Most > t.open[id] {
			room.Score = 1000 * (p.Most - t.open[id]) / p.Most
		} else {
			x.Out = cmp.Or(x.Out, FactorRoom)
		}
		add(room)
		if had[reseller] {
			x.Out = "had"
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		switch {
		case (a.Out == "") != (b.Out == ""):
			if a.Out == "" {
				return -1
			}
			return 1
		case a.Fit != b.Fit:
			return b.Fit - a.Fit
		}
		if c := t.records[a.Partnership].last.Compare(t.records[b.Partnership].last); c != 0 {
			return c
		}
		return strings.Compare(a.Partnership, b.Partnership)
	})
	if r != nil {
		t.turn(out)
	}
	return out
}

// turn puts a new partner first when the others had theirs: the one that waited longest.
func (t terrain) turn(list []Candidate) {
	for id := range t.partners { // one of them had its share just now
		if t.records[id].isNew() && t.waited(id) < floorEvery-1 {
			return
		}
	}
	at := -1
	for i, x := range list {
		if x.Out != "" || !t.records[x.Partnership].isNew() || x.Fit < floorFit {
			continue
		}
		if at < 0 || t.waited(x.Partnership) > t.waited(list[at].Partnership) {
			at = i
		}
	}
	if at <= 0 {
		return
	}
	x := list[at]
	x.Factors = append(x.Factors, Factor{Kind: FactorTurn, Score: 1000})
	copy(list[1:at+1], list[:at])
	list[0] = x
}

// waited counts the offers to others since the last one to a partner.
func (t terrain) waited(partnership string) int {
	if rec, ok := t.records[partnership]; ok {
		return rec.since
	}
	return t.sent
}

// gave counts an offer for the next lead of the same run.
func (t *terrain) gave(partnership string, now time.Time) {
	t.open[partnership]++
	t.sent++
	for id, rec := range t.records {
		rec.since++
		t.records[id] = rec
	}
	rec := t.records[partnership]
	rec.last, rec.since = now, 0
	t.records[partnership] = rec
}

// Candidates weighs the partners for a lead, for its owner to choose from.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Candidates(ctx context.Context, actor access.Actor, id ID) ([]Candidate, error) {
	if err := access.Check(actor, access.LeadOffer, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Candidate
	err := s.view(ctx, actor, func(ctx context.Context) error {
		l, err := load(ctx, actor, access.LeadOffer, id)
		if err != nil {
			return err
		}
		c, _, err := s.customerOf(ctx, s.owner(l, actor), l.Draft)
		if err != nil {
			return err
		}
		t, err := survey(ctx, actor.Org)
		if err != nil {
			return err
		}
		had, err := offeredTo(ctx, actor.Org, id)
		out = t.rank(l, c.Customer, nil, had)
		return err
	})
	return out, err
}

// RouteResult is what routing made of one lead: the offer, or why there is none.
type RouteResult struct {
	Lead  ID
	Offer OfferID
	Why   string // no_rule, nobody, consent, not_free
}

// Route offers leads of the actor's company by its rules, each in a transaction of its
// own. Those that match no rule stay as they are; those that nobody may have wait for a
// person.
// Codes: Unauthenticated, NotFound (one of them), Forbidden, TooLarge (over 5000).
// Publishes EventOffered, EventUnplaced.
func (s *Service) Route(ctx context.Context, actor access.Actor, ids ...ID) ([]RouteResult, error) {
	if err := access.Check(actor, access.LeadOffer, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	if len(ids) > 5000 {
		return nil, fault.New(fault.TooLarge, "form.too_many")
	}
	var t terrain
	if err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		t, err = survey(ctx, actor.Org)
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]RouteResult, 0, len(ids))
	for _, id := range ids {
		r := RouteResult{Lead: id}
		var to *sending
		err := s.change(ctx, actor, func(ctx context.Context) error {
			l, err := load(ctx, actor, access.LeadOffer, id)
			if err != nil {
				return err
			}
			r.Offer, r.Why, to = "", "", nil
			if l.State != New && l.State != Unplaced {
				r.Why = "not_free"
				return nil
			}
			o, sent, why, err := s.place(ctx, actor, &l, t)
			r.Offer, r.Why, to = o.ID, why, sent
			return err
		})
		if err != nil {
			return out, err
		}
		if to != nil { // count it for the next one
			t.gave(to.partnership, db.Now(ctx))
		}
		out = append(out, r)
	}
	return out, nil
}

// place offers a lead by rule, or says why not; a lead that a rule wants and nobody may
// have is unplaced.
func (s *Service) place(ctx context.Context, actor access.Actor, l *Lead, t terrain) (Offer, *sending, string, error) {
	c, contact, err := s.customerOf(ctx, s.owner(*l, actor), l.Draft)
	if err != nil {
		return Offer{}, nil, "", err
	}
	had, err := offeredTo(ctx, l.Org, l.ID)
	if err != nil {
		return Offer{}, nil, "", err
	}
	to, why := t.choose(*l, c, contact, had)
	switch {
	case why == "nobody" && l.State != Unplaced:
		return Offer{}, nil, why, s.free(ctx, l, Unplaced)
	case why != "":
		return Offer{}, nil, why, nil
	}
	o, err := s.send(ctx, actor, l, c, contact, to)
	return o, &to, "", err
}

// choose says who would be offered a lead by rule, or why nobody: consent, no_rule, nobody.
func (t terrain) choose(l Lead, c customer.Detail, contact *customer.Contact, had map[string]bool) (sending, string) {
	if contact != nil && !contact.Consent.Share {
		return sending{}, "consent"
	}
	r := t.ruleFor(l, c.Customer)
	if r == nil {
		return sending{}, "no_rule"
	}
	best := t.rank(l, c.Customer, r, had)
	if len(best) == 0 || best[0].Out != "" || l.Round >= r.Rounds {
		return sending{}, "nobody"
	}
	return sending{partnership: best[0].Partnership, reseller: best[0].Reseller, accept: r.Accept, convert: r.Convert, rule: r.Name, ruleID: r.ID, fit: best[0].Fit, factors: best[0].Factors}, ""
}

// again offers a lead to the next partner after one declined it or let it lapse: by
// rule where a rule chose, else a person decides.
func (s *Service) again(ctx context.Context, l *Lead, was Offer) error {
	l.State, l.Holder, l.Offer = New, "", ""
	if was.Rule == "" {
		return s.free(ctx, l, Unplaced)
	}
	t, err := survey(ctx, l.Org)
	if err != nil {
		return err
	}
	_, to, why, err := s.place(ctx, access.System("leads", l.Org), l, t)
	if err != nil || to != nil || why == "nobody" {
		return err
	}
	return s.free(ctx, l, Unplaced) // the rule is gone, or the consent
}
