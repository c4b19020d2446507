package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/portal/hook"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/deal"
	"entente/prm/engage"
	"entente/prm/fault"
	"entente/prm/landing"
	"entente/prm/lead"
	"entente/prm/notify"
	"entente/prm/partner"
	"entente/prm/promo"
	"entente/prm/trade"
)

// leadTold says which side hears of a lead's event, and whether it is urgent.
var leadTold = map[string]struct {
	kind               string
	supplier, reseller bool
	urgent             bool
}{
	lead.EventOffered:   {kind: "lead.offered", reseller: true, urgent: true},
	lead.EventAccepted:  {kind: "lead.accepted", supplier: true},
	lead.EventDeclined:  {kind: "lead.declined", supplier: true},
	lead.EventExpired:   {kind: "lead.expired", supplier: true, reseller: true},
	lead.EventWithdrawn: {kind: "lead.withdrawn", reseller: true},
	lead.EventWarned:    {kind: "lead.warned", reseller: true, urgent: true},
	lead.EventStale:     {kind: "lead.stale", supplier: true, reseller: true, urgent: true},
	lead.EventReturned:  {kind: "lead.returned", supplier: true},
	lead.EventReclaimed: {kind: "lead.reclaimed", reseller: true, urgent: true},
	lead.EventConverted: {kind: "lead.converted", supplier: true},
	lead.EventLost:      {kind: "lead.lost", supplier: true},
	lead.EventPaused:    {kind: "lead.paused", supplier: true, reseller: true},
	lead.EventResumed:   {kind: "lead.resumed", supplier: true, reseller: true},
	lead.EventUnplaced:  {kind: "lead.unplaced", supplier: true, urgent: true},
}

// leadNotices tells the people of a side what happened to a lead. What the partner is
// told names the offer only; the company that acted is not told of its own doing.
func (a *App) leadNotices(ctx context.Context, e job.Received) error {
	var x lead.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	if x.Quiet {
		return nil
	}
	who := leadTold[e.Kind]
	n := notify.Notice{Kind: who.kind, Dedupe: e.ID, Urgent: who.urgent, Args: map[string]string{"percent": strconv.Itoa(x.Percent)}}
	if !x.Due.IsZero() {
		n.Args["due"] = x.Due.UTC().Format(time.RFC3339)
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	roles := []access.Role{access.Manager}
	if who.supplier && x.Org != x.Supplier {
		owner := access.System("notices", x.Supplier)
		l, err := a.leads.Get(ctx, owner, x.Lead)
		if err != nil {
			return err
		}
		own := n
		own.SubjectKind, own.SubjectID = "lead", string(x.Lead)
		own.Args = map[string]string{"title": l.Title, "percent": n.Args["percent"], "due": n.Args["due"]}
		if err := a.tellSide(ctx, x.Supplier, orgs[x.Reseller].Name, roles, own); err != nil {
			return err
		}
	}
	if who.reseller && x.Org != x.Reseller {
		o, err := a.leads.GetOffer(ctx, access.System("notices", x.Reseller), x.Offer)
		if err != nil {
			return err
		}
		n.SubjectKind, n.SubjectID = "offer", string(x.Offer)
		n.Args["title"] = o.Teaser.Title
		return a.tellSide(ctx, x.Reseller, orgs[x.Supplier].Name, append(roles, access.Sales), n)
	}
	return nil
}

// certificateNotices tells who keeps a certificate, and the partner whose it is, that it ends.
func (a *App) certificateNotices(ctx context.Context, e job.Received) error {
	var x lead.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	when := "soon"
	switch {
	case x.Days < 0:
		when = "over"
	case x.Days == 0:
		when = "today"
	}
	n := notify.Notice{Dedupe: e.ID + "." + x.Family, Urgent: x.Days <= 0, SubjectKind: "partnership", SubjectID: x.Partnership, Args: map[string]string{"family": x.Family, "date": x.Until, "days": strconv.Itoa(x.Days)}}
	n.Kind = "lead.certificate_" + when
	if err := a.tellSide(ctx, x.Supplier, orgs[x.Reseller].Name, []access.Role{access.Manager}, n); err != nil {
		return err
	}
	n.Kind = "lead.own_certificate_" + when
	return a.tellSide(ctx, x.Reseller, orgs[x.Supplier].Name, []access.Role{access.Manager, access.Sales}, n)
}

// leadCalendar gives leads the business calendars of companies.
type leadCalendar struct{ a *App }

// Clock gives the ends of working hours of a company, by the calendar that stands.
// Codes: NotFound (no such company), Invalid (a calendar without working hours).
func (l leadCalendar) Clock(ctx context.Context, org string, start time.Time, hours int) (lead.Clock, error) {
	orgs, err := l.a.accounts.Directory().OrgsByID(ctx, org)
	if err != nil {
		return lead.Clock{}, err
	}
	o, ok := orgs[org]
	if !ok {
		return lead.Clock{}, fault.New(fault.NotFound, "error.not_found")
	}
	cal, err := account.StandingCalendar(ctx, org, o.Country, o.Zone)
	if err != nil {
		return lead.Clock{}, err
	}
	c, ok := cal.Clock(start, time.Duration(hours)*time.Hour, 50, 80)
	if !ok {
		return lead.Clock{}, fault.New(fault.Invalid, "lead.no_working_hours")
	}
	return lead.Clock{Start: start, Half: c.Warn[0], Most: c.Warn[1], Due: c.Due}, nil
}

// promotionRoom is the subject of the room of an owner and one company that takes part;
// its id is the seat's, so that no two participants ever share one.
const promotionRoom = "promotion"

// promoTold says which side hears of a promotion's event, and whether it is urgent. Of
// what concerns all who take part the owner is told once.
var promoTold = map[string]struct {
	owner, company, urgent bool
}{
	promo.EventProposed: {company: true, urgent: true}, promo.EventApproved: {owner: true}, promo.EventCountered: {owner: true, urgent: true}, promo.EventAnswered: {company: true}, promo.EventDeclined: {owner: true, urgent: true}, promo.EventDropped: {company: true},
	promo.EventAgreed: {owner: true, company: true}, promo.EventStarted: {owner: true, company: true}, promo.EventEnded: {owner: true, company: true}, promo.EventSettled: {company: true}, promo.EventAdjusted: {owner: true, company: true}, promo.EventCancelled: {owner: true, company: true}, promo.EventTask: {company: true},
}

// promoLine is the name of a step in lines and notices: "promo.proposed".
func promoLine(event string) string { return strings.ToLower(event) }

// promoRooms writes every step into the room of the two companies it concerns.
func (a *App) promoRooms(ctx context.Context, e job.Received) error {
	var x promo.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("rooms", x.Owner)
	j, err := a.promos.OfSeat(ctx, actor, x.Seat)
	if err != nil {
		return err
	}
	r, err := a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: room.Subject{Kind: promotionRoom, ID: x.Seat}, Title: j.Title, Orgs: []string{x.Owner, x.Company}})
	if err != nil {
		return err
	}
	args := map[string]string{"company": ""}
	if x.Org != "" {
		orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Org)
		if err != nil {
			return err
		}
		args["company"] = orgs[x.Org].Name
	}
	if err := a.promoLate(ctx, actor, x, args); err != nil {
		return err
	}
	_, err = a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: promoLine(e.Kind), Args: args})
	return err
}

// promoLate says of a document that came after a promotion was settled which it is, why it
// changes something, and by how much.
func (a *App) promoLate(ctx context.Context, actor access.Actor, x promo.Event, args map[string]string) error {
	if x.Adjustment == "" {
		return nil
	}
	d, err := a.promos.Adjusted(ctx, actor, x.Adjustment)
	if err != nil {
		return err
	}
	args["why"], args["number"], args["amount"] = d.Reason, d.Number, d.Earned.String()+" "+string(d.Earned.Currency)
	return nil
}

// promoLines follows the lines of an order that promotions judged; claims may have waited
// for its invoice.
func (a *App) promoLines(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Order == "" {
		return err
	}
	if err := a.promos.Attribute(ctx, access.System("promotions", t.Supplier), a.trade, t.Order); err != nil || e.Kind != trade.InvoicedEvent {
		return err
	}
	return a.adjust.Recheck(ctx, access.System("claims", t.Supplier), t.Reseller)
}

// promoNoticed are the events of promotions and of their landing pages.
func promoNoticed() []string { return append(promo.Events(), landing.Events()...) }

// promoNotices tells the people of a side; the company that acted is not told of its own
// doing.
func (a *App) promoNotices(ctx context.Context, e job.Received) error {
	if slices.Contains(landing.Events(), e.Kind) {
		return a.landingNotices(ctx, e)
	}
	var x promo.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	if x.Quiet {
		return nil
	}
	who := promoTold[e.Kind]
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Owner, x.Company)
	if err != nil {
		return err
	}
	tell := func(org, other string, roles ...access.Role) error {
		actor := access.System("notices", org)
		j, err := a.promos.OfSeat(ctx, actor, x.Seat)
		if err != nil {
			return err
		}
		n := notify.Notice{Kind: promoLine(e.Kind), Dedupe: e.ID, Urgent: who.urgent, SubjectKind: promotionRoom, SubjectID: x.Seat, Args: map[string]string{"title": j.Title}}
		if err := a.promoLate(ctx, actor, x, n.Args); err != nil {
			return err
		}
		return a.tellSide(ctx, org, orgs[other].Name, roles, n)
	}
	all := (x.Org == "" || e.Kind == promo.EventAgreed) && e.Kind != promo.EventAdjusted
	if who.owner && x.Org != x.Owner && (!all || x.First) {
		if err := tell(x.Owner, x.Company, access.Manager); err != nil {
			return err
		}
	}
	if who.company && x.Org != x.Company {
		return tell(x.Company, x.Owner, access.Manager, access.Sales)
	}
	return nil
}

// landingNotices tells the owner of a promotion that a participant published its landing
// page, or took it back.
func (a *App) landingNotices(ctx context.Context, e job.Received) error {
	var x landing.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	j, err := a.promos.OfSeat(ctx, access.System("notices", x.Owner), x.Seat)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Company)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: "promo.page_" + strings.ToLower(strings.TrimPrefix(e.Kind, "landing.")), Dedupe: e.ID, SubjectKind: promotionRoom, SubjectID: x.Seat, Args: map[string]string{"title": j.Title}}
	return a.tellSide(ctx, x.Owner, orgs[x.Company].Name, []access.Role{access.Manager}, n)
}

// engageRoom is the subject of a room about an engagement: its id is the engagement's where
// those who take part are shown to each other, else that of the seat of one of them.
const engageRoom = "engagement"

// engageLine is the name of a step in lines, notices and webhooks: "split_proposed".
func engageLine(event string) string {
	var b strings.Builder
	for i, r := range strings.TrimPrefix(event, "engage.") {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// engageAlone are the steps that the two companies of an invitation learn of and no room.
var engageAlone = []string{engage.EventInvited, engage.EventDeclined, engage.EventWithdrawn, engage.EventExpiring, engage.EventExpired}

// engageRooms keeps the rooms of an engagement: who takes part is in, who left is out.
func (a *App) engageRooms(ctx context.Context, e job.Received) error {
	var x engage.Event
	if err := e.Decode(&x); err != nil || x.Room == "" || slices.Contains(engageAlone, e.Kind) {
		return err
	}
	actor := access.System("rooms", x.Owner)
	seen, err := a.engagements.Get(ctx, actor, x.Engagement)
	if err != nil || seen.Detail == nil {
		return err
	}
	d, orgs := seen.Detail, []string{x.Owner}
	for _, s := range d.Seats {
		if s.Org != x.Owner && s.State == engage.Active && (x.Shown || s.ID == x.Room) {
			orgs = append(orgs, s.Org)
		}
	}
	subject := room.Subject{Kind: engageRoom, ID: x.Room}
	r, err := a.rooms.BySubject(ctx, actor, subject)
	if fault.IsNotFound(err) && len(orgs) < 2 {
		return nil // nobody was ever there to talk with
	}
	if err == nil || fault.IsNotFound(err) {
		r, err = a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: subject, Title: d.Number + " " + d.Title, Orgs: orgs})
	}
	if err != nil {
		return err
	}
	names, err := a.accounts.Directory().OrgsByID(ctx, x.Org, x.Company)
	if err != nil {
		return err
	}
	args := map[string]string{"company": names[x.Org].Name, "about": names[x.Company].Name}
	if _, err := a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: "engage." + engageLine(e.Kind), Args: args}); err != nil {
		return err
	}
	for _, s := range d.Seats {
		if s.State != engage.Active && slices.Contains(r.Orgs, s.Org) { // it may have been asked again meanwhile
			if err := a.rooms.RemoveOrg(ctx, actor, r.ID, s.Org); err != nil {
				return err
			}
		}
	}
	if x.Closed {
		return a.rooms.SetReadOnly(ctx, actor, r.ID, true)
	}
	return nil
}

// engageSide is where a company stands in an engagement, as it sees it itself.
func (a *App) engageSide(ctx context.Context, org string, id engage.ID) (number, title string, seat engage.Seat, err error) {
	seen, err := a.engagements.Get(ctx, access.System("notices", org), id)
	switch {
	case err != nil:
	case seen.Invitation != nil:
		number, title, seat = seen.Invitation.Number, seen.Invitation.Teaser, seen.Invitation.Seat
	default:
		number, title, seat = seen.Detail.Number, seen.Detail.Title, seen.Detail.Mine
	}
	return number, title, seat, err
}

// engageNotices tells the people of the companies that an event names.
func (a *App) engageNotices(ctx context.Context, e job.Received) error {
	var x engage.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	names, err := a.accounts.Directory().OrgsByID(ctx, x.Org)
	if err != nil {
		return err
	}
	to := x.To
	if e.Kind == engage.EventExpired { // who did not answer is told too
		to = append(slices.Clone(to), x.Company)
		if names, err = a.accounts.Directory().OrgsByID(ctx, x.Org, x.Owner); err != nil {
			return err
		}
	}
	for _, org := range to {
		number, title, seat, err := a.engageSide(ctx, org, x.Engagement)
		if err != nil {
			return err
		}
		roles := []access.Role{access.Manager, access.Sales}
		if seat.Resource(x.Owner).Supplier != "" {
			roles = roles[:1]
		}
		n := notify.Notice{Kind: "engage." + engageLine(e.Kind), Dedupe: e.ID, Urgent: e.Kind == engage.EventInvited || e.Kind == engage.EventExpiring, SubjectKind: engageRoom, SubjectID: string(x.Engagement), Args: map[string]string{"number": number, "title": title}}
		other := names[x.Org].Name
		if org == x.Org {
			n.Kind, other = n.Kind+"_own", names[x.Owner].Name
		}
		told, err := a.engageNamed(ctx, org, other, x, seat, n)
		if err == nil && !told {
			err = a.tellSide(ctx, org, other, roles, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// engageNamed tells the person for whom a task is, where he may read of it.
func (a *App) engageNamed(ctx context.Context, org, partner string, x engage.Event, seat engage.Seat, n notify.Notice) (bool, error) {
	if x.Named == "" || org != x.Company {
		return false, nil
	}
	people, err := a.accounts.Directory().People(ctx, org)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(people, func(p account.Colleague) bool { return p.ID == x.Named })
	if i < 0 || !access.Allowed(access.Actor{Person: x.Named, Org: org, Roles: people[i].Roles, Via: "session:notice"}, access.EngageRead, seat.Resource(x.Owner)) {
		return false, nil
	}
	n = withPartner(n, partner)
	n.Reason = notify.ReasonYours
	return true, a.notify.Tell(ctx, access.System("notices", org), []notify.Target{{Org: org, Person: x.Named}}, n)
}

// engageHook is the data of a webhook about an engagement: nothing of what it says.
type engageHook struct {
	Partner    string    `json:"partner,omitempty"` // slug of the company that acted
	Own        bool      `json:"own,omitempty"`     // the company's own doing
	Engagement engage.ID `json:"engagement"`
	Number     string    `json:"number"`
	Seat       string    `json:"seat"`
	Reason     string    `json:"reason,omitempty"`
	Href       string    `json:"href"`
}

// engageHooks tells the systems of the companies that an event names, and of the one that acted.
func (a *App) engageHooks(ctx context.Context, e job.Received) error {
	var x engage.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	kind := "engagement." + engageLine(e.Kind)
	names, err := a.accounts.Directory().OrgsByID(ctx, x.Org)
	if err != nil {
		return err
	}
	for _, org := range append(slices.Clone(x.To), x.Org) {
		actor := access.System("webhooks", org)
		wanted, err := a.hooks.Wants(ctx, actor, kind)
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		number, _, seat, err := a.engageSide(ctx, org, x.Engagement)
		if err != nil {
			return err
		}
		reason := x.Reason
		if e.Kind == engage.EventLeft && org != x.Owner && org != x.Company { // why stays between the two
			reason = ""
		}
		d := engageHook{Engagement: x.Engagement, Number: number, Seat: string(seat.State), Reason: reason, Own: org == x.Org, Href: "/api/v1/engagements/" + string(x.Engagement)}
		if !d.Own {
			d.Partner = names[x.Org].Slug
		}
		if err := a.hooks.Tell(ctx, actor, hook.Message{Event: e.ID, Place: e.Position, Kind: kind, At: e.At, Data: d}, d); err != nil {
			return err
		}
	}
	return nil
}

// engageLive tells open pages of the companies that an event names.
func (a *App) engageLive(ctx context.Context, e job.Received) error {
	var x engage.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	orgs := e.Orgs
	db.AfterCommit(ctx, func() { a.live.Changed(engageRoom, string(x.Engagement), orgs) })
	return nil
}

// engageEnded ends what two companies have together in engagements when they work together no
// more.
func (a *App) engageEnded(ctx context.Context, e job.Received) error {
	var p partner.Event
	if err := e.Decode(&p); err != nil {
		return err
	}
	return a.engagements.PartnersEnded(ctx, access.System("engagements", p.Supplier), p.Supplier, p.Reseller)
}

// engageCircle tells engagements who works with whom and where, and reads what they begin from.
type engageCircle struct{ a *App }

// Between is what two companies are to each other.
func (c engageCircle) Between(ctx context.Context, org, other string) (engage.Tie, error) {
	list, err := c.a.partners.Between(ctx, access.System("engagements", org), other)
	var out engage.Tie
	for _, p := range list {
		if p.State == partner.Active {
			out.Active, out.Supplies = true, out.Supplies || p.Supplier == org
		}
	}
	return out, err
}

// Belongs says whether a person works in a company.
func (c engageCircle) Belongs(ctx context.Context, org, person string) (bool, error) {
	people, err := c.a.accounts.Directory().People(ctx, org)
	return slices.ContainsFunc(people, func(p account.Colleague) bool { return p.ID == person }), err
}

// Source reads a deal, a lead or an offer with the actor's own rights.
func (c engageCircle) Source(ctx context.Context, actor access.Actor, kind, id string) (engage.Source, error) {
	actor = unscoped(actor)
	switch kind {
	case engage.FromDeal:
		d, err := c.a.deals.Get(ctx, actor, deal.ID(id))
		if err == nil && actor.Org != d.Supplier && actor.Org != d.Registrant {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		out := engage.Source{Number: d.Code, Title: d.Title, Customer: d.Customer.Name, Country: d.Customer.Country}
		if err == nil && actor.Org == d.Supplier {
			out.First, out.Supplies = d.Registrant, true
		}
		return out, err
	case engage.FromLead:
		l, err := c.a.leads.Get(ctx, actor, lead.ID(id))
		return engage.Source{Number: "L-" + strconv.FormatInt(l.Number, 10), Title: l.Title, Customer: l.Customer.Name, Country: l.Customer.Country, Teaser: l.Need, First: l.Holder, Supplies: l.Holder != ""}, err
	case engage.FromOffer:
		o, err := c.a.leads.GetOffer(ctx, actor, lead.OfferID(id))
		if err == nil && (o.Shared == nil || actor.Org != o.Reseller) {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err != nil {
			return engage.Source{}, err
		}
		return engage.Source{Number: strconv.FormatInt(o.Number, 10), Title: o.Teaser.Title, Customer: o.Shared.Customer, Country: o.Shared.Country, Teaser: o.Teaser.Need, First: o.Supplier}, nil
	}
	return engage.Source{}, fault.New(fault.NotFound, "error.not_found")
}
