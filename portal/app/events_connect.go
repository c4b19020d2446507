package app

import (
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
		return a.tellSide(ctx, x.Org, "", roles, n)
	}
	var x courier.MessageEvent
	if err := e.Decode(&x); err != nil {
		return err
	}
	n.Kind = map[string]string{courier.EventFailed: "as2.failed", courier.EventUnproved: "as2.unproved", courier.EventMisused: "as2.misused"}[e.Kind]
	if e.Kind == courier.EventUnproved && x.Reason == courier.ReceiptOverdue {
		n.Kind = "as2.overdue"
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
	if err := a.tellSide(ctx, x.Sender, orgs[other].Name, roles, n); err != nil || e.Kind != courier.EventMisused {
		return err
	}
	return a.tellSide(ctx, other, orgs[x.Sender].Name, roles, n)
}

// documentSubject is a document of the library.
const documentSubject = "document"

// libraryCircle tells the library who works with whom: a tier is what a supplier gives its
// reseller, a country that of the company.
type libraryCircle struct{ a *App }

// pairs are the partnerships of a company that are not over, with the other companies.
func (l libraryCircle) pairs(ctx context.Context, org string) ([]partner.Partnership, map[string]account.Org, error) {
	list, err := l.a.partners.List(ctx, access.System("library", org), partner.Active, partner.Suspended)
	if err != nil {
		return nil, nil, err
	}
	ids := []string{org}
	for _, p := range list {
		ids = append(ids, p.Other(org))
	}
	orgs, err := l.a.accounts.Directory().OrgsByID(ctx, ids...)
	return list, orgs, err
}

// Partners are the companies that a company may address.
func (l libraryCircle) Partners(ctx context.Context, owner string) ([]library.Partner, error) {
	list, orgs, err := l.pairs(ctx, owner)
	if err != nil {
		return nil, err
	}
	tiers, err := l.a.deals.TiersOf(ctx, access.System("library", owner), idsOfPairs(list))
	var out []library.Partner
	at := map[string]int{}
	for _, p := range list {
		other, tier := p.Other(owner), ""
		if p.Supplier == owner {
			tier = tiers[p.ID]
		}
		if i, twice := at[other]; twice { // one each way: the tier is that of the reseller
			out[i].Tier += tier
			continue
		}
		at[other] = len(out)
		out = append(out, library.Partner{Org: other, Tier: tier, Country: orgs[other].Country})
	}
	return out, err
}

// Publishers are the companies that may address a company, with what it is to each.
func (l libraryCircle) Publishers(ctx context.Context, org string) ([]library.Standing, error) {
	list, orgs, err := l.pairs(ctx, org)
	if err != nil {
		return nil, err
	}
	tiers, err := l.a.deals.TiersOf(ctx, access.System("library", org), idsOfPairs(list))
	var out []library.Standing
	at := map[string]int{}
	for _, p := range list {
		other, tier := p.Other(org), ""
		if p.Reseller == org {
			tier = tiers[p.ID]
		}
		if i, twice := at[other]; twice {
			out[i].Tier += tier
			continue
		}
		at[other] = len(out)
		out = append(out, library.Standing{Owner: other, Tier: tier, Country: orgs[org].Country, Today: dayOf(ctx, orgs[other])})
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

func idsOfPairs(list []partner.Partnership) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.ID
	}
	return out
}

// libraryNotices tells the people of addressed companies of a document or a new version of
// it, each once; and of a reminder those companies that have not confirmed it.
func (a *App) libraryNotices(ctx context.Context, e job.Received) error {
	var t library.Told
	if err := e.Decode(&t); err != nil {
		return err
	}
	d, readers, err := a.library.Addressed(ctx, access.System("notices", t.Owner), t.Document)
	if fault.IsNotFound(err) {
		return nil
	}
	if err != nil || d.Version != t.Version { // of a newer one they are told by its own event
		return err
	}
	owner, err := a.accounts.Directory().OrgsByID(ctx, t.Owner)
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
		if !r.Addressed || e.Kind == library.EventReminded && r.Confirmed {
			continue
		}
		if err := a.tellSide(ctx, r.Org, owner[t.Owner].Name, []access.Role{access.Manager, access.Sales, access.Buyer}, n); err != nil {
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
	var t library.Told
	if err := e.Decode(&t); err != nil {
		return err
	}
	d, readers, err := a.library.Addressed(ctx, access.System("webhooks", t.Owner), t.Document)
	if fault.IsNotFound(err) {
		return nil
	}
	if err != nil || d.Version != t.Version {
		return err
	}
	owner, err := a.accounts.Directory().OrgsByID(ctx, t.Owner)
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
		if !r.Addressed || !wanted {
			continue
		}
		data := libraryHook{owner[t.Owner].Slug, d.ID, d.Version, d.Title, d.Kind, "/api/v1/library/" + string(d.ID)}
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
