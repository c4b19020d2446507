package lead

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/identity"
)

// WebForm is the public form of a company: whoever knows its address fills it, and it
// makes a lead. A company has one.
type WebForm struct {
	Org       string
	Token     string // of its address; who knows it may fill the form, and no more
	Active    bool
	Confirms  bool   // campaigns write to an address only after whoever reads it confirmed it by a link
	Title     string // what partners read first of its leads, such as "Demo request"
	Intro     string
	Consent   string // what people agree to, kept with each lead
	Changed   time.Time
	ChangedBy string
	Version   int64 // 0: there is none yet

	secret string // signs when a form was shown
}

// A form is filled by a person no faster and no slower than this.
const (
	formLeast = 3 * time.Second
	formMost  = 12 * time.Hour
)

// Stamp says, signed, when a form was shown, and names what will be sent with it.
func (f WebForm) Stamp(now time.Time) string { return stamp(f.secret, now) }

func stamp(secret string, now time.Time) string {
	text := db.NewID() + "." + strconv.FormatInt(now.Unix(), 10)
	return text + "." + sign(secret, text)
}

func sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// stamped reads a stamp: the name of what is sent with it.
// Codes: Conflict (webform.fast: nobody writes that fast; webform.old: not ours, or shown
// too long ago).
func stamped(secret, stamp string, now time.Time) (string, error) {
	at := strings.LastIndexByte(stamp, '.')
	if at < 0 || !hmac.Equal([]byte(stamp[at+1:]), []byte(sign(secret, stamp[:at]))) {
		return "", fault.New(fault.Conflict, "webform.old")
	}
	id, unix, _ := strings.Cut(stamp[:at], ".")
	sec, err := strconv.ParseInt(unix, 10, 64)
	age := now.Sub(time.Unix(sec, 0))
	switch {
	case err != nil || age > formMost:
		return "", fault.New(fault.Conflict, "webform.old")
	case age < formLeast:
		return "", fault.New(fault.Conflict, "webform.fast")
	}
	return id, nil
}

// Filled is what somebody wrote into a form.
type Filled struct {
	Company, Country, City, Postcode, Web string
	Name, Title, Mail, Phone              string
	Need                                  string
	Contact, Share                        bool   // agreed to be contacted, and to be passed on
	Stamp                                 string // of the form that was shown
	From                                  string // network address, for who keeps it as proof of consent
	Language                              string // of the page that was filled in
}

// Wish is that of somebody who filled in the form of a company, to be written to by mail.
type Wish struct {
	Org      string
	Contact  string // id of the contact that the form made
	Mail     string
	Name     string
	Language string
	Consent  string // the text that was shown
	From     string // network address: kept as proof of the wish, and nowhere else
}

// Mailing is told who wants to be written to. It is a port.
type Mailing interface {
	// Ask takes a wish, in the caller's transaction.
	Ask(ctx context.Context, w Wish) error
}

// Tell ties who asks people to confirm their address, once while wiring.
func (s *Service) Tell(m Mailing) { s.mails = m }

// WebForm returns the form of the actor's company; Version 0 where it has none.
// Codes: Unauthenticated, NotFound.
func (s *Service) WebForm(ctx context.Context, actor access.Actor) (WebForm, error) {
	if err := access.Check(actor, access.LeadRead, access.Own(actor.Org)); err != nil {
		return WebForm{}, err
	}
	var out WebForm
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, _, err = formOf(ctx, actor.Org)
		return err
	})
	return out, err
}

// SaveWebForm changes the form of the actor's company with the version that was seen (0:
// none yet). With renew it gets a new address, and the old one leads nowhere.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (changed meanwhile).
func (s *Service) SaveWebForm(ctx context.Context, actor access.Actor, f WebForm, renew bool) (WebForm, error) {
	if err := access.Check(actor, access.LeadOffer, access.Own(actor.Org)); err != nil {
		return WebForm{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	for _, x := range []struct {
		name string
		v    *string
		most int
	}{{"title", &f.Title, 80}, {"intro", &f.Intro, 2000}, {"consent", &f.Consent, 2000}} {
		*x.v = strings.TrimSpace(*x.v)
		switch {
		case len(*x.v) > x.most:
			bad.With(x.name, "form.too_long", "Most", x.most)
		case *x.v == "" && x.name != "intro":
			bad.With(x.name, "form.missing")
		case !identity.Readable(*x.v, x.name != "title"):
			bad.With(x.name, "form.text_wrong")
		}
	}
	if strings.Contains(f.Title, "@") || phoneLike(f.Title) {
		bad.With("title", "lead.teaser_names")
	}
	if err := bad.OrNil(); err != nil {
		return WebForm{}, err
	}
	err := s.change(ctx, actor, func(ctx context.Context) error {
		was, there, err := formOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		if was.Version != f.Version {
			return fault.New(fault.Conflict, "lead.changed", "Version", was.Version)
		}
		f.Org, f.Token, f.secret, f.Changed, f.ChangedBy = actor.Org, was.Token, was.secret, db.Now(ctx), actor.Person
		if !there || renew {
			f.Token, f.secret = strings.ToLower(rand.Text()), rand.Text()
		}
		ok, err := saveForm(ctx, f)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "lead.changed", "Version", was.Version)
		}
		f.Version++
		return note(ctx, actor, "lead.form", "org", actor.Org)
	})
	return f, err
}

// PublicForm is a form as whoever knows its address sees it. A form that is off and one
// that never was are the same.
// Codes: NotFound.
func (s *Service) PublicForm(ctx context.Context, token string) (WebForm, error) {
	var out WebForm
	err := s.db.View(ctx, func(ctx context.Context) error {
		f, err := formByToken(ctx, token)
		out = WebForm{Org: f.Org, Title: f.Title, Intro: f.Intro, Consent: f.Consent, Confirms: f.Confirms, secret: f.secret}
		return err
	})
	return out, err
}

// FillForm makes a lead of what somebody wrote, with a customer of its own, and offers it
// by the rules where the person agreed to be passed on; what no partner gets waits for a
// person. With the stamp of what was sent before it adds nothing. Where the form says so, the
// address is asked to confirm before any campaign writes to it.
// Codes: NotFound (no such form, or it is off), Invalid, Conflict (webform.fast,
// webform.old).
// Publishes EventOffered or EventUnplaced.
func (s *Service) FillForm(ctx context.Context, token string, in Filled) error {
	var form WebForm
	key := ""
	if err := s.db.View(ctx, func(ctx context.Context) (err error) {
		if form, err = formByToken(ctx, token); err == nil {
			key, err = stamped(form.secret, in.Stamp, db.Now(ctx))
		}
		return err
	}); err != nil {
		return err
	}
	what, err := in.incoming(Draft{Title: form.Title, Source: "website"}, form.Consent, "form:"+key)
	if err != nil {
		return err
	}
	err = s.fill(ctx, token, form, what, in)
	if db.IsDuplicate(err) { // the same was sent beside it, and is there now
		err = s.fill(ctx, token, form, what, in)
	}
	return err
}

// incoming is what somebody wrote as a lead that brings its customer; the text that was
// agreed to is kept with the customer.
// Codes: Invalid.
func (in Filled) incoming(d Draft, consent, origin string) (Incoming, error) {
	d.Details = in.Need
	what := Incoming{
		Customer: customer.Draft{Name: in.Company, Country: in.Country, City: in.City, Postcode: in.Postcode, Web: in.Web, Note: consent},
		Contact:  customer.ContactDraft{Name: strings.TrimSpace(in.Name), Title: in.Title, Mail: in.Mail, Phone: in.Phone},
		Consent:  customer.Consent{Contact: in.Contact, Share: in.Share, Basis: customer.BasisForm},
		Lead:     d,
		Origin:   origin, Stranger: true,
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if err := prefixed(bad, "", what.check()); err != nil {
		return what, err
	}
	if what.Contact.Name == "" {
		bad.With("contact.name", "form.missing")
	}
	if in.Mail == "" && in.Phone == "" {
		bad.With("contact.mail", "form.missing")
	}
	if !in.Contact {
		bad.With("may_contact", "form.missing")
	}
	if err := bad.OrNil(); err != nil {
		return what, err
	}
	// the town says something before anybody accepts, unless somebody wrote a name there
	if city := strings.TrimSpace(in.City); city != "" {
		placed := what
		if placed.Lead.Title += ", " + city; placed.check() == nil {
			what = placed
		}
	}
	return what, nil
}

// Door is a public form that another service keeps, such as the landing page of a
// promotion at a partner. Its leads are the company's, and each is offered at once to the
// partner whose form it is: whoever fills it reads both names.
type Door struct {
	Org      string // whose leads they are
	For      string // the partner
	ID       string // of the form
	Secret   string // signs when it was shown
	Title    string // what the partner reads first
	Consent  string // what people agree to, kept with each lead
	Campaign string
	Ref      string
	Families []string
}

// Stamp says, signed, when the form was shown, and names what will be sent with it.
func (d Door) Stamp(now time.Time) string { return stamp(d.Secret, now) }

// FillDoor makes a lead of what somebody wrote and offers it to the partner, with a
// customer of its own. With the stamp of what was sent before it adds nothing.
// Codes: NotFound (the partner is none any more), Invalid, Conflict (webform.fast,
// webform.old).
// Publishes EventOffered.
func (s *Service) FillDoor(ctx context.Context, d Door, in Filled) (Lead, bool, error) {
	actor := access.System("landing", d.Org)
	if err := MayBring(actor); err != nil {
		return Lead{}, false, err
	}
	var out Lead
	made := false
	err := s.change(ctx, actor, func(ctx context.Context) error {
		key, err := stamped(d.Secret, in.Stamp, db.Now(ctx))
		if err != nil {
			return err
		}
		what, err := in.incoming(Draft{Title: d.Title, Source: "promotion", Campaign: d.Campaign, Ref: d.Ref, Families: d.Families}, d.Consent, "door:"+d.ID+":"+key)
		if slices.ContainsFunc(fault.As(err).Fields, func(x fault.Field) bool { return x.Name == "title" }) {
			// not the fault of who fills it: its own name stands in the title
			what, err = in.incoming(Draft{Title: d.Campaign, Source: "promotion", Campaign: d.Campaign, Ref: d.Ref, Families: d.Families}, d.Consent, "door:"+d.ID+":"+key)
		}
		if err != nil {
			return err
		}
		if out, made, err = s.Bring(ctx, actor, what); err != nil || !made {
			return err
		}
		ps, err := activeResellers(ctx, d.Org)
		if err != nil {
			return err
		}
		to := sending{reseller: d.For, direct: true}
		for id, reseller := range ps {
			if reseller == d.For && (to.partnership == "" || id < to.partnership) {
				to.partnership = id
			}
		}
		if to.partnership == "" {
			return notFound()
		}
		c, contact, err := s.customerOf(ctx, actor, out.Draft)
		if err != nil {
			return err
		}
		_, err = s.send(ctx, actor, &out, c, contact, to)
		return err
	})
	return out, made, err
}

// fill makes the lead and offers it.
func (s *Service) fill(ctx context.Context, token string, form WebForm, what Incoming, in Filled) error {
	actor := access.System("form", form.Org)
	return s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := formByToken(ctx, token); err != nil { // turned off meanwhile
			return err
		}
		l, made, err := s.Bring(ctx, actor, what)
		if err != nil || !made {
			return err
		}
		if quiet, _ := ctx.Value(quietKey{}).(bool); form.Confirms && s.mails != nil && !quiet && in.Contact && in.Mail != "" {
			if err := s.mails.Ask(ctx, Wish{Org: form.Org, Contact: string(l.Contact), Mail: in.Mail, Name: in.Name, Language: in.Language, Consent: form.Consent, From: in.From}); err != nil {
				return err
			}
		}
		t, err := survey(ctx, form.Org)
		if err != nil {
			return err
		}
		_, to, why, err := s.place(ctx, actor, &l, t)
		if err != nil || to != nil || why == "nobody" {
			return err
		}
		return s.free(ctx, &l, Unplaced)
	})
}
