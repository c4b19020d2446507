package campaign

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/landing"
	"entente/prm/promo"
)

// PerMinute is how many mails of a company's campaigns are handed to the outbox in a minute.
const PerMinute = 60

// Limits of what is written.
const (
	mostSubject = 150
	mostBody    = 8000
	mostPause   = 90
	mostAhead   = 180 * 24 * time.Hour
)

// People knows who is who. account.Directory implements it.
type People interface {
	PersonsByID(ctx context.Context, ids ...string) (map[string]account.Person, error)
}

// Service keeps campaigns. Every method checks the actor first.
type Service struct {
	db        *db.DB
	promos    *promo.Service
	pages     *landing.Service
	customers *customer.Service
	people    People
	out       Outbox
	asks      Asks // nil: nobody is asked to confirm an address
	rate      int
}

// New makes the service. Bind ties the outbox.
func New(d *db.DB, promos *promo.Service, pages *landing.Service, customers *customer.Service, people People) *Service {
	return &Service{db: d, promos: promos, pages: pages, customers: customers, people: people, rate: PerMinute}
}

// Bind ties the outbox, once while wiring.
func (s *Service) Bind(o Outbox) { s.out = o }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func changed(version int64) error {
	return fault.New(fault.Conflict, "campaign.changed", "Version", version)
}

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action string, id ID) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: "campaign", SubjectID: string(id), Outcome: audit.Done})
}

// load reads a campaign of the actor's company.
func load(ctx context.Context, a access.Actor, act access.Action, id ID) (Campaign, error) {
	c, ok, err := byID(ctx, a.Org, id)
	if err != nil {
		return c, err
	}
	if !ok {
		return c, notFound()
	}
	return c, access.Check(a, act, c.Resource())
}

// standing reads what is agreed of a promotion for its owner, or a company that buys under it.
func (s *Service) standing(ctx context.Context, actor access.Actor, id promo.ID) (promo.Standing, error) {
	st, err := s.promos.Standing(ctx, actor, id)
	if err != nil {
		return st, err
	}
	if part, in := st.Terms.Part(actor.Org); st.Owner != actor.Org && (!in || part.Role != promo.Participant) {
		return st, notFound()
	}
	return st, nil
}

// over says that a promotion has nothing to tell any more.
func over(st promo.Standing, now time.Time) bool {
	return st.State != promo.Agreed && st.State != promo.Running || !now.Before(st.Until)
}

// pagesFor are the published pages that a campaign of the actor's company may lead to.
func (s *Service) pagesFor(ctx context.Context, actor access.Actor, st promo.Standing) ([]landing.Page, error) {
	if st.Owner == actor.Org {
		return s.pages.Pages(ctx, actor, st.ID)
	}
	own, err := s.pages.Own(ctx, actor, st.ID)
	if err != nil || !own.Live {
		return nil, err
	}
	return []landing.Page{own.Page}, nil
}

func (s *Service) page(ctx context.Context, actor access.Actor, st promo.Standing, org string) (landing.Page, bool, error) {
	all, err := s.pagesFor(ctx, actor, st)
	i := slices.IndexFunc(all, func(p landing.Page) bool { return p.Org == org })
	if err != nil || i < 0 {
		return landing.Page{}, false, err
	}
	return all[i], true, nil
}

var braced = regexp.MustCompile(`\{[^{}\n]{1,40}\}`)

// clean makes content normal and says by field what is wrong with it. owner says that it is
// the promotion's own: then it sets no condition on the price at which partners sell.
func clean(c *Content, owner bool) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if c.Name = strings.TrimSpace(c.Name); c.Name == "" {
		bad.With("name", "form.missing")
	}
	if len(c.Name) > 120 {
		bad.With("name", "form.too_long", "Most", 120)
	}
	if !identity.Readable(c.Name, false) {
		bad.With("name", "form.text_wrong")
	}
	if c.Pause < 0 || c.Pause > mostPause {
		bad.With("pause", "form.out_of_range")
	}
	sg := &c.Segment
	for name, list := range map[string]*[]string{"countries": &sg.Countries, "industries": &sg.Industries, "bought": &sg.Bought} {
		slices.Sort(*list)
		*list = slices.DeleteFunc(slices.Compact(*list), func(x string) bool { return strings.TrimSpace(x) == "" })
		if len(*list) > 60 || slices.ContainsFunc(*list, func(x string) bool { return len(x) > 100 || !identity.Readable(x, false) }) {
			bad.With(name, "form.choice_wrong")
		}
	}
	if sg.NotSince < 0 || sg.NotSince > 3650 {
		bad.With("not_since", "form.out_of_range")
	}
	if sg.Lead != "" && !slices.Contains(LeadStates, sg.Lead) {
		bad.With("lead", "form.choice_wrong")
	}
	var texts []Text
	for _, t := range c.Texts {
		if !slices.Contains(Languages, t.Language) || slices.ContainsFunc(texts, func(x Text) bool { return x.Language == t.Language }) {
			bad.With("texts", "form.choice_wrong")
			continue
		}
		t.Subject, t.Body = strings.TrimSpace(t.Subject), strings.TrimSpace(strings.ReplaceAll(t.Body, "\r\n", "\n"))
		for _, f := range []struct {
			name, v string
			most    int
			lines   bool
		}{{"subject", t.Subject, mostSubject, false}, {"body", t.Body, mostBody, true}} {
			name := t.Language + "." + f.name
			if f.v == "" {
				bad.With(name, "form.missing")
			}
			if len(f.v) > f.most {
				bad.With(name, "form.too_long", "Most", f.most)
			}
			if !identity.Readable(f.v, f.lines) {
				bad.With(name, "form.text_wrong")
			}
			for _, w := range braced.FindAllString(f.v, -1) {
				if !slices.Contains(Words, w) {
					bad.With(name, "campaign.word_unknown", "Word", w, "Words", strings.Join(Words, " "))
				}
			}
			if w := promo.Conditions(f.v); owner && w != "" {
				bad.With(name, "promo.resale_price", "Words", w)
			}
		}
		texts = append(texts, t)
	}
	slices.SortFunc(texts, func(a, b Text) int {
		return slices.Index(Languages, a.Language) - slices.Index(Languages, b.Language)
	})
	if c.Texts = texts; len(texts) == 0 {
		bad.With("texts", "campaign.no_language")
	}
	return bad.OrNil()
}

// Choices are what a segment of the actor's company can be made of, and the pages that a
// campaign about a promotion may lead to.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (nothing is agreed yet).
func (s *Service) Choices(ctx context.Context, actor access.Actor, id promo.ID) (Choices, error) {
	var out Choices
	if err := access.Check(actor, access.CampaignRead, access.Own(actor.Org)); err != nil {
		return out, err
	}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		st, err := s.standing(ctx, actor, id)
		if err != nil {
			return err
		}
		if out, err = choices(ctx, actor.Org); err != nil {
			return err
		}
		out.Pages, err = s.pagesFor(ctx, actor, st)
		return err
	})
	return out, err
}

// Create keeps the draft of a campaign about an agreed promotion.
// Codes: Unauthenticated, NotFound (also for who neither owns it nor buys under it),
// Forbidden, Invalid, Conflict (nothing is agreed, it is over, there is no page).
func (s *Service) Create(ctx context.Context, actor access.Actor, id promo.ID, in Content) (Campaign, error) {
	return s.write(ctx, actor, "", id, 0, in)
}

// Save changes a draft over the version that was seen.
// Codes: as Create, and Conflict (changed meanwhile, or it was started).
func (s *Service) Save(ctx context.Context, actor access.Actor, id ID, version int64, in Content) (Campaign, error) {
	return s.write(ctx, actor, id, "", version, in)
}

func (s *Service) write(ctx context.Context, actor access.Actor, id ID, of promo.ID, version int64, in Content) (Campaign, error) {
	if err := access.Check(actor, access.CampaignWrite, access.Own(actor.Org)); err != nil {
		return Campaign{}, err
	}
	var out Campaign
	err := s.change(ctx, actor, func(ctx context.Context) error {
		now := db.Now(ctx)
		c := Campaign{ID: ID(db.NewID()), Org: actor.Org, Promotion: of, State: Draft, Made: now, MadeBy: actor.Person}
		if id != "" {
			var err error
			if c, err = load(ctx, actor, access.CampaignWrite, id); err != nil {
				return err
			}
			if c.Version != version {
				return changed(c.Version)
			}
			if c.State != Draft {
				return fault.New(fault.Conflict, "campaign.started")
			}
		}
		st, err := s.standing(ctx, actor, c.Promotion)
		if err != nil {
			return err
		}
		if over(st, now) {
			return fault.New(fault.Conflict, "campaign.over")
		}
		next := in
		next.Segment.Countries, next.Segment.Industries, next.Segment.Bought = slices.Clone(in.Segment.Countries), slices.Clone(in.Segment.Industries), slices.Clone(in.Segment.Bought)
		if err := clean(&next, st.Owner == actor.Org); err != nil {
			return err
		}
		pages, err := s.pagesFor(ctx, actor, st)
		if err != nil {
			return err
		}
		if len(pages) == 0 {
			return fault.New(fault.Conflict, "campaign.no_page")
		}
		if next.PageOrg == "" {
			next.PageOrg = pages[0].Org
		}
		if !slices.ContainsFunc(pages, func(p landing.Page) bool { return p.Org == next.PageOrg }) {
			return fault.InvalidField("page", "form.choice_wrong")
		}
		c.Content, c.Changed, c.Version = next, now, c.Version+1
		if id == "" {
			err = insert(ctx, c)
		} else {
			var ok bool
			if ok, err = update(ctx, c); err == nil && !ok {
				err = changed(version)
			}
		}
		if err != nil {
			return err
		}
		out = c
		return note(ctx, actor, "campaign.save", c.ID)
	})
	return out, err
}

// Drop deletes a draft. Codes: Unauthenticated, NotFound, Forbidden, Conflict (changed
// meanwhile, or it was started).
func (s *Service) Drop(ctx context.Context, actor access.Actor, id ID, version int64) error {
	if err := access.Check(actor, access.CampaignWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CampaignWrite, id)
		if err != nil {
			return err
		}
		if c.State != Draft {
			return fault.New(fault.Conflict, "campaign.started")
		}
		ok, err := remove(ctx, actor.Org, id, version)
		if err == nil && !ok {
			err = changed(c.Version)
		}
		if err != nil {
			return err
		}
		return note(ctx, actor, "campaign.drop", id)
	})
}

// Get returns a campaign with what became of it.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Shown, error) {
	var out Shown
	if err := access.Check(actor, access.CampaignRead, access.Own(actor.Org)); err != nil {
		return out, err
	}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CampaignRead, id)
		if err != nil {
			return err
		}
		all, err := s.shown(ctx, actor, c.Promotion, c)
		if err == nil {
			out = all[0]
		}
		return err
	})
	return out, err
}

// List returns the campaigns of the actor's company about a promotion, the newest first,
// with what became of each.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (cursor), Conflict (nothing is agreed).
func (s *Service) List(ctx context.Context, actor access.Actor, id promo.ID, after string, limit int) ([]Shown, string, error) {
	if err := access.Check(actor, access.CampaignRead, access.Own(actor.Org)); err != nil {
		return nil, "", err
	}
	if limit <= 0 || limit > 200 {
		limit = 50
	}
	var out []Shown
	next := ""
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.standing(ctx, actor, id); err != nil {
			return err
		}
		all, more, ok, err := list(ctx, actor.Org, id, after, limit)
		if err != nil {
			return err
		}
		if !ok {
			return fault.InvalidField("after", "form.cursor")
		}
		next = more
		out, err = s.shown(ctx, actor, id, all...)
		return err
	})
	return out, next, err
}

// shown adds what became of campaigns about one promotion. Who takes part no more keeps its
// campaigns and their mails, without what came by the page.
func (s *Service) shown(ctx context.Context, actor access.Actor, id promo.ID, all ...Campaign) ([]Shown, error) {
	ids := make([]ID, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	sums, err := tallies(ctx, ids...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	steps, err := s.pages.Funnel(ctx, actor, id)
	if c := fault.CodeOf(err); err != nil && c != fault.NotFound && c != fault.Conflict {
		return nil, err
	}
	out := make([]Shown, len(all))
	for i, c := range all {
		out[i] = Shown{Campaign: c, Tally: sums[c.ID]}
		for _, st := range steps {
			if c.Ref != "" && st.Org == c.PageOrg && st.Ref == c.Ref {
				out[i].Funnel = st
			}
		}
	}
	return out, nil
}

// Start sends a draft over the version that was seen: at once, or at an hour to come.
// Answers go to whom starts it. The campaign gets a referral code of the page.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (the hour), Conflict (changed
// meanwhile, started, over, no page, nobody would get it).
func (s *Service) Start(ctx context.Context, actor access.Actor, id ID, version int64, at time.Time) (Campaign, error) {
	if err := access.Check(actor, access.CampaignWrite, access.Own(actor.Org)); err != nil {
		return Campaign{}, err
	}
	var out Campaign
	err := s.change(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CampaignWrite, id)
		if err != nil {
			return err
		}
		if c.Version != version {
			return changed(c.Version)
		}
		if c.State != Draft {
			return fault.New(fault.Conflict, "campaign.started")
		}
		st, err := s.standing(ctx, actor, c.Promotion)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		if over(st, now) {
			return fault.New(fault.Conflict, "campaign.over")
		}
		if at.IsZero() {
			at = now
		}
		if at.Before(now.Add(-time.Minute)) || at.After(now.Add(mostAhead)) || !at.Before(st.Until) {
			return fault.InvalidField("at", "campaign.hour_wrong")
		}
		if _, ok, err := s.page(ctx, actor, st, c.PageOrg); err != nil || !ok {
			if err == nil {
				err = fault.New(fault.Conflict, "campaign.no_page")
			}
			return err
		}
		people, err := s.people.PersonsByID(ctx, actor.Person)
		if err != nil {
			return err
		}
		if c.Ref == "" {
			c.Ref = landing.MailCode + rand.Text()[:8]
			if err := s.pages.Refer(ctx, actor, c.Promotion, c.PageOrg, c.Ref, c.Name); err != nil {
				return err
			}
		}
		c.State, c.Starts, c.ReplyTo, c.Changed, c.Version = Scheduled, at, people[actor.Person].Email, now, c.Version+1
		ok, err := update(ctx, c)
		if err != nil {
			return err
		}
		if !ok {
			return changed(version)
		}
		out = c
		return note(ctx, actor, "campaign.start", id)
	})
	return out, err
}

// Stop ends a campaign: before its hour it is a draft again, under way nobody else gets a
// mail. Mails in the outbox are sent. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Stop(ctx context.Context, actor access.Actor, id ID) (Campaign, error) {
	if err := access.Check(actor, access.CampaignWrite, access.Own(actor.Org)); err != nil {
		return Campaign{}, err
	}
	var out Campaign
	err := s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := load(ctx, actor, access.CampaignWrite, id); err != nil {
			return err
		}
		moved, err := halt(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if moved {
			if err := note(ctx, actor, "campaign.stop", id); err != nil {
				return err
			}
		}
		out, err = load(ctx, actor, access.CampaignWrite, id)
		return err
	})
	return out, err
}
