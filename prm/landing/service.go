package landing

import (
	"context"
	"crypto/rand"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/lead"
	"entente/prm/promo"
)

// Service keeps landing pages. Every method checks the actor first; the public ones
// answer only for a published page.
type Service struct {
	db     *db.DB
	promos *promo.Service
	leads  *lead.Service
	jobs   Publisher
	mails  Mailing // nil: nobody writes to those who ask
}

// New makes the service. jobs may be nil: nobody is told.
func New(d *db.DB, promos *promo.Service, leads *lead.Service, jobs Publisher) *Service {
	return &Service{db: d, promos: promos, leads: leads, jobs: jobs}
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action, kind, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: kind, SubjectID: id, Outcome: audit.Done})
}

func changed(version int64) error {
	return fault.New(fault.Conflict, "promo.changed", "Version", version)
}

// standing reads what is agreed and checks an action on it.
func (s *Service) standing(ctx context.Context, actor access.Actor, act access.Action, id promo.ID) (promo.Standing, error) {
	if _, err := access.List(actor, access.PromoRead); err != nil {
		return promo.Standing{}, err
	}
	st, err := s.promos.Standing(ctx, actor, id)
	if err != nil {
		return st, err
	}
	r := access.Resource{Owner: st.Owner}
	for _, x := range st.Seats {
		r.Members = append(r.Members, x.Org)
	}
	return st, access.Check(actor, act, r)
}

// participant reads what is agreed for the company of the actor, which buys under it.
func (s *Service) participant(ctx context.Context, actor access.Actor, act access.Action, id promo.ID) (promo.Standing, error) {
	st, err := s.standing(ctx, actor, act, id)
	if err != nil {
		return st, err
	}
	if part, in := st.Terms.Part(actor.Org); !in || st.Owner == actor.Org || part.Role != promo.Participant {
		return st, notFound()
	}
	return st, nil
}

// checkTexts makes texts normal and says by field what is wrong with them:
// "en.title", "zh-CN.consent" and so on. Without consent there is none to be said.
func checkTexts(bad *fault.Error, texts []Text, consent bool) []Text {
	var out []Text
	for _, t := range texts {
		if !slices.Contains(Languages, t.Language) || slices.ContainsFunc(out, func(x Text) bool { return x.Language == t.Language }) {
			bad.With("texts", "form.choice_wrong")
			continue
		}
		if !consent {
			t.Consent = ""
		}
		for _, f := range []struct {
			name string
			v    *string
			most int
			must bool
		}{{"title", &t.Title, 120, true}, {"body", &t.Body, 3000, false}, {"consent", &t.Consent, 1500, consent}} {
			*f.v = strings.TrimSpace(*f.v)
			name := t.Language + "." + f.name
			if len(*f.v) > f.most {
				bad.With(name, "form.too_long", "Most", f.most)
			}
			if f.must && *f.v == "" {
				bad.With(name, "form.missing")
			}
			if !identity.Readable(*f.v, f.name != "title") {
				bad.With(name, "form.text_wrong")
			}
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Text) int {
		return slices.Index(Languages, a.Language) - slices.Index(Languages, b.Language)
	})
	return out
}

// Proposal returns what the owner of a promotion proposes to say on its pages.
// Codes: Unauthenticated, NotFound, Conflict (nothing is agreed yet).
func (s *Service) Proposal(ctx context.Context, actor access.Actor, id promo.ID) (Proposal, error) {
	var out Proposal
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.standing(ctx, actor, access.PromoRead, id); err != nil {
			return err
		}
		var err error
		out, err = proposalOf(ctx, id)
		return err
	})
	return out, err
}

// Propose writes what the owner proposes, over the version that was seen (0: none yet).
// Pages that are written already keep their words. What is proposed sets no condition on
// the price at which a partner sells.
// Codes: NotFound, Forbidden, Invalid, Conflict (nothing is agreed, or changed meanwhile).
func (s *Service) Propose(ctx context.Context, actor access.Actor, id promo.ID, version int64, texts []Text) (Proposal, error) {
	var out Proposal
	err := s.change(ctx, actor, func(ctx context.Context) error {
		st, err := s.standing(ctx, actor, access.PromoWrite, id)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		texts := checkTexts(bad, texts, false)
		for _, t := range texts {
			for name, v := range map[string]string{t.Language + ".title": t.Title, t.Language + ".body": t.Body} {
				if w := promo.Conditions(v); w != "" {
					bad.With(name, "promo.resale_price", "Words", w)
				}
			}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		out = Proposal{Promotion: id, Texts: texts, Changed: db.Now(ctx), ChangedBy: actor.Person, Version: version + 1}
		ok, err := saveProposal(ctx, st.Owner, out)
		if err != nil {
			return err
		}
		if !ok {
			return changed(version)
		}
		return note(ctx, actor, "landing.propose", "promotion", string(id))
	})
	return out, err
}

// Own returns the page of the actor's company with its codes.
// Codes: Unauthenticated, NotFound (also for who does not buy under the promotion),
// Conflict (nothing is agreed yet).
func (s *Service) Own(ctx context.Context, actor access.Actor, id promo.ID) (Own, error) {
	var out Own
	err := s.view(ctx, actor, func(ctx context.Context) error {
		st, err := s.participant(ctx, actor, access.PromoRead, id)
		if err != nil {
			return err
		}
		out = Own{Page: Page{Promotion: id, Owner: st.Owner, Org: actor.Org}}
		if out.Proposal, err = proposalOf(ctx, id); err != nil {
			return err
		}
		p, there, err := pageOf(ctx, id, actor.Org)
		if err != nil || !there {
			return err
		}
		out.Page = p
		out.Codes, err = codesOf(ctx, p.ID)
		return err
	})
	return out, err
}

// Pages returns the pages of a promotion for its owner, without those that were never
// published and are not.
// Codes: Unauthenticated, NotFound (also for who only takes part), Conflict.
func (s *Service) Pages(ctx context.Context, actor access.Actor, id promo.ID) ([]Page, error) {
	var out []Page
	err := s.view(ctx, actor, func(ctx context.Context) error {
		st, err := s.standing(ctx, actor, access.PromoRead, id)
		if err != nil {
			return err
		}
		if st.Owner != actor.Org {
			return notFound()
		}
		all, err := pagesOf(ctx, id)
		out = slices.DeleteFunc(all, func(p Page) bool {
			return !p.Live || !slices.ContainsFunc(st.Seats, func(x promo.Seat) bool { return x.Org == p.Org })
		})
		return err
	})
	return out, err
}

// Save writes the page of the actor's company over the version that was seen (0: none
// yet), and publishes it or takes it down. With renew it has a new address, and the old
// one leads nowhere.
// Codes: NotFound, Forbidden, Invalid, Conflict (nothing is agreed, changed meanwhile).
// Publishes EventPublished and EventWithdrawn.
func (s *Service) Save(ctx context.Context, actor access.Actor, id promo.ID, p Page, renew bool) (Page, error) {
	var out Page
	err := s.change(ctx, actor, func(ctx context.Context) error {
		st, err := s.participant(ctx, actor, access.PromoAnswer, id)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		next := p
		next.Texts = checkTexts(bad, p.Texts, true)
		if len(next.Texts) == 0 {
			bad.With("texts", "landing.no_language")
		}
		next.Privacy, next.Imprint = strings.TrimSpace(p.Privacy), strings.TrimSpace(p.Imprint)
		if u, err := url.Parse(next.Privacy); next.Privacy != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(next.Privacy) > 300 || !identity.Readable(next.Privacy, false)) {
			bad.With("privacy", "landing.https")
		}
		if next.Colour == "" {
			next.Colour = Colours[0]
		}
		if !slices.Contains(Colours, next.Colour) {
			bad.With("colour", "form.choice_wrong")
		}
		if len(next.Imprint) > 600 {
			bad.With("imprint", "form.too_long", "Most", 600)
		}
		if !identity.Readable(next.Imprint, true) {
			bad.With("imprint", "form.text_wrong")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		was, there, err := pageOf(ctx, id, actor.Org)
		if err != nil {
			return err
		}
		if was.Version != p.Version {
			return changed(was.Version)
		}
		now := db.Now(ctx)
		next.ID, next.Promotion, next.Owner, next.Org, next.Token, next.secret = was.ID, id, st.Owner, actor.Org, was.Token, was.secret
		next.Published, next.Changed, next.ChangedBy, next.Version = was.Published, now, actor.Person, was.Version+1
		if !there {
			next.ID = db.NewID()
		}
		if !there || renew {
			next.Token, next.secret = strings.ToLower(rand.Text())[:20], rand.Text()
		}
		if next.Live && next.Published.IsZero() {
			next.Published = now
		}
		ok, err := savePage(ctx, next)
		if err != nil {
			return err
		}
		if !ok {
			return changed(was.Version)
		}
		out = next
		if err := s.told(ctx, st, was.Live, next); err != nil {
			return err
		}
		return note(ctx, actor, "landing.save", "landing", next.ID)
	})
	return out, err
}

// mostCodes bounds the codes of a page that its participant makes.
const mostCodes = 50

// MailCode begins the codes of mails (Refer).
const MailCode = "M-"

var codeForm = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,23}$`)

// AddCode gives the page of the actor's company a referral code, or another label to one
// that is there.
// Codes: NotFound, Forbidden, Invalid, Conflict (there is no page yet).
func (s *Service) AddCode(ctx context.Context, actor access.Actor, id promo.ID, code, label string) (Code, error) {
	c := Code{Code: strings.ToUpper(strings.TrimSpace(code)), Label: strings.TrimSpace(label)}
	err := s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := s.participant(ctx, actor, access.PromoAnswer, id); err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if !codeForm.MatchString(c.Code) {
			bad.With("code", "landing.code_wrong")
		}
		if len(c.Label) > 80 {
			bad.With("name", "form.too_long", "Most", 80)
		}
		if !identity.Readable(c.Label, false) {
			bad.With("name", "form.text_wrong")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		p, made, err := pageOf(ctx, id, actor.Org)
		if err != nil {
			return err
		}
		if !made {
			return fault.New(fault.Conflict, "landing.none")
		}
		codes, err := codesOf(ctx, p.ID)
		if err != nil {
			return err
		}
		// those of mails are neither the page's to make nor in its way: the owner's are among them
		n, there := 0, false
		for _, x := range codes {
			there = there || x.Code == c.Code
			if !strings.HasPrefix(x.Code, MailCode) {
				n++
			}
		}
		switch {
		case there:
		case strings.HasPrefix(c.Code, MailCode):
			return fault.InvalidField("code", "landing.code_mail", "Start", MailCode)
		case n >= mostCodes:
			return fault.InvalidField("code", "form.too_many", "most", mostCodes)
		}
		c.Made = db.Now(ctx)
		if err := saveCode(ctx, p.ID, c, actor.Person); err != nil {
			return err
		}
		return note(ctx, actor, "landing.code", "landing", p.ID)
	})
	return c, err
}

// Refer gives a published page a referral code: its own participant, or the owner of the
// promotion. The label is read by whose page it is, so that one of the owner's is not kept.
// Safe to repeat.
// Codes: NotFound (also where no such page is published), Forbidden, Invalid, Conflict
// (nothing is agreed).
func (s *Service) Refer(ctx context.Context, actor access.Actor, id promo.ID, org, code, label string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		st, err := s.standing(ctx, actor, access.PromoTask, id)
		if err != nil {
			return err
		}
		if st.Owner != actor.Org && org != actor.Org {
			return notFound()
		}
		p, there, err := pageOf(ctx, id, org)
		if err != nil {
			return err
		}
		if !there || !p.Live {
			return notFound()
		}
		if !codeForm.MatchString(code) {
			return fault.InvalidField("code", "landing.code_wrong")
		}
		if org != actor.Org {
			label = ""
		}
		if r := []rune(label); len(r) > 80 {
			label = string(r[:80])
		}
		if err := saveCode(ctx, p.ID, Code{Code: code, Label: label, Made: db.Now(ctx)}, actor.Person); err != nil {
			return err
		}
		return note(ctx, actor, "landing.code", "landing", p.ID)
	})
}

// DropCode takes a referral code away; what came by it stays counted under it. Safe to
// repeat. One of a mail stays: it stands in what was sent, maybe by the owner.
// Codes: NotFound, Forbidden, Conflict (nothing is agreed, the code of a mail).
func (s *Service) DropCode(ctx context.Context, actor access.Actor, id promo.ID, code string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := s.participant(ctx, actor, access.PromoAnswer, id); err != nil {
			return err
		}
		p, there, err := pageOf(ctx, id, actor.Org)
		if err != nil || !there {
			return err
		}
		code = strings.ToUpper(strings.TrimSpace(code))
		if strings.HasPrefix(code, MailCode) {
			return fault.New(fault.Conflict, "landing.code_stays")
		}
		gone, err := dropCode(ctx, p.ID, code)
		if err != nil || !gone {
			return err
		}
		return note(ctx, actor, "landing.code", "landing", p.ID)
	})
}
