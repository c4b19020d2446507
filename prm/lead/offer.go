package lead

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
)

// OfferCmd offers a lead to a partner. Hours are working hours of the partner; zero
// takes the defaults. Again allows a partner that had an offer of this lead before.
type OfferCmd struct {
	Lead        ID
	Version     int64
	Partnership string
	Accept      int
	Convert     int
	Note        string
	Again       bool
}

const mostHours = 2000

// Offer offers a lead that nobody holds to one partner, by the hand of a person.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (hours; a note that names
// the customer; the contact did not agree to be passed on), Conflict (changed meanwhile, not free, the partnership is not
// active, or the partner had it before).
// Publishes EventOffered.
func (s *Service) Offer(ctx context.Context, actor access.Actor, cmd OfferCmd) (Offer, error) {
	if err := access.Check(actor, access.LeadOffer, access.Own(actor.Org)); err != nil {
		return Offer{}, err
	}
	if err := wrongTerms(&cmd.Note, cmd.Accept, cmd.Convert).OrNil(); err != nil {
		return Offer{}, err
	}
	var out Offer
	err := s.change(ctx, actor, func(ctx context.Context) error {
		l, err := load(ctx, actor, access.LeadOffer, cmd.Lead)
		if err != nil {
			return err
		}
		switch {
		case l.Version != cmd.Version:
			return fault.New(fault.Conflict, "lead.changed", "Version", l.Version)
		case l.State != New && l.State != Unplaced:
			return fault.New(fault.Conflict, "lead.not_free", "State", string(l.State))
		}
		ps, err := activeResellers(ctx, actor.Org)
		if err != nil {
			return err
		}
		reseller, ok := ps[cmd.Partnership]
		if !ok {
			return notFound()
		}
		had, err := offeredTo(ctx, actor.Org, l.ID)
		if err != nil {
			return err
		}
		if had[reseller] && !cmd.Again {
			return fault.New(fault.Conflict, "lead.offered_before")
		}
		c, contact, err := s.customerOf(ctx, s.owner(l, actor), l.Draft)
		if err == nil { // the note is read before it is accepted, like the rest
			err = naming(map[string]string{"note": cmd.Note}, c)
		}
		if err != nil {
			return err
		}
		out, err = s.send(ctx, actor, &l, c, contact, sending{partnership: cmd.Partnership, reseller: reseller, accept: cmd.Accept, convert: cmd.Convert, note: cmd.Note})
		return err
	})
	return out, err
}

// wrongTerms trims the note of an offer by hand and says what is wrong with its form.
func wrongTerms(note *string, accept, convert int) *fault.Error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if *note = strings.TrimSpace(*note); len(*note) > 1000 {
		bad.With("note", "form.too_long", "Most", 1000)
	}
	for name, n := range map[string]int{"accept": accept, "convert": convert} {
		if n < 0 || n > mostHours {
			bad.With(name, "form.between", "least", 1, "most", mostHours)
		}
	}
	return bad
}

// sending is one offer to be made.
type sending struct {
	partnership, reseller string
	accept, convert       int
	note, rule            string
	ruleID                RuleID
	fit                   int
	factors               []Factor
	direct                bool // the person filled the partner's own form
}

// send makes the offer of a lead of customer c, of whom contact was named, and moves the
// lead on.
func (s *Service) send(ctx context.Context, actor access.Actor, l *Lead, c customer.Detail, contact *customer.Contact, to sending) (Offer, error) {
	if contact != nil && !contact.Consent.Share && !(to.direct && contact.Consent.Contact) {
		return Offer{}, fault.InvalidField("contact", "lead.no_consent")
	}
	if to.accept == 0 {
		to.accept = DefaultAccept
	}
	if to.convert == 0 {
		to.convert = DefaultConvert
	}
	now := db.Now(ctx)
	accept, err := s.calendar.Clock(ctx, to.reseller, now, to.accept)
	if err != nil {
		return Offer{}, err
	}
	n, err := db.Next(ctx, "lead_offer:"+to.partnership)
	if err != nil {
		return Offer{}, err
	}
	o := Offer{
		ID: OfferID(db.NewID()), Lead: l.ID, Supplier: l.Org, Reseller: to.reseller, Partnership: to.partnership, Number: n, State: OfferSent,
		Teaser: teaser(*l, c, contact), Rule: to.rule, Fit: to.fit, Factors: to.factors, Note: to.note, Offered: now, OfferedBy: actor.Person, Accept: accept, Version: 1, kept: kept{hours: to.convert},
	}
	if to.direct { // others never learn where a lead came from
		o.Teaser.Direct, o.Teaser.Campaign, o.Teaser.Ref = true, l.Campaign, l.Ref
	} else if l.Round > 0 {
		if err := unsaid(ctx, *l, c, &o.Teaser); err != nil {
			return Offer{}, err
		}
	}
	if err := insertOffer(ctx, o, to); err != nil {
		return Offer{}, err
	}
	l.State, l.Holder, l.Offer, l.Round = Routed, to.reseller, o.ID, l.Round+1
	if err := save(ctx, l); err != nil {
		return Offer{}, err
	}
	e := o.event()
	e.Org, e.Person, e.Due = actor.Org, actor.Person, accept.Due
	if err := s.publish(ctx, EventOffered, e); err != nil {
		return Offer{}, err
	}
	return o, note(ctx, actor, "lead.offer", "offer", string(o.ID))
}

// owner is who reads the owner's customer for a step that another company, or a clock,
// brought about.
func (s *Service) owner(l Lead, actor access.Actor) access.Actor {
	if actor.Org == l.Org && access.Allowed(actor, access.CustomerRead, access.Own(l.Org)) {
		return actor
	}
	return access.System("leads", l.Org)
}

// unsaid takes out of a teaser for another partner what says that a lead came by a
// partner's own form. Its title is that of a promotion, or its number: unless somebody gave
// it another one, only the place is left.
func unsaid(ctx context.Context, l Lead, c customer.Detail, t *Teaser) error {
	before, err := offersOf(ctx, l.Org, l.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(before, func(o Offer) bool { return o.Teaser.Direct })
	if i < 0 {
		return nil
	}
	t.Source = "website"
	if t.Title != before[i].Teaser.Title {
		return nil
	}
	place := c.Country
	if city := strings.TrimSpace(c.City); city != "" && strings.HasSuffix(t.Title, ", "+city) {
		place = strings.TrimSuffix(city+", "+place, ", ")
	}
	t.Title = cmp.Or(place, strings.Join(l.Families, ", "), "…")
	return nil
}

func teaser(l Lead, c customer.Detail, contact *customer.Contact) Teaser {
	t := Teaser{Title: l.Title, Need: l.Need, Industry: l.Industry, Size: l.Size, Country: c.Country, Area: area(c.Postcode, c.Country), Families: l.Families, Products: l.Products,
		Value: l.Value, Expected: l.Expected, Source: l.Source, Call: true, Share: true}
	if contact != nil {
		t.Call, t.Share = contact.Consent.Contact, contact.Consent.Share
	}
	return t
}

// area is the part of a postcode that names a region and no street.
func area(postcode, country string) string {
	p := strings.ToUpper(strings.TrimSpace(postcode))
	if country == "GB" {
		if i := strings.IndexFunc(p, func(r rune) bool { return r >= '0' && r <= '9' }); i > 0 {
			return p[:i]
		}
	}
	if len(p) > 2 {
		return p[:2]
	}
	return ""
}

func shared(l Lead, c customer.Detail, contact *customer.Contact, direct bool) *Shared {
	out := &Shared{Details: l.Details, Customer: c.Name, Street: c.Street, City: c.City, Postcode: c.Postcode, Country: c.Country, Web: c.Web, TaxID: c.TaxID}
	if contact != nil && (contact.Consent.Share || direct && contact.Consent.Contact) {
		out.Contact, out.Title, out.Mail, out.Phone = contact.Name, contact.Title, contact.Mail, contact.Phone
	}
	return out
}

// seen is an offer as a company may see it: the partner learns no id of the owner's
// lead, and the shared part only while and after it holds the lead.
func (o Offer) seen(org string) Offer {
	if org == o.Supplier {
		return o
	}
	o.Lead, o.OfferedBy = "", ""
	if !o.State.Held() && o.State != OfferConverted && o.State != OfferLost {
		o.Shared = nil
	}
	return o
}

// OfferDetail is an offer with what was done about it.
type OfferDetail struct {
	Offer
	Activities []Activity
}

// GetOffer returns an offer of the actor's company, on either side.
// Codes: Unauthenticated, NotFound.
func (s *Service) GetOffer(ctx context.Context, actor access.Actor, id OfferID) (OfferDetail, error) {
	var out OfferDetail
	err := s.view(ctx, actor, func(ctx context.Context) error {
		o, err := loadOffer(ctx, actor, access.OfferRead, id)
		if err != nil {
			return err
		}
		out.Offer = o.seen(actor.Org)
		if !o.Answered.IsZero() && (actor.Org == o.Supplier || out.Shared != nil) {
			out.Activities, err = activitiesOf(ctx, id)
		}
		return err
	})
	return out, err
}

// loadOffer reads an offer and checks the action on it.
func loadOffer(ctx context.Context, a access.Actor, act access.Action, id OfferID) (Offer, error) {
	if !a.Known() {
		return Offer{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	o, ok, err := offerByID(ctx, id)
	if err != nil {
		return Offer{}, err
	}
	if !ok {
		return Offer{}, notFound()
	}
	return o, access.Check(a, act, o.Resource())
}

// Received returns the offers made to the actor's company, Made those it made itself.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) Received(ctx context.Context, actor access.Actor, f Filter) (Offers, error) {
	return s.offers(ctx, actor, f, access.Reseller)
}

// Made returns the offers that the actor's company made, as Received does.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) Made(ctx context.Context, actor access.Actor, f Filter) (Offers, error) {
	return s.offers(ctx, actor, f, access.Supplier)
}

func (s *Service) offers(ctx context.Context, actor access.Actor, f Filter, side access.Side) (Offers, error) {
	scope, err := access.List(actor, access.OfferRead)
	if err != nil {
		return Offers{}, err
	}
	f.Limit = pageSize(f.Limit)
	var out Offers
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = listOffers(ctx, scope, side, f)
		for i := range out.Items {
			out.Items[i] = out.Items[i].seen(actor.Org)
		}
		return err
	})
	return out, err
}

// ReceivedCounts are the numbers of the partner's views: its own offers, nothing else.
// Codes: Unauthenticated, Forbidden.
func (s *Service) ReceivedCounts(ctx context.Context, actor access.Actor) (Counts, error) {
	scope, err := access.List(actor, access.OfferRead)
	if err != nil {
		return Counts{}, err
	}
	var out Counts
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = countOffers(ctx, scope)
		return err
	})
	return out, err
}

// Withdraw takes an offer back that was not answered; the lead is free again. Safe to
// repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (it was answered, or is over).
// Publishes EventWithdrawn.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id OfferID) error {
	return s.step(ctx, actor, access.OfferManage, id, func(ctx context.Context, o *Offer) error {
		if o.State == OfferWithdrawn {
			return nil
		}
		if !o.State.Unanswered() {
			return answered(*o)
		}
		return s.end(ctx, actor, o, OfferWithdrawn, EventWithdrawn, "", func(ctx context.Context, l *Lead) error { return s.free(ctx, l, New) })
	})
}

// Reclaim takes a lead back from a partner that accepted it; the reason is told to it.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (no reason), Conflict (it does
// not hold it).
// Publishes EventReclaimed.
func (s *Service) Reclaim(ctx context.Context, actor access.Actor, id OfferID, comment string) error {
	comment = strings.TrimSpace(comment)
	return s.step(ctx, actor, access.OfferManage, id, func(ctx context.Context, o *Offer) error {
		if o.State == OfferReclaimed {
			return nil
		}
		if comment == "" || len(comment) > 1000 {
			return fault.InvalidField("comment", "form.missing")
		}
		if !o.State.Held() {
			return NotHeld()
		}
		o.Comment = comment
		return s.end(ctx, actor, o, OfferReclaimed, EventReclaimed, "", func(ctx context.Context, l *Lead) error { return s.free(ctx, l, Unplaced) })
	})
}

// step runs fn on an offer in a transaction, after the check.
func (s *Service) step(ctx context.Context, actor access.Actor, act access.Action, id OfferID, fn func(ctx context.Context, o *Offer) error) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		o, err := loadOffer(ctx, actor, act, id)
		if err != nil {
			return err
		}
		return fn(ctx, &o)
	})
}

// answered says who answered an offer first.
func answered(o Offer) error {
	return fault.New(fault.Conflict, "lead.already_answered", "State", string(o.State), "Person", o.AnsweredBy)
}

// store writes an offer whose version it grows, with the point at which its clocks want
// to be looked at again.
func store(ctx context.Context, o *Offer) error {
	ok, err := updateOffer(ctx, *o)
	if err != nil {
		return err
	}
	if !ok {
		if now, found, err := offerByID(ctx, o.ID); err == nil && found {
			return answered(now)
		}
		return fault.New(fault.Conflict, "lead.changed", "Version", o.Version)
	}
	o.Version++
	return nil
}

// end closes an offer and does with the lead what follows.
func (s *Service) end(ctx context.Context, actor access.Actor, o *Offer, to OfferState, kind, reason string, then func(ctx context.Context, l *Lead) error) error {
	o.unpause(db.Now(ctx))
	o.State, o.Ended = to, db.Now(ctx)
	if reason != "" {
		o.Reason = reason
	}
	if o.Answered.IsZero() && actor.Org == o.Reseller {
		o.Answered, o.AnsweredBy = o.Ended, actor.Person
	}
	if err := store(ctx, o); err != nil {
		return err
	}
	l, ok, err := leadByID(ctx, o.Supplier, o.Lead)
	if err != nil {
		return err
	}
	if !ok || l.Offer != o.ID {
		return fault.New(fault.Internal, "error.internal", "Cause", "an offer that its lead does not know")
	}
	e := o.event()
	e.Org, e.Person, e.Reason = actor.Org, actor.Person, reason
	if strings.HasPrefix(actor.Via, "system:") {
		e.Org = "" // a clock did it
	}
	if err := s.publish(ctx, kind, e); err != nil {
		return err
	}
	if err := then(ctx, &l); err != nil {
		return err
	}
	return note(ctx, actor, "lead."+string(to), "offer", string(o.ID))
}

// free gives a lead back to its owner.
func (s *Service) free(ctx context.Context, l *Lead, to State) error {
	l.State, l.Holder, l.Offer = to, "", ""
	if to == Unplaced {
		l.Unplaced = db.Now(ctx)
	}
	if err := save(ctx, l); err != nil || to != Unplaced {
		return err
	}
	return s.publish(ctx, EventUnplaced, Event{Lead: l.ID, Supplier: l.Org})
}

// validReason checks a coded reason; "other" needs words.
func validReason(reason, comment string) error {
	switch {
	case !slices.Contains(Reasons, reason):
		return fault.InvalidField("reason", "form.choice_wrong")
	case reason == "other" && strings.TrimSpace(comment) == "":
		return fault.InvalidField("comment", "form.missing")
	case len(comment) > 1000:
		return fault.InvalidField("comment", "form.too_long", "Most", 1000)
	}
	return nil
}
