package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"entente/chat/library"
	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/edi/courier"
	"entente/edi/dial"
	"entente/edi/gateway"
	"entente/portal/hook"
	"entente/portal/push"
	"entente/portal/session"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/notify"
	"entente/prm/partner"
	"entente/prm/trade"
)

// continueTests sends the next test document of a partnership that is tested first,
// once its order was accepted or the document before it was acknowledged.
func (a *App) continueTests(ctx context.Context, e job.Received) error {
	if e.Kind == gateway.EventAcknowledged {
		var x gateway.AcknowledgedEvent
		if err := e.Decode(&x); err != nil || !x.Test || x.DocumentKind != gateway.DocumentTest {
			return err
		}
		return a.gateway.Continue(db.WithOrgs(ctx, x.Supplier, x.Reseller), x.DocumentID)
	}
	var x gateway.ProcessedEvent
	if err := e.Decode(&x); err != nil || !x.Test || x.From != x.Reseller || x.Result != gateway.ResultAccepted {
		return err
	}
	return a.gateway.Continue(db.WithOrgs(ctx, x.Supplier, x.Reseller), x.Interchange)
}

// stageTold tells the other company that one wants to go live, and both that they are,
// in the room of the partnership and to their EDI people.
func (a *App) stageTold(ctx context.Context, e job.Received) error {
	var x gateway.LiveEvent
	if err := e.Decode(&x); err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	kind := "edi.live"
	if e.Kind == gateway.EventLiveAsked {
		kind = "edi.live_asked"
	}
	args := map[string]string{"company": orgs[x.Org].Name, "sender": orgs[x.Sender].Name}
	r, err := a.partnershipRoom(ctx, x.Partnership, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	if _, err := a.rooms.Event(ctx, access.System("rooms", x.Supplier), room.Line{Room: r.ID, Key: e.ID, Kind: kind, Subject: room.Subject{Kind: "connection", ID: x.Partnership}, Args: args}); err != nil {
		return err
	}
	n := notify.Notice{Dedupe: e.ID, Urgent: true, Kind: kind, SubjectKind: "connection", SubjectID: x.Partnership, Args: args}
	for _, side := range [][2]string{{x.Supplier, x.Reseller}, {x.Reseller, x.Supplier}} {
		if side[0] == x.Org && e.Kind == gateway.EventLiveAsked {
			continue
		}
		if err := a.tellSide(ctx, side[0], orgs[side[1]].Name, []access.Role{access.EDI}, n); err != nil {
			return err
		}
	}
	return nil
}

// firstWeek tells the persons who said that a direction goes live of every refusal of
// production documents in the week after.
func (a *App) firstWeek(ctx context.Context, e job.Received) error {
	var x gateway.DocumentRejectedEvent
	if err := e.Decode(&x); err != nil || x.Test {
		return err
	}
	who, err := a.gateway.Watching(db.WithOrgs(ctx, x.Supplier, x.Reseller), x.Partnership, x.From)
	if err != nil || len(who) == 0 {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	for org, person := range who {
		other := x.Supplier
		if org == x.Supplier {
			other = x.Reseller
		}
		n := notify.Notice{Dedupe: e.ID + ":week", Urgent: true, Reason: notify.ReasonWatch, Kind: "edi.first_week", SubjectKind: "interchange", SubjectID: x.Interchange, Args: map[string]string{"type": x.Kind, "number": x.Number, "partner": orgs[other].Name}}
		if err := a.notify.Tell(ctx, access.System("notices", org), []notify.Target{{Org: org, Person: person}}, n); err != nil {
			return err
		}
	}
	return nil
}

// ediToRooms writes EDI events into the room of the order they are about, else
// into the partnership's.
func (a *App) ediToRooms(ctx context.Context, e job.Received) error {
	var p gateway.Parties
	if err := e.Decode(&p); err != nil {
		return err
	}
	actor := access.System("rooms", p.Supplier)
	line := room.Line{Key: e.ID, Subject: room.Subject{Kind: "interchange", ID: p.Interchange}, Args: map[string]string{}}
	subject := room.Subject{}
	switch e.Kind {
	case gateway.EventDocumentRejected:
		var x gateway.DocumentRejectedEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		line.Kind = "edi.rejected"
		line.Args["type"], line.Args["number"] = cmp.Or(x.Kind, "EDI"), x.Number
	case gateway.EventHeld:
		var x gateway.HeldEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		switch line.Kind = "edi.held"; x.Reason {
		case gateway.HeldNotLive:
			line.Kind = "edi.not_live"
		case gateway.HeldNoAccount:
			return nil // how its sender reaches others is its own affair
		}
	case gateway.EventFailed:
		line.Kind = "edi.failed"
	case gateway.EventAcknowledged:
		var x gateway.AcknowledgedEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		if x.DocumentKind == gateway.DocumentTest {
			return nil // the test bench shows it
		}
		line.Kind = "edi.acknowledged"
		line.Args["verdict"] = x.Verdict
		order, err := a.orderOf(ctx, actor, x.DocumentKind, x.DocumentID)
		if err != nil {
			return err
		}
		subject = room.Subject{Kind: trade.DocumentOrder, ID: order}
		line.Args["type"] = map[string]string{trade.DocumentResponse: "855", trade.DocumentShipment: "856", trade.DocumentInvoice: "810"}[x.DocumentKind]
	case gateway.EventAdvised:
		var x gateway.AdvisedEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		if x.DocumentKind == gateway.DocumentTest {
			return nil
		}
		order, err := a.orderOf(ctx, actor, x.DocumentKind, x.DocumentID)
		if err != nil {
			return err
		}
		line.Kind, subject = "edi.advised_"+x.Verdict, room.Subject{Kind: trade.DocumentOrder, ID: order}
		line.Args["type"], line.Args["number"] = x.Kind, x.Number
	}
	if subject.ID != "" {
		r, err := a.rooms.BySubject(ctx, actor, subject)
		if err != nil {
			return err
		}
		line.Room = r.ID
	} else {
		r, err := a.partnershipRoom(ctx, p.Partnership, p.Supplier, p.Reseller)
		if err != nil {
			return err
		}
		line.Room = r.ID
	}
	_, err := a.rooms.Event(ctx, actor, line)
	return err
}

// orderOf finds the order of a response, shipment or invoice, "" for other documents.
func (a *App) orderOf(ctx context.Context, actor access.Actor, kind, id string) (string, error) {
	switch kind {
	case trade.DocumentResponse:
		_, p, err := a.trade.OrderAck(ctx, actor, trade.ResponseID(id))
		return string(p.Order), err
	case trade.DocumentInvoice:
		_, p, err := a.trade.InvoiceDoc(ctx, actor, trade.InvoiceID(id))
		return string(p.Order), err
	case trade.DocumentShipment:
		_, p, err := a.trade.ShipNotice(ctx, actor, trade.ShipmentID(id))
		return string(p.Order), err
	case trade.DocumentOrder:
		return id, nil
	}
	return "", nil
}

// saidNotices tells the EDI people of a company that a partner refused what it sent, in
// its acknowledgement or by its application, and that one speaks of nothing that is known.
func (a *App) saidNotices(ctx context.Context, e job.Received) error {
	n := notify.Notice{Dedupe: e.ID, Urgent: true, SubjectKind: "interchange", Kind: "edi.refused_" + gateway.ResultRejected}
	var p gateway.Parties
	var verdict string
	switch e.Kind {
	case gateway.EventUnmatched:
		var x gateway.UnmatchedEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		p, n.Kind, n.Args = x.Parties, "edi.unmatched", map[string]string{"type": x.Kind, "number": x.Number}
		if p.From = p.Supplier; x.From == p.Supplier { // who sent what it speaks of
			p.From = p.Reseller
		}
	case gateway.EventAdvised:
		var x gateway.AdvisedEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		p, verdict, n.Args = x.Parties, x.Verdict, map[string]string{"type": x.Kind, "number": x.Number}
	default:
		var x gateway.AcknowledgedEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		p, verdict = x.Parties, x.Verdict
	}
	if p.Test {
		return nil
	}
	if e.Kind != gateway.EventUnmatched {
		if verdict == gateway.ResultAccepted || verdict == "" || verdict == gateway.AdvisedErrors && e.Kind == gateway.EventAcknowledged {
			return nil
		}
		n.Kind = "edi.refused_" + verdict
	}
	if n.Args == nil {
		_, _, args, err := a.awaited(ctx, p)
		if err != nil {
			return err
		}
		n.Args = map[string]string{"type": args["type"], "number": cmp.Or(args["number"], args["control"])}
	}
	n.SubjectID = p.Interchange
	orgs, err := a.accounts.Directory().OrgsByID(ctx, p.Supplier, p.Reseller)
	if err != nil {
		return err
	}
	other := p.Supplier
	if p.From == p.Supplier {
		other = p.Reseller
	}
	return a.tellSide(ctx, p.From, orgs[other].Name, []access.Role{access.EDI}, n)
}

// courierNotices tells the EDI people of a company what its AS2 messages and
// certificates need.
func (a *App) courierNotices(ctx context.Context, e job.Received) error {
	n := notify.Notice{Dedupe: e.ID, Urgent: true, Args: map[string]string{}}
	roles := []access.Role{access.EDI}
	if e.Kind == courier.EventExpiring {
		var x courier.Expiring
		if err := e.Decode(&x); err != nil {
			return err
		}
		n.Kind, n.Args["days"] = "as2.expiring", strconv.FormatInt(x.Days, 10)
		if x.Server {
			n.Kind = "as2.expiring_https"
		}
		return a.tellSide(ctx, x.Org, "", roles, n)
	}
	if e.Kind == gateway.EventRemote {
		var x gateway.RemoteEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		if n.Kind, n.Args["name"] = "edi.server_failing", x.Name; x.Refused {
			n.Kind = "edi.server_refused"
		}
		if x.Files != "" {
			n.Kind, n.Args["files"] = "edi.server_incomplete", x.Files
		}
		return a.tellSide(ctx, x.Org, "", roles, n)
	}
	var x courier.MessageEvent
	if err := e.Decode(&x); err != nil {
		return err
	}
	n.Kind = map[string]string{courier.EventFailed: "as2.failed", courier.EventUnproved: "as2.unproved", courier.EventMisused: "as2.misused", courier.EventLocked: "as2.locked"}[e.Kind]
	if e.Kind == courier.EventUnproved && x.Reason == courier.ReceiptOverdue {
		n.Kind = "as2.overdue"
	}
	if e.Kind == courier.EventLocked && x.Reason == courier.Denied { // it asked for no name and password
		n.Kind = "as2.denied"
	}
	if x.Interchange != "" && e.Kind != courier.EventMisused {
		n.SubjectKind, n.SubjectID = "interchange", x.Interchange
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	other := x.Supplier
	if x.Sender == x.Supplier {
		other = x.Reseller
	}
	if err := a.tellSide(ctx, x.Sender, orgs[other].Name, roles, n); err != nil || e.Kind != courier.EventMisused && e.Kind != courier.EventLocked {
		return err
	}
	if e.Kind == courier.EventLocked { // its server is the other company's to mend
		n.Kind, n.SubjectKind, n.SubjectID = n.Kind+"_own", "connection", x.Partnership
	}
	return a.tellSide(ctx, other, orgs[x.Sender].Name, roles, n)
}

// rolloverNotices tells the EDI people of the partners that a company announced its next
// certificate, and the company that a partner confirmed it.
func (a *App) rolloverNotices(ctx context.Context, e job.Received) error {
	var x courier.Rollover
	if err := e.Decode(&x); err != nil {
		return err
	}
	n := notify.Notice{Dedupe: e.ID, Urgent: true, Kind: "as2.announced", SubjectKind: "connection", Args: map[string]string{}}
	roles := []access.Role{access.EDI}
	tell := func(org, other, partnership string) error {
		orgs, err := a.accounts.Directory().OrgsByID(ctx, other)
		if err != nil {
			return err
		}
		n := n
		n.SubjectID = partnership
		n.Dedupe += ":" + partnership
		return a.tellSide(ctx, org, orgs[other].Name, roles, n)
	}
	if e.Kind == courier.EventConfirmed {
		other := x.Supplier
		if x.Org == x.Supplier {
			other = x.Reseller
		}
		n.Kind, n.Urgent = "as2.confirmed", false
		return tell(x.Org, other, x.Partnership)
	}
	list, err := a.partners.List(ctx, access.System("as2", x.Org), partner.Active, partner.Suspended)
	if err != nil {
		return err
	}
	for _, p := range list {
		st, certs, err := a.courier.Station(ctx, access.System("as2", x.Org), p.ID, p.Other(x.Org))
		if err != nil {
			return err
		}
		if st.URL == "" && len(certs) == 0 {
			continue // it exchanges no AS2
		}
		if err := tell(p.Other(x.Org), x.Org, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// documentSubject is a document of the library.
const documentSubject = "document"

// libraryCircle tells the library who works with whom: a tier is what a supplier gives its
// reseller, a country that of the company.
type libraryCircle struct{ a *App }

// circle are the companies with which a company has a partnership that is not over, each
// once, and the tiers that it gives them, or that they give it. Where there is a partnership
// each way, the tier is that of the one in which it is given.
type circle struct {
	others []string
	tiers  map[string]string // by other company
	orgs   map[string]account.Org
}

func (l libraryCircle) circle(ctx context.Context, org string, gives bool) (c circle, err error) {
	list, err := l.a.partners.List(ctx, access.System("library", org), partner.Active, partner.Suspended)
	if err != nil {
		return c, err
	}
	c.tiers = map[string]string{}
	pairs := make([]string, len(list))
	for i, p := range list {
		other := p.Other(org)
		pairs[i] = p.ID
		if _, twice := c.tiers[other]; !twice {
			c.others, c.tiers[other] = append(c.others, other), ""
		}
	}
	if c.orgs, err = l.a.accounts.Directory().OrgsByID(ctx, append([]string{org}, c.others...)...); err != nil {
		return circle{}, err
	}
	tiers, err := l.a.deals.TiersOf(ctx, access.System("library", org), pairs)
	for _, p := range list {
		if gives == (p.Supplier == org) {
			c.tiers[p.Other(org)] += tiers[p.ID]
		}
	}
	return c, err
}

// Partners are the companies that a company may address.
func (l libraryCircle) Partners(ctx context.Context, owner string) ([]library.Partner, error) {
	c, err := l.circle(ctx, owner, true)
	var out []library.Partner
	for _, o := range c.others {
		out = append(out, library.Partner{Org: o, Tier: c.tiers[o], Country: c.orgs[o].Country})
	}
	return out, err
}

// Publishers are the companies that may address a company, with what it is to each.
func (l libraryCircle) Publishers(ctx context.Context, org string) ([]library.Standing, error) {
	c, err := l.circle(ctx, org, false)
	var out []library.Standing
	for _, o := range c.others {
		out = append(out, library.Standing{Owner: o, Tier: c.tiers[o], Country: c.orgs[org].Country, Today: dayOf(ctx, c.orgs[o])})
	}
	return out, err
}

// Tiers are those that a company gives its partners.
func (l libraryCircle) Tiers(ctx context.Context, owner string) ([]string, error) {
	terms, err := l.a.deals.TermsOf(ctx, access.System("library", owner), owner)
	var out []string
	for _, t := range terms.Tiers {
		out = append(out, t.Name)
	}
	return out, err
}

// Today is the civil date of a company.
func (l libraryCircle) Today(ctx context.Context, org string) (string, error) {
	orgs, err := l.a.accounts.Directory().OrgsByID(ctx, org)
	return dayOf(ctx, orgs[org]), err
}

func dayOf(ctx context.Context, o account.Org) string {
	return db.Now(ctx).In(o.Location()).Format(time.DateOnly)
}

// libraryTold is what an event of the library tells: the document, who publishes it and to
// whom it goes. Nobody is to be told where there are no readers: it is gone, nobody's now,
// or newer, of which its own event tells.
func (a *App) libraryTold(ctx context.Context, e job.Received, as string) (d library.Document, owner account.Org, readers []library.Reader, err error) {
	var t library.Told
	if err = e.Decode(&t); err != nil {
		return d, owner, nil, err
	}
	d, all, err := a.library.Addressed(ctx, access.System(as, t.Owner), t.Document)
	if fault.IsNotFound(err) {
		return d, owner, nil, nil
	}
	if err != nil || d.Version != t.Version {
		return d, owner, nil, err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, t.Owner)
	for _, r := range all {
		if r.Addressed {
			readers = append(readers, r)
		}
	}
	return d, orgs[t.Owner], readers, err
}

// libraryNotices tells the people of addressed companies of a document or a new version of
// it, each once; and of a reminder those companies that have not confirmed it.
func (a *App) libraryNotices(ctx context.Context, e job.Received) error {
	d, owner, readers, err := a.libraryTold(ctx, e, "notices")
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: "library.published", Dedupe: "library." + string(d.ID) + "." + strconv.Itoa(d.Version), SubjectKind: documentSubject, SubjectID: string(d.ID), Args: map[string]string{"title": d.Title}}
	switch e.Kind {
	case library.EventChanged:
		n.Kind = "library.changed"
	case library.EventReminded:
		n.Kind, n.Dedupe = "library.reminded", e.ID
	}
	for _, r := range readers {
		if e.Kind == library.EventReminded && r.Confirmed {
			continue
		}
		if err := a.tellSide(ctx, r.Org, owner.Name, []access.Role{access.Manager, access.Sales, access.Buyer}, n); err != nil {
			return err
		}
	}
	return nil
}

// libraryHook is what a webhook says of a document.
type libraryHook struct {
	Partner  string     `json:"partner"` // slug of who publishes it
	Document library.ID `json:"document"`
	Version  int        `json:"version"`
	Title    string     `json:"title"`
	Kind     string     `json:"kind"`
	Href     string     `json:"href"`
}

// libraryHooks tells the systems of addressed companies of a document or a new version.
func (a *App) libraryHooks(ctx context.Context, e job.Received) error {
	d, owner, readers, err := a.libraryTold(ctx, e, "webhooks")
	if err != nil {
		return err
	}
	kind := hook.DocumentPublished
	if e.Kind == library.EventChanged {
		kind = hook.DocumentRenewed
	}
	for _, r := range readers {
		actor := access.System("webhooks", r.Org)
		wanted, err := a.hooks.Wants(ctx, actor, kind)
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		data := libraryHook{owner.Slug, d.ID, d.Version, d.Title, d.Kind, "/api/v1/library/" + string(d.ID)}
		if err := a.hooks.Tell(ctx, actor, hook.Message{Event: e.ID, Place: e.Position, Kind: kind, At: e.At, Data: data}, data); err != nil {
			return err
		}
	}
	return nil
}

// openPush makes the telling on people's devices, with the key of this installation: it is
// made once and kept sealed. Where the key file is another one now, it is made anew, and
// browsers subscribe again.
func (a *App) openPush(ctx context.Context) error {
	const fact, about = "push-key", "push key"
	var raw []byte
	for replace := false; ; replace = true {
		fresh := make([]byte, 32)
		if _, err := rand.Read(fresh); err != nil {
			return err
		}
		kept, err := keepFact(ctx, a.db, fact, base64.StdEncoding.EncodeToString(a.secrets.Seal(fresh, about)), replace)
		if err != nil {
			return err
		}
		sealed, err := base64.StdEncoding.DecodeString(kept)
		if err == nil {
			raw, err = a.secrets.Open(sealed, about)
		}
		if err == nil {
			break
		}
		if replace {
			return fmt.Errorf("the key for notices on devices: %w", err)
		}
	}
	var err error
	if a.push, err = push.New(push.Deps{DB: a.db, Notify: a.notify, People: a.accounts.Directory(), Key: raw, Client: a.dialer.Client(dial.Limits{Total: 5 * time.Second, Body: 16 << 10}), Judge: a.dialer.Judge, URL: a.cfg.BaseURL, Plain: a.cfg.Demo, Log: a.log}); err != nil {
		return err
	}
	a.notify.Push(a.push)
	a.jobs.Every("push-notices", time.Minute, a.push.Tell)
	a.jobs.Every("push-send", time.Minute, a.push.Send)
	return nil
}

// pushDoors ends also that devices are told: those that were added in a session that ends.
type pushDoors struct {
	session.Doors
	a *App
}

// SignedOut implements account.Leaver.
func (d pushDoors) SignedOut(person string, sessions []string) {
	d.Doors.SignedOut(person, sessions)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := d.a.push.Ended(ctx, sessions); err != nil {
		d.a.log.Warn("devices of ended sessions are still told", "error", err)
	}
}
