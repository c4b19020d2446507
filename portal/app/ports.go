package app

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"entente/chat/attach"
	calling "entente/chat/call"
	"entente/chat/forum"
	"entente/chat/room"
	"entente/db/job"
	"entente/edi/agreement"
	"entente/edi/courier"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/notify"
	"entente/prm/partner"
	"entente/prm/quote"
	"entente/prm/trade"
)

// gatewayPartners answers the gateway's question who owns an address.
type gatewayPartners struct{ a *App }

func (g gatewayPartners) Resolve(ctx context.Context, syntax string, sender, receiver gateway.Identity) (gateway.Resolved, error) {
	kind := account.X12
	if syntax == gateway.SyntaxEDIFACT {
		kind = account.EDIFACT
	}
	r, err := g.a.partners.Resolve(ctx, partner.Query{Kind: kind,
		Sender: partner.Address{Qualifier: sender.Qualifier, Value: sender.Value}, Receiver: partner.Address{Qualifier: receiver.Qualifier, Value: receiver.Value}})
	out := gateway.Resolved{Sender: r.Sender, Receiver: r.Receiver}
	for _, p := range r.Active {
		out.Active = append(out.Active, gateway.Partnership{ID: p.ID, Supplier: p.Supplier, Reseller: p.Reseller})
	}
	return out, err
}

// Working gives the active partnerships of a company with another by its short name, or
// with all.
func (g gatewayPartners) Working(ctx context.Context, org, slug string) ([]gateway.Partnership, error) {
	actor := access.System("edi", org)
	var list []partner.Partnership
	var err error
	if slug == "" {
		list, err = g.a.partners.List(ctx, actor, partner.Active)
	} else {
		var o account.Org
		if o, err = g.a.accounts.Directory().OrgBySlug(ctx, slug); fault.IsNotFound(err) {
			return nil, nil
		}
		if err == nil {
			list, err = g.a.partners.Between(ctx, actor, o.ID)
		}
	}
	var out []gateway.Partnership
	sides := map[bool]int{}
	for _, p := range list {
		if p.State == partner.Active && (slug != "" || sides[p.Supplier == org] < 2) {
			sides[p.Supplier == org]++
			out = append(out, gateway.Partnership{ID: p.ID, Supplier: p.Supplier, Reseller: p.Reseller})
		}
	}
	return out, err
}

// Slugs are the short names of companies.
func (g gatewayPartners) Slugs(ctx context.Context, orgs ...string) (map[string]string, error) {
	got, err := g.a.accounts.Directory().OrgsByID(ctx, orgs...)
	out := make(map[string]string, len(got))
	for id, o := range got {
		out[id] = o.Slug
	}
	return out, err
}

// gatewayOrders books what the gateway accepted.
type gatewayOrders struct{ a *App }

func (g gatewayOrders) ReceiveOrder(ctx context.Context, in gateway.OrderIn) (gateway.OrderOut, error) {
	got, err := g.a.trade.ReceiveOrder(ctx, access.System("edi", in.Supplier), trade.Incoming{
		Doc: *in.Order, Supplier: in.Supplier, Reseller: in.Reseller, Partnership: in.Partnership, Interchange: in.InterchangeID, SetNo: in.Set, Source: trade.SourceEDI, Uncoded: in.File,
	})
	if err != nil {
		return gateway.OrderOut{}, err
	}
	out := gateway.OrderOut{OrderID: string(got.Order), Outcome: gateway.BusinessHeld}
	switch got.Outcome {
	case trade.Booked:
		out.Outcome = gateway.BusinessBooked
	case trade.Duplicate:
		out.Outcome = gateway.BusinessDuplicate
	}
	return out, nil
}

// gatewayReplies books what suppliers send in reply to orders.
type gatewayReplies struct{ a *App }

func (g gatewayReplies) ReceiveReply(ctx context.Context, in gateway.ReplyIn) (gateway.ReplyOut, error) {
	t := trade.IncomingReply{Supplier: in.Supplier, Reseller: in.Reseller, Partnership: in.Partnership, Interchange: in.InterchangeID, SetNo: in.Set, Syntax: in.Syntax, Source: trade.SourceEDI}
	from := in.Supplier
	switch d := in.Doc.(type) {
	case *doc.Inventory:
		return g.receiveStock(ctx, in, d)
	case *doc.ProductActivity:
		return g.receiveActivity(ctx, in, d)
	case *doc.Remittance:
		return g.receivePayment(ctx, in, d)
	case *doc.SellThrough:
		return g.receiveSales(ctx, in, d)
	case *doc.Claim:
		return g.receiveClaim(ctx, in, d)
	case *doc.OrderAck:
		t.Ack = d
	case *doc.ShipNotice:
		t.Notice = d
	case *doc.Invoice:
		t.Invoice = d
	case *doc.CreditDebit:
		t.Invoice = trade.Adjusted(d)
	case *doc.OrderChangeAck:
		t.ChangeAck = d
	case *doc.OrderChange:
		t.Change, from = d, in.Reseller
	case *doc.ReceivingAdvice:
		t.Advice, from = d, in.Reseller
	case *doc.Return:
		d.Stage = doc.StageInstruct
		if in.FromReseller {
			d.Stage, from = doc.StageRequest, in.Reseller
		}
		t.Return = d
	}
	got, err := g.a.trade.ReceiveReply(ctx, access.System("edi", from), t)
	if err != nil {
		return gateway.ReplyOut{}, err
	}
	return gateway.ReplyOut{Kind: got.Kind, ID: got.ID, Outcome: replyOutcomes[got.Outcome]}, nil
}

// replyOutcomes are the gateway's words for what became of a reply.
var replyOutcomes = map[trade.Outcome]string{
	trade.Booked: gateway.BusinessBooked, trade.Duplicate: gateway.BusinessDuplicate, trade.Waits: gateway.BusinessWaiting, trade.HeldBack: gateway.BusinessHeld,
	trade.Discarded: gateway.BusinessDiscarded,
}

// roomPeople tells the rooms who the companies' people are.
type roomPeople struct{ d account.Directory }

func (r roomPeople) Staff(ctx context.Context, orgs []string) ([]room.Person, error) {
	people, err := r.d.People(ctx, orgs...)
	out := make([]room.Person, len(people))
	for i, p := range people {
		out[i] = room.Person{ID: p.ID, Name: p.Name, Org: p.Org, Roles: p.Roles}
	}
	return out, err
}

func (r roomPeople) Names(ctx context.Context, persons []string) (map[string]string, error) {
	people, err := r.d.PersonsByID(ctx, persons...)
	out := make(map[string]string, len(people))
	for id, p := range people {
		out[id] = p.Name
	}
	return out, err
}

func (r roomPeople) Companies(ctx context.Context, orgs []string) (map[string]room.Company, error) {
	got, err := r.d.OrgsByID(ctx, orgs...)
	out := make(map[string]room.Company, len(got))
	for id, o := range got {
		out[id] = room.Company{ID: id, Slug: o.Slug, Name: o.Name}
	}
	return out, err
}

// roomGate lets those into a room whose role may see its subject. The company is
// known to be in the room; the sides of a subject are those of its room.
type roomGate struct{ a *App }

func (g roomGate) MaySee(ctx context.Context, actor access.Actor, s room.Subject) error {
	if s.Kind == dealRoom { // who may read it depends on the side
		actor.Scopes = nil
		return g.a.deals.MaySee(ctx, actor, deal.ID(s.ID))
	}
	if s.Kind == quoteRoom {
		return g.a.quotes.MaySee(ctx, unscoped(actor), quote.ID(s.ID))
	}
	if s.Kind == engageRoom {
		return g.a.engagements.MaySee(ctx, unscoped(actor), s.ID)
	}
	if s.Kind == claimSubject {
		return g.a.funds.MaySee(ctx, unscoped(actor), fund.ClaimID(s.ID))
	}
	act := access.PartnerRead
	switch s.Kind {
	case trade.DocumentOrder:
		act = access.OrderRead
	case agreementRoom:
		act = access.AgreementRead
	case interchangeRoom:
		act = access.EDIRead
	case promotionRoom:
		return access.Check(unscoped(actor), access.PromoRead, access.Own(actor.Org))
	}
	return access.Check(unscoped(actor), act, access.Shared(actor.Org, ""))
}

// scanner is the program that judges files; nil where none is set.
func (c Config) scanner() attach.Scanner {
	if c.ScanCommand == "" {
		return nil
	}
	return scanCommand(c.ScanCommand)
}

// scanCommand judges a file by a program of the operator's, which reads it on its
// standard input and gets nothing else of it: a name is what a stranger typed.
type scanCommand string

func (s scanCommand) Scan(ctx context.Context, _ string, body io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, string(s))
	cmd.Stdin = body
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return fault.InvalidField("file", "room.file_infected")
	}
	return err
}

// chatNotices tells those whom a message names, those let into a room and those given a task. Who left the company meanwhile, or whose
// role does not see the room's subject, is not told.
func (a *App) chatNotices(ctx context.Context, e job.Received) error {
	var m room.Mentioned
	if err := e.Decode(&m); err != nil {
		return err
	}
	n := notify.Notice{Kind: "chat.mentioned", Reason: notify.ReasonNamed, Dedupe: e.ID}
	if e.Kind == room.EventInvited {
		n.Kind, n.Reason = "chat.invited", notify.ReasonYours
	}
	if e.Kind == room.EventTasked {
		n.Kind, n.Reason = "chat.tasked", notify.ReasonYours
	}
	if e.Kind == room.EventAsked {
		return a.tellAsked(ctx, e.ID, m)
	}
	return a.tellMembers(ctx, n, m.Room, m.Seq, m.Author, m.Org, m.Persons, m.Orgs)
}

// tellAsked tells the admins of a company that it was asked into a room. They are not in the
// room, and what leads there is the answer to it.
func (a *App) tellAsked(ctx context.Context, id string, m room.Mentioned) error {
	dir := a.accounts.Directory()
	names, err := dir.PersonsByID(ctx, m.Author)
	if err != nil {
		return err
	}
	companies, err := dir.OrgsByID(ctx, m.Org)
	if err != nil {
		return err
	}
	staff, err := roomPeople{dir}.Staff(ctx, m.Orgs)
	if err != nil {
		return err
	}
	to := map[string][]notify.Target{}
	for i, person := range m.Persons {
		if slices.ContainsFunc(staff, func(p room.Person) bool {
			return p.ID == person && p.Org == m.Orgs[i] && slices.Contains(p.Roles, access.Admin)
		}) {
			to[m.Orgs[i]] = append(to[m.Orgs[i]], notify.Target{Org: m.Orgs[i], Person: person})
		}
	}
	for org, targets := range to {
		n := notify.Notice{Kind: "chat.asked", Reason: notify.ReasonYours, Dedupe: id, SubjectKind: "roominvite", SubjectID: string(m.Room), Args: map[string]string{"person": names[m.Author].Name, "partner": companies[m.Org].Name}}
		if err := a.notify.Tell(ctx, access.System("notices", org), targets, n); err != nil {
			return err
		}
	}
	return nil
}

// callNotices tells people of a call that they missed.
func (a *App) callNotices(ctx context.Context, e job.Received) error {
	var m calling.Missed
	if err := e.Decode(&m); err != nil {
		return err
	}
	n := notify.Notice{Kind: "call.missed", Reason: notify.ReasonNamed, Dedupe: e.ID}
	return a.tellMembers(ctx, n, m.Room, m.Seq, m.Person, m.Org, m.Persons, m.Orgs)
}

// tellMembers tells members of a room who see it still what somebody of a company did
// there; those of the own company by the kind that does not name it.
func (a *App) tellMembers(ctx context.Context, n notify.Notice, id room.ID, seq int64, by, byOrg string, persons, orgs []string) error {
	dir := a.accounts.Directory()
	names, err := dir.PersonsByID(ctx, by)
	if err != nil {
		return err
	}
	companies, err := dir.OrgsByID(ctx, byOrg)
	if err != nil {
		return err
	}
	staff, err := roomPeople{dir}.Staff(ctx, orgs)
	if err != nil {
		return err
	}
	to := map[string][]notify.Target{}
	for i, person := range persons {
		for _, p := range staff {
			if p.ID != person || p.Org != orgs[i] {
				continue
			}
			who := access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles, Via: "session:notice"}
			switch _, err := a.rooms.Get(ctx, who, id); {
			case err == nil:
				to[p.Org] = append(to[p.Org], notify.Target{Org: p.Org, Person: p.ID})
			case !fault.IsNotFound(err):
				return err
			}
		}
	}
	n.SubjectKind, n.SubjectID = "chat", string(id)+"."+strconv.FormatInt(seq, 10)
	n.Args = map[string]string{"person": names[by].Name, "partner": companies[byOrg].Name}
	for org, targets := range to {
		n := n
		if org == byOrg {
			n.Kind += "_own"
		}
		if err := a.notify.Tell(ctx, access.System("notices", org), targets, n); err != nil {
			return err
		}
	}
	return nil
}

// forumPartners tells the forum with whom a company works.
type forumPartners struct{ a *App }

func (f forumPartners) With(ctx context.Context, org string) ([]string, error) {
	list, err := f.a.partners.List(ctx, access.System("forum", org), partner.Active)
	var out []string
	for _, p := range list {
		out = append(out, p.Other(org))
	}
	return out, err
}

// Held implements forum.Tiers.
func (f forumPartners) Held(ctx context.Context, org string) (map[string]string, error) {
	return f.tiers(ctx, org, false)
}

// Given implements forum.Tiers.
func (f forumPartners) Given(ctx context.Context, owner string) (map[string]string, error) {
	return f.tiers(ctx, owner, true)
}

// Tiers implements forum.Tiers.
func (f forumPartners) Tiers(ctx context.Context, owner string) ([]string, error) {
	return libraryCircle(f).Tiers(ctx, owner)
}

// tiers are those that a company gives its resellers, or that its suppliers give it, in
// partnerships that are not over.
func (f forumPartners) tiers(ctx context.Context, org string, gives bool) (map[string]string, error) {
	list, err := f.a.partners.List(ctx, access.System("forum", org), partner.Active, partner.Suspended)
	if err != nil {
		return nil, err
	}
	var pairs []string
	for _, p := range list {
		if gives == (p.Supplier == org) {
			pairs = append(pairs, p.ID)
		}
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	by, err := f.a.deals.TiersOf(ctx, access.System("forum", org), pairs)
	out := map[string]string{}
	for _, p := range list {
		if t := by[p.ID]; t != "" && gives == (p.Supplier == org) {
			out[p.Other(org)] = t
		}
	}
	return out, err
}

// forumSeats makes seats and free rooms read only when a partnership ended.
func (a *App) forumSeats(ctx context.Context, e job.Received) error {
	var p partner.Event
	if err := e.Decode(&p); err != nil {
		return err
	}
	if err := a.rooms.PartnersEnded(ctx, access.System("rooms", p.Supplier), p.Supplier, p.Reseller); err != nil {
		return err
	}
	return a.forum.Ended(ctx, access.System("forum", p.Supplier), p.Supplier, p.Reseller)
}

// forumNotices tells who watches a topic of a reply, its author of an accepted answer, and
// the owner's moderators of a report. No author is named: who reads it may not know him.
func (a *App) forumNotices(ctx context.Context, e job.Received) error {
	var t forum.Told
	if err := e.Decode(&t); err != nil {
		return err
	}
	w, err := a.forum.Watchers(ctx, access.System("notices", t.Owner), t.Topic)
	if fault.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: "forum.replied", Reason: notify.ReasonWatch, Dedupe: e.ID, SubjectKind: "topic", SubjectID: string(t.Topic), Args: map[string]string{"title": w.Title, "post": string(t.Post)}}
	switch e.Kind {
	case forum.EventFlagged:
		if w.Sealed { // who judges reports may not have accepted the agreement, and reads the report alone
			n.Args["title"], n.SubjectKind = w.Category, "forumreport"
		}
		n.Kind = "forum.flagged"
		return a.tellSide(ctx, t.Owner, "", []access.Role{access.Manager}, n)
	case forum.EventAccepted:
		n.Kind, n.Reason = "forum.accepted", notify.ReasonYours
	}
	for org, people := range w.Who {
		var to []notify.Target
		for _, p := range people {
			if p != t.Person && (e.Kind == forum.EventReplied || p != w.From[1]) {
				to = append(to, notify.Target{Org: org, Person: p})
			}
		}
		if err := a.notify.Tell(ctx, access.System("notices", org), to, n); err != nil {
			return err
		}
	}
	return nil
}

// unscoped is the actor without the scopes of its token: the chat scope was checked, here
// it is the role that counts.
func unscoped(actor access.Actor) access.Actor {
	if actor.Scopes != nil {
		actor.Scopes = nil
	}
	return actor
}

// courierNames knows the AS2 names of companies.
type courierNames struct{ a *App }

func (c courierNames) Route(ctx context.Context, from, to string) (courier.Route, error) {
	r, err := c.a.partners.Resolve(ctx, partner.Query{Kind: account.AS2, Sender: partner.Address{Value: from}, Receiver: partner.Address{Value: to}})
	out := courier.Route{Sender: r.Sender, Receiver: r.Receiver}
	if len(r.Active) > 0 {
		p := r.Active[0]
		out.Partnership, out.Supplier, out.Reseller = p.ID, p.Supplier, p.Reseller
	}
	return out, err
}

func (c courierNames) Between(ctx context.Context, partnership, from, to string) (string, string, bool, error) {
	s, r, ok, err := c.a.partners.Addresses(ctx, access.System("as2", from), partnership, account.AS2, from, to)
	return s.Value, r.Value, ok, err
}

// Sides gives the companies of a partnership to the gateway.
func (g gatewayPartners) Sides(ctx context.Context, actor access.Actor, partnership string) (string, string, error) {
	return courierNames{g.a}.Sides(ctx, actor, partnership)
}

func (c courierNames) Sides(ctx context.Context, actor access.Actor, partnership string) (string, string, error) {
	actor.Scopes = nil // what an actor may do with a link is checked by its own action
	p, err := c.a.partners.Get(ctx, actor, partnership)
	return p.Supplier, p.Reseller, err
}

func (c courierNames) SidesOf(ctx context.Context, actor access.Actor, partnerships []string) (map[string]courier.Pair, error) {
	actor.Scopes = nil
	ps, err := c.a.partners.Some(ctx, actor, partnerships...)
	out := make(map[string]courier.Pair, len(ps))
	for id, p := range ps {
		out[id] = courier.Pair{Supplier: p.Supplier, Reseller: p.Reseller, Closed: !p.Opened(actor.Org)}
	}
	return out, err
}

func (c courierNames) Own(ctx context.Context, org string) (names []string, err error) {
	ids, err := c.a.accounts.Identities(ctx, access.System("as2", org))
	for _, i := range ids {
		if i.Kind == account.AS2 {
			names = append(names, i.Value)
		}
	}
	return names, err
}

// agreementPartners knows partnerships for the agreements.
type agreementPartners struct{ a *App }

func (g agreementPartners) Pair(ctx context.Context, actor access.Actor, partnership string) (agreement.Pair, error) {
	actor.Scopes = nil // what an actor may do with an agreement is checked by its own action
	p, err := g.a.partners.Get(ctx, actor, partnership)
	if err != nil {
		return agreement.Pair{}, err
	}
	orgs, err := g.a.accounts.Directory().OrgsByID(ctx, p.Supplier)
	return agreement.Pair{Supplier: p.Supplier, Reseller: p.Reseller, Zone: orgs[p.Supplier].Location(), Ended: p.State == partner.Ended, Price: p.PriceTolerance, Quantity: p.QuantityTolerance}, err
}

func (g agreementPartners) Identities(ctx context.Context, actor access.Actor, partnership string) (map[string][]string, error) {
	actor.Scopes = nil
	list, err := g.a.partners.Identities(ctx, actor, partnership)
	out := map[string][]string{}
	for _, i := range list {
		text := i.Value
		switch {
		case i.Qualifier == "" || i.Kind == account.AS2:
		case i.Kind == account.EDIFACT:
			text += ":" + i.Qualifier
		default:
			text = i.Qualifier + ":" + text
		}
		out[i.Org] = append(out[i.Org], text)
	}
	return out, err
}

func (agreementPartners) Manages(actor access.Actor, p agreement.Pair) error {
	if actor.Scopes != nil { // the scope for agreements was checked; here it is the role that counts
		actor.Scopes = nil
	}
	return access.Check(actor, access.PartnerManage, access.Shared(p.Supplier, p.Reseller))
}

func (g agreementPartners) SetTolerances(ctx context.Context, actor access.Actor, partnership string, price, quantity *money.Rate) error {
	return g.a.partners.AdoptTolerances(ctx, actor, partnership, price, quantity)
}

// presentPerson gives somebody as they may act in a company now, for work that goes on
// after they left the page.
type presentPerson struct{ people account.Directory }

func (p presentPerson) Actor(ctx context.Context, org, person string) (access.Actor, error) {
	all, err := p.people.People(ctx, org)
	if err != nil {
		return access.Actor{}, err
	}
	for _, c := range all {
		if c.ID == person {
			return access.Actor{Person: c.ID, Org: org, Roles: c.Roles, Via: "system:files"}, nil
		}
	}
	return access.Actor{}, fault.New(fault.Forbidden, "error.forbidden")
}
