package partner

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/money"
)

// world is a manufacturer, its distributor, and a competitor of the distributor.
type world struct {
	t    *testing.T
	d    *db.DB
	acc  *account.Service
	s    *Service
	pub  *events
	orgs map[string]account.Org
	who  map[string]access.Actor // company → a manager; "kestrel viewer" → a viewer
	now  time.Time
}

type events struct {
	mu   sync.Mutex
	kind []string
}

func (e *events) Publish(_ context.Context, ev job.Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := ev.Payload.(Event)
	if len(ev.Orgs) != 2 || ev.Object != p.Partnership || p.Supplier == "" || p.Reseller == "" || p.Org == "" {
		return fmt.Errorf("event %+v is incomplete", ev)
	}
	e.kind = append(e.kind, ev.Kind)
	return nil
}

func (e *events) take() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := strings.Join(e.kind, " ")
	e.kind = nil
	return out
}

func each(t *testing.T, fn func(w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{t: t, d: d, pub: &events{}, orgs: map[string]account.Org{}, who: map[string]access.Actor{}, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
		w.acc = account.NewService(d, account.Options{})
		w.s = NewService(d, w.pub, w.acc.Directory())
		w.s.Tie(w.acc)
		sys := access.System("test", "")
		for slug, cur := range map[string]string{"aurelia": "GBP", "kestrel": "GBP", "baltic": "EUR"} {
			o, err := w.acc.CreateOrg(w.ctx(), sys, account.OrgCmd{Slug: slug, Name: slug, Country: "GB", Currency: cur, Zone: "UTC", Locale: "en"})
			w.must(err)
			w.orgs[slug] = o
			p, err := w.acc.CreatePerson(w.ctx(), sys, account.PersonCmd{Email: "m@" + slug + ".example", Name: "Manager", Org: o.ID, Roles: []access.Role{access.Manager}})
			w.must(err)
			w.who[slug] = access.Actor{Person: p.ID, Org: o.ID, Roles: []access.Role{access.Manager}, Via: "session:x"}
			v := w.who[slug]
			v.Roles = []access.Role{access.Viewer}
			w.who[slug+" viewer"] = v
		}
		fn(w)
	})
}

func (w *world) ctx() context.Context { return db.WithNow(context.Background(), w.now) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wants(what string, err error, code fault.Code, key string) {
	w.t.Helper()
	if fault.CodeOf(err) != code || key != "" && fault.KeyOf(err) != key {
		w.t.Errorf("%s: got %v, want %s %s", what, err, code, key)
	}
}

var terms = Terms{Currency: "GBP", PriceTolerance: 20_000, QuantityTolerance: 0}

// pair makes an active partnership of aurelia and another company.
func (w *world) pair(reseller string) Partnership {
	w.t.Helper()
	p, err := w.s.Invite(w.ctx(), w.who["aurelia"], InviteCmd{Company: w.orgs[reseller].ID, As: access.Supplier, Terms: terms})
	w.must(err)
	p, err = w.s.Accept(w.ctx(), w.who[reseller], p.ID)
	w.must(err)
	return p
}

// identity gives a company an EDI identity.
func (w *world) identity(org string, kind account.IdentityKind, q, v string) account.Identity {
	w.t.Helper()
	a := w.who[org]
	a.Roles = []access.Role{access.Admin}
	i, err := w.acc.AddIdentity(w.ctx(), a, account.IdentityCmd{Kind: kind, Qualifier: q, Value: v})
	w.must(err)
	return i
}

func (w *world) digest() string {
	var ps []partnershipRow
	w.must(w.d.Gorm().Order("id").Find(&ps).Error)
	var cs []confirmationRow
	w.must(w.d.Gorm().Order("partnership_id, identity_id").Find(&cs).Error)
	return fmt.Sprint(ps, cs)
}

func TestModelsMatchTheSchema(t *testing.T) {
	each(t, func(w *world) { dbtest.CheckModels(w.t, w.d, partnershipRow{}, confirmationRow{}) })
}

func TestLifeOfAPartnership(t *testing.T) {
	each(t, func(w *world) {
		a, k := w.who["aurelia"], w.who["kestrel"]
		p, err := w.s.Invite(w.ctx(), a, InviteCmd{Company: w.orgs["kestrel"].ID, As: access.Supplier, Terms: terms})
		w.must(err)
		if p.State != Invited || p.Supplier != a.Org || p.Reseller != k.Org || p.SideOf(k.Org) != access.Reseller || p.Other(a.Org) != k.Org {
			w.t.Fatalf("partnership = %+v", p)
		}
		_, err = w.s.Accept(w.ctx(), a, p.ID)
		w.wants("accepting one's own invitation", err, fault.Conflict, "partner.state_wrong")
		_, err = w.s.Suspend(w.ctx(), k, p.ID)
		w.wants("suspending what is not active", err, fault.Conflict, "")
		_, err = w.s.Invite(w.ctx(), k, InviteCmd{Company: a.Org, As: access.Reseller, Terms: terms})
		w.wants("inviting twice", err, fault.Conflict, "partner.exists")
		for range 2 { // again is no error and no second event
			p, err = w.s.Accept(w.ctx(), k, p.ID)
			w.must(err)
		}
		if got := w.pub.take(); got != "partner.Invited partner.Activated" || p.State != Active {
			w.t.Errorf("%s: events %q", p.State, got)
		}
		_, err = w.s.Suspend(w.ctx(), a, p.ID)
		w.must(err)
		_, err = w.s.Resume(w.ctx(), k, p.ID)
		w.wants("resuming what the other side suspended", err, fault.Conflict, "")
		_, err = w.s.Accept(w.ctx(), k, p.ID)
		w.wants("accepting what the other side suspended", err, fault.Conflict, "")
		_, err = w.s.Resume(w.ctx(), a, p.ID)
		w.must(err)
		p, err = w.s.End(w.ctx(), k, p.ID)
		w.must(err)
		if got := w.pub.take(); got != "partner.Suspended partner.Activated partner.Ended" || p.State != Ended {
			w.t.Errorf("%s: events %q", p.State, got)
		}
		_, err = w.s.Resume(w.ctx(), k, p.ID)
		w.wants("resuming what ended", err, fault.Conflict, "")
		again, err := w.s.Invite(w.ctx(), k, InviteCmd{Company: a.Org, As: access.Reseller, Terms: terms})
		w.must(err)
		if again.ID != p.ID || again.State != Invited {
			w.t.Errorf("invited anew: %+v", again)
		}
		_, err = w.s.Accept(w.ctx(), a, p.ID)
		w.must(err)
	})
}

func TestOneEachWay(t *testing.T) {
	each(t, func(w *world) {
		p := w.pair("kestrel")
		q, err := w.s.Invite(w.ctx(), w.who["kestrel"], InviteCmd{Company: w.orgs["aurelia"].ID, As: access.Supplier, Terms: terms})
		w.must(err)
		_, err = w.s.Accept(w.ctx(), w.who["aurelia"], q.ID)
		w.must(err)
		both, err := w.s.Between(w.ctx(), w.who["aurelia"], w.orgs["kestrel"].ID)
		w.must(err)
		if len(both) != 2 || p.ID == q.ID {
			w.t.Errorf("between = %+v", both)
		}
		none, err := w.s.Between(w.ctx(), w.who["baltic"], w.orgs["kestrel"].ID)
		w.must(err)
		own, err := w.s.Between(w.ctx(), w.who["aurelia"], w.orgs["aurelia"].ID)
		w.must(err)
		if len(none)+len(own) != 0 {
			w.t.Errorf("between = %+v, %+v", none, own)
		}
		w.pair("baltic")
		mine, err := w.s.List(w.ctx(), w.who["kestrel viewer"])
		w.must(err)
		all, err := w.s.List(w.ctx(), w.who["aurelia"], Active)
		w.must(err)
		ended, err := w.s.List(w.ctx(), w.who["aurelia"], Ended, Suspended)
		w.must(err)
		if len(mine) != 2 || len(all) != 3 || len(ended) != 0 {
			w.t.Errorf("lists hold %d, %d and %d", len(mine), len(all), len(ended))
		}
		ids, err := w.s.ByID(w.ctx(), p.ID, q.ID, "unknown")
		w.must(err)
		if len(ids) != 2 || ids[q.ID].Supplier != w.orgs["kestrel"].ID {
			w.t.Errorf("by id = %+v", ids)
		}
	})
}

func TestTermsAreLockedByVersion(t *testing.T) {
	each(t, func(w *world) {
		p := w.pair("kestrel")
		looser := Terms{Currency: "GBP", PriceTolerance: 50_000, QuantityTolerance: 10_000}
		var wg sync.WaitGroup
		var mu sync.Mutex
		yes, conflicts := 0, 0
		for i := range 20 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				who := w.who[[]string{"aurelia", "kestrel"}[i%2]]
				_, err := w.s.Change(w.ctx(), who, p.ID, ChangeCmd{Version: p.Version, Terms: looser})
				mu.Lock()
				defer mu.Unlock()
				switch fault.CodeOf(err) {
				case "":
					yes++
				case fault.Conflict:
					conflicts++
				default:
					w.t.Error(err)
				}
			}()
		}
		wg.Wait()
		if yes != 1 || conflicts != 19 {
			w.t.Errorf("%d changes and %d conflicts, want 1 and 19", yes, conflicts)
		}
		now, err := w.s.Get(w.ctx(), w.who["kestrel viewer"], p.ID)
		w.must(err)
		if now.PriceTolerance != 50_000 || now.Version != p.Version+1 {
			w.t.Errorf("partnership = %+v", now)
		}
		_, err = w.s.Change(w.ctx(), w.who["kestrel"], p.ID, ChangeCmd{Version: p.Version, Terms: looser})
		if e := fault.As(err); e.Key != "partner.changed" || e.Args["version"] != now.Version {
			w.t.Errorf("conflict = %+v", e)
		}
		_, err = w.s.Change(w.ctx(), w.who["kestrel"], p.ID, ChangeCmd{Version: now.Version, Terms: Terms{Currency: "EUR"}})
		w.wants("another currency", err, fault.Conflict, "partner.currency_fixed")
		_, err = w.s.Change(w.ctx(), w.who["kestrel"], p.ID, ChangeCmd{Version: now.Version, Terms: Terms{Currency: "x", PriceTolerance: -1, QuantityTolerance: money.One + 1}})
		if f := fault.As(err).Fields; len(f) != 3 {
			w.t.Errorf("fields = %+v", f)
		}
	})
}

// TestIdentitiesCountOnceConfirmed: sender and receiver must be confirmed by the
// other side, in an active partnership; all that is not so answers alike.
func TestIdentitiesCountOnceConfirmed(t *testing.T) {
	each(t, func(w *world) {
		p := w.pair("kestrel")
		w.pair("baltic")
		ai := w.identity("aurelia", account.X12, "ZZ", "AURELIATOOLS")
		ki := w.identity("kestrel", account.X12, "ZZ", "KESTRELSUPPLY")
		bi := w.identity("baltic", account.X12, "ZZ", "BALTICTRADE")
		w.identity("kestrel", account.AS2, "", "AURELIATOOLS-AS2")
		at := func(v string) Address { return Address{"ZZ", v} }
		route := func(from, to string) Route {
			r, err := w.s.Resolve(w.ctx(), Query{Kind: account.X12, Sender: at(from), Receiver: at(to)})
			w.must(err)
			return r
		}
		dead := Route{Sender: w.orgs["kestrel"].ID}
		is := func(what string, got, want Route) {
			w.t.Helper()
			if !reflect.DeepEqual(got, want) {
				w.t.Errorf("%s: %+v, want %+v", what, got, want)
			}
		}
		is("nothing confirmed", route("KESTRELSUPPLY", "AURELIATOOLS"), dead)
		w.wants("confirming one's own", w.s.ConfirmIdentity(w.ctx(), w.who["kestrel"], p.ID, ki.ID), fault.NotFound, "")
		w.wants("confirming a third one's", w.s.ConfirmIdentity(w.ctx(), w.who["aurelia"], p.ID, bi.ID), fault.NotFound, "")
		w.wants("confirming as a viewer", w.s.ConfirmIdentity(w.ctx(), w.who["aurelia viewer"], p.ID, ki.ID), fault.Forbidden, "")
		w.must(w.s.ConfirmIdentity(w.ctx(), w.who["aurelia"], p.ID, ki.ID))
		is("half confirmed", route("KESTRELSUPPLY", "AURELIATOOLS"), dead)
		w.must(w.s.ConfirmIdentity(w.ctx(), w.who["kestrel"], p.ID, ai.ID))
		w.must(w.s.ConfirmIdentity(w.ctx(), w.who["kestrel"], p.ID, ai.ID))
		want := Route{Sender: w.orgs["kestrel"].ID, Receiver: w.orgs["aurelia"].ID, Active: []Partnership{p}}
		is("both confirmed", route("KESTRELSUPPLY", "AURELIATOOLS"), want)
		is("the other way", route("AURELIATOOLS", "KESTRELSUPPLY"), Route{Sender: w.orgs["aurelia"].ID, Receiver: w.orgs["kestrel"].ID, Active: []Partnership{p}})
		is("a receiver that does not exist", route("KESTRELSUPPLY", "NOBODY"), dead)
		is("a receiver that exists, without partnership", route("KESTRELSUPPLY", "BALTICTRADE"), dead)
		is("oneself", route("KESTRELSUPPLY", "KESTRELSUPPLY"), dead)
		is("a sender that does not exist", route("NOBODY", "AURELIATOOLS"), Route{})
		is("other case", route("kestrelsupply", "AURELIATOOLS"), Route{})
		from, to, ok, err := w.s.Addresses(w.ctx(), w.who["aurelia"], p.ID, account.X12, w.orgs["aurelia"].ID, w.orgs["kestrel"].ID)
		w.must(err)
		if !ok || from != at("AURELIATOOLS") || to != at("KESTRELSUPPLY") {
			w.t.Errorf("addresses = %v %v %v", from, to, ok)
		}
		if _, _, ok, _ := w.s.Addresses(w.ctx(), w.who["aurelia"], p.ID, account.AS2, w.orgs["aurelia"].ID, w.orgs["kestrel"].ID); ok {
			w.t.Error("an unconfirmed AS2 name counts")
		}
		all, err := w.s.Identities(w.ctx(), w.who["kestrel viewer"], p.ID)
		w.must(err)
		if len(all) != 3 {
			w.t.Errorf("identities = %+v", all)
		}

		_, err = w.s.Suspend(w.ctx(), w.who["kestrel"], p.ID)
		w.must(err)
		is("suspended", route("KESTRELSUPPLY", "AURELIATOOLS"), dead)
		p, err = w.s.Resume(w.ctx(), w.who["kestrel"], p.ID)
		w.must(err)
		w.must(w.s.WithdrawIdentity(w.ctx(), w.who["aurelia"], p.ID, ki.ID))
		is("withdrawn", route("KESTRELSUPPLY", "AURELIATOOLS"), dead)
		w.must(w.s.ConfirmIdentity(w.ctx(), w.who["aurelia"], p.ID, ki.ID))

		// a value that goes and comes back is to be confirmed anew
		admin := w.who["kestrel"]
		admin.Roles = []access.Role{access.Admin}
		w.must(w.acc.RemoveIdentity(w.ctx(), admin, ki.ID))
		w.identity("kestrel", account.X12, "ZZ", "KESTRELSUPPLY")
		is("added again", route("KESTRELSUPPLY", "AURELIATOOLS"), dead)

		// An identity is found as long as it may be read.
		found := func(what string, want int) {
			got, _, err := w.s.Page(w.ctx(), w.who["aurelia"], PageFilter{Query: "KESTRELSUPPLY", Ended: true, Limit: 50})
			if err != nil || len(got) != want {
				w.t.Errorf("%s: the identity finds %d, want %d: %v", what, len(got), want, err)
			}
		}
		found("active", 1)
		_, err = w.s.End(w.ctx(), w.who["aurelia"], p.ID)
		w.must(err)
		found("ended", 0)
		_, err = w.s.Invite(w.ctx(), w.who["aurelia"], InviteCmd{Company: w.orgs["kestrel"].ID, As: access.Supplier, Terms: terms})
		w.must(err)
		_, err = w.s.Accept(w.ctx(), w.who["kestrel"], p.ID)
		w.must(err)
		is("ended and begun anew", route("AURELIATOOLS", "KESTRELSUPPLY"), Route{Sender: w.orgs["aurelia"].ID})
	})
}

func TestResolveGivesBothWays(t *testing.T) {
	each(t, func(w *world) {
		p := w.pair("kestrel")
		q, err := w.s.Invite(w.ctx(), w.who["kestrel"], InviteCmd{Company: w.orgs["aurelia"].ID, As: access.Supplier, Terms: terms})
		w.must(err)
		_, err = w.s.Accept(w.ctx(), w.who["aurelia"], q.ID)
		w.must(err)
		ai, ki := w.identity("aurelia", account.X12, "ZZ", "A"), w.identity("kestrel", account.X12, "01", "K")
		for _, id := range []string{p.ID, q.ID} {
			w.must(w.s.ConfirmIdentity(w.ctx(), w.who["aurelia"], id, ki.ID))
			w.must(w.s.ConfirmIdentity(w.ctx(), w.who["kestrel"], id, ai.ID))
		}
		r, err := w.s.Resolve(w.ctx(), Query{Kind: account.X12, Sender: Address{"01", "K"}, Receiver: Address{"ZZ", "A"}})
		w.must(err)
		if len(r.Active) != 2 || r.Active[0].Supplier == r.Active[1].Supplier {
			w.t.Errorf("route = %+v", r)
		}
	})
}

// TestStrangerMeetsNothing: the competitor calls every method that takes an
// actor; a method that is not called here fails the test.
func TestStrangerMeetsNothing(t *testing.T) {
	each(t, func(w *world) {
		p := w.pair("kestrel")
		w.pair("baltic")
		ki := w.identity("kestrel", account.X12, "ZZ", "KESTRELSUPPLY")
		do := func(_ any, err error) error { return err }
		calls := map[string]func(a access.Actor) error{
			"Get":     func(a access.Actor) error { return do(w.s.Get(w.ctx(), a, p.ID)) },
			"Accept":  func(a access.Actor) error { return do(w.s.Accept(w.ctx(), a, p.ID)) },
			"Suspend": func(a access.Actor) error { return do(w.s.Suspend(w.ctx(), a, p.ID)) },
			"Resume":  func(a access.Actor) error { return do(w.s.Resume(w.ctx(), a, p.ID)) },
			"End":     func(a access.Actor) error { return do(w.s.End(w.ctx(), a, p.ID)) },
			"Change": func(a access.Actor) error {
				return do(w.s.Change(w.ctx(), a, p.ID, ChangeCmd{Version: p.Version, Terms: terms}))
			},
			"Identities":       func(a access.Actor) error { return do(w.s.Identities(w.ctx(), a, p.ID)) },
			"ConfirmIdentity":  func(a access.Actor) error { return w.s.ConfirmIdentity(w.ctx(), a, p.ID, ki.ID) },
			"WithdrawIdentity": func(a access.Actor) error { return w.s.WithdrawIdentity(w.ctx(), a, p.ID, ki.ID) },
			"Addresses": func(a access.Actor) error {
				_, _, _, err := w.s.Addresses(w.ctx(), a, p.ID, account.X12, w.orgs["aurelia"].ID, w.orgs["kestrel"].ID)
				return err
			},
			"AdoptTolerances": func(a access.Actor) error { return w.s.AdoptTolerances(w.ctx(), a, p.ID, &terms.PriceTolerance, nil) },
			"Invite": func(a access.Actor) error {
				return do(w.s.Invite(w.ctx(), a, InviteCmd{Company: db.NewID(), As: access.Supplier, Terms: terms}))
			},
		}
		calls["InviteAgain"] = func(a access.Actor) error { return do(w.s.InviteAgain(w.ctx(), a, p.ID)) }
		none := func(n int, err error) error { // of many: nothing of what was asked for
			if err == nil && n == 0 {
				err = errNotFound
			}
			return err
		}
		calls["Some"] = func(a access.Actor) error {
			got, err := w.s.Some(w.ctx(), a, p.ID)
			return none(len(got), err)
		}
		calls["IdentitiesOf"] = func(a access.Actor) error {
			got, err := w.s.IdentitiesOf(w.ctx(), a, p.ID)
			return none(len(got), err)
		}
		calls["With"] = func(a access.Actor) error {
			got, err := w.s.With(w.ctx(), a, w.orgs["kestrel"].ID)
			return none(len(got), err)
		}
		own := []string{"List", "Between", "InviteNew", "Page"} // of the actor's own company: see TestOneEachWay
		if got, _, err := w.s.Page(w.ctx(), w.who["baltic"], PageFilter{Limit: 50}); err != nil || len(got) != 1 || got[0].ID == p.ID {
			w.t.Errorf("the stranger's own page: %+v %v", got, err)
		}
		// Searched by name and by identity; who has not accepted an invitation shows no identity.
		for q, want := range map[string]int{"": 1, "AURELIA": 1, "nobody": 0, "%": 0, "KESTREL": 0} {
			if got, _, err := w.s.Page(w.ctx(), w.who["baltic"], PageFilter{Query: q, Limit: 50}); err != nil || len(got) != want {
				w.t.Errorf("%q finds %d, want %d: %v", q, len(got), want, err)
			}
		}
		w.pub.take()
		before := w.digest()
		for name, call := range calls {
			w.wants(name+" by a stranger", call(w.who["baltic"]), fault.NotFound, "")
			w.wants(name+" by nobody", call(access.Actor{}), fault.Unauthenticated, "")
		}
		if w.digest() != before || w.pub.take() != "" {
			w.t.Error("a refused call changed something")
		}
		var n int64
		w.must(w.d.Gorm().Raw("SELECT count(*) FROM audit WHERE outcome = 'denied' AND org_id = ?", w.orgs["baltic"].ID).Scan(&n).Error)
		if n != 10 {
			w.t.Errorf("%d refusals were written down, want one for each of 10 changes", n)
		}
		methods := reflect.TypeOf(w.s)
		for i := range methods.NumMethod() {
			m := methods.Method(i)
			for j := range m.Type.NumIn() {
				if m.Type.In(j) != reflect.TypeOf(access.Actor{}) {
					continue
				}
				if _, ok := calls[m.Name]; !ok && !strings.Contains(strings.Join(own, " "), m.Name) {
					w.t.Errorf("%s takes an actor and is not in the stranger test", m.Name)
				}
			}
		}
	})
}
