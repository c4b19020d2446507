package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"entente/db"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
)

// partnerMoves are what `entente partner` does with one partnership, and what it says then.
var partnerMoves = map[string]struct {
	run  func(s *partner.Service, ctx context.Context, actor access.Actor, id string) (partner.Partnership, error)
	said string
}{
	"accept":  {(*partner.Service).Accept, "it is active"},
	"suspend": {(*partner.Service).Suspend, "it is suspended: nothing new is taken or sent until it is resumed"},
	"resume":  {(*partner.Service).Resume, "it is active again"},
	"end":     {(*partner.Service).End, "it has ended; its documents stay readable for both"},
}

const partnerSynopsis = "companies  |  list --org SLUG  |  invite COMPANY --org SLUG --as supplier|reseller --currency CUR [--price-tolerance R] [--quantity-tolerance R]\n" +
	"    accept|suspend|resume|end PARTNER --org SLUG  |  terms PARTNER --org SLUG  |  identities [PARTNER] --org SLUG\n" +
	"    route PARTNER [TYPE usual|pages|outbox|as2|folder] --org SLUG: by which door the company receives a document, 855\n" +
	"    identity add KIND VALUE --org SLUG [--qualifier Q]  |  identity remove ID --org SLUG  |  identity confirm|withdraw PARTNER ID --org SLUG  |  refused [--hours N]\n" +
	"COMPANY and PARTNER are the short name of the other company, or the id of the partnership"

// partnerFlags are the flags of `entente partner`.
type partnerFlags struct {
	org, as, currency, price, quantity, qualifier *string
	hours                                         *int
	json                                          *bool
}

// partnerCmd shows and moves who works with whom, beside a running server.
func partnerCmd(ctx context.Context, e *env, args []string) (int, error) {
	fs := e.flags("partner")
	register(fs, "data", "database-url", "key-file", "folder")
	f := partnerFlags{
		org:       fs.String("org", "", "short name of the company for which it is done"),
		as:        fs.String("as", "", "invite: what your company is, supplier or reseller"),
		currency:  fs.String("currency", "", "invite: trading currency, such as GBP"),
		price:     fs.String("price-tolerance", "0", "invite: how far a price may differ, such as 0.02"),
		quantity:  fs.String("quantity-tolerance", "0", "invite: how far a delivered quantity may differ"),
		qualifier: fs.String("qualifier", "", "identity add: ISA05 or UNB 0007"),
		hours:     fs.Int("hours", 24, "refused: those of the last so many hours"),
		json:      fs.Bool("json", false, "print JSON"),
	}
	rest, err := e.parse(fs, partnerSynopsis, args)
	if err != nil {
		return exitUsage, err
	}
	usage := misuse("usage: entente partner %s", partnerSynopsis)
	if len(rest) == 0 {
		return exitUsage, usage
	}
	what, rest := rest[0], rest[1:]
	if what == "identity" && len(rest) > 0 {
		what, rest = "identity "+rest[0], rest[1:]
	}
	takes := map[string]int{"companies": 0, "refused": 0, "list": 0, "invite": 1, "accept": 1, "suspend": 1, "resume": 1, "end": 1, "terms": 1, "identities": 0, "route": 1,
		"identity add": 2, "identity remove": 1, "identity confirm": 2, "identity withdraw": 2}
	n, ok := takes[what]
	platform := what == "companies" || what == "refused"
	switch {
	case !ok, platform != (*f.org == ""), len(rest) != n && !(what == "identities" && len(rest) == 1) && !(what == "route" && len(rest) == 3):
		return exitUsage, usage
	case what == "invite" && (*f.currency == "" || *f.as != string(access.Supplier) && *f.as != string(access.Reseller)):
		return exitUsage, misuse("invite needs --as supplier or --as reseller, which your company will be, and --currency")
	}
	var terms partner.Terms
	if what == "invite" {
		terms.Currency = money.Currency(strings.ToUpper(*f.currency))
		for _, t := range []struct {
			flag, text string
			to         *money.Rate
		}{{"price-tolerance", *f.price, &terms.PriceTolerance}, {"quantity-tolerance", *f.quantity, &terms.QuantityTolerance}} {
			m, err := money.ParseMicro(t.text)
			if err != nil {
				return exitUsage, misuse("--%s %q: it is a number such as 0.02", t.flag, t.text)
			}
			*t.to = money.Rate(m)
		}
	}
	err = e.beside(ctx, fs, *f.org, func(a *App, actor access.Actor) error {
		if err := e.partnerDo(ctx, a, actor, what, rest, f, terms); err != nil {
			return say(err)
		}
		return nil
	})
	return failed(err), err
}

func (e *env) partnerDo(ctx context.Context, a *App, actor access.Actor, what string, rest []string, f partnerFlags, terms partner.Terms) error {
	said := func(id, done, words string) error {
		if *f.json {
			return json.NewEncoder(e.out).Encode(map[string]string{"id": id, "done": done})
		}
		_, err := fmt.Fprintln(e.out, words)
		return err
	}
	switch what {
	case "companies":
		return e.companies(ctx, a, *f.json)
	case "refused":
		return e.refused(ctx, a, *f.hours, *f.json)
	case "list":
		list, err := a.partners.List(ctx, actor)
		if err != nil {
			return err
		}
		return e.partnerships(ctx, a, actor, list, *f.json)
	case "invite":
		id := rest[0]
		if o, err := a.accounts.Directory().OrgBySlug(ctx, id); err == nil {
			id = o.ID
		}
		p, err := a.partners.Invite(ctx, actor, partner.InviteCmd{Company: id, As: access.Side(*f.as), Terms: terms})
		if err != nil {
			return err
		}
		return said(p.ID, "invited", "it is invited; the other company accepts it on its page of partners, or with: entente partner accept "+p.ID)
	case "identities":
		return e.identities(ctx, a, actor, rest, *f.json)
	case "identity add":
		i, err := a.accounts.AddIdentity(ctx, actor, account.IdentityCmd{Kind: account.IdentityKind(rest[0]), Qualifier: *f.qualifier, Value: rest[1]})
		if err != nil {
			return err
		}
		return said(i.ID, "added", i.ID+"  it counts toward a partner once that partner confirmed it")
	case "identity remove":
		if err := a.accounts.RemoveIdentity(ctx, actor, rest[0]); err != nil {
			return err
		}
		return said(rest[0], "removed", "it is removed, with what partners confirmed of it")
	}
	p, err := partnerOf(ctx, a, actor, rest[0])
	if err != nil {
		return err
	}
	switch what {
	case "route":
		return e.routes(ctx, a, actor, p.ID, rest[1:], *f.json)
	case "terms":
		return e.terms(ctx, a, actor, p, *f.json)
	case "identity confirm":
		if err := a.partners.ConfirmIdentity(ctx, actor, p.ID, rest[1]); err != nil {
			return err
		}
		return said(rest[1], "confirmed", "it is confirmed: interchanges from and to it are theirs")
	case "identity withdraw":
		if err := a.partners.WithdrawIdentity(ctx, actor, p.ID, rest[1]); err != nil {
			return err
		}
		return said(rest[1], "withdrawn", "it is confirmed no more: interchanges from and to it are refused")
	}
	move := partnerMoves[what]
	if _, err := move.run(a.partners, ctx, actor, p.ID); err != nil {
		return err
	}
	return said(p.ID, what, move.said)
}

// partnerOf finds a partnership of the actor's company by its id, or by the short name
// of the other company where there is one only.
func partnerOf(ctx context.Context, a *App, actor access.Actor, word string) (partner.Partnership, error) {
	if db.ValidID(word) {
		return a.partners.Get(ctx, actor, word)
	}
	list, err := a.partners.List(ctx, actor)
	if err != nil {
		return partner.Partnership{}, err
	}
	orgs, err := othersOf(ctx, a, actor, list)
	if err != nil {
		return partner.Partnership{}, err
	}
	var found []partner.Partnership
	for _, p := range list {
		if orgs[p.Other(actor.Org)].Slug == word {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return partner.Partnership{}, fault.New(fault.NotFound, "error.not_found")
	case 1:
		return found[0], nil
	}
	return partner.Partnership{}, misuse("you supply %s and buy from it: name the partnership by its id, %s or %s", word, found[0].ID, found[1].ID)
}

func othersOf(ctx context.Context, a *App, actor access.Actor, list []partner.Partnership) (map[string]account.Org, error) {
	var ids []string
	for _, p := range list {
		ids = append(ids, p.Other(actor.Org))
	}
	return a.accounts.Directory().OrgsByID(ctx, ids...)
}

type listedPartnership struct {
	ID       string `json:"id"`
	Company  string `json:"company"`
	Name     string `json:"name"`
	Side     string `json:"side"` // what the other company is
	State    string `json:"state"`
	Currency string `json:"currency"`
}

func (e *env) partnerships(ctx context.Context, a *App, actor access.Actor, list []partner.Partnership, asJSON bool) error {
	orgs, err := othersOf(ctx, a, actor, list)
	if err != nil {
		return err
	}
	rows := []listedPartnership{}
	for _, p := range list {
		o := orgs[p.Other(actor.Org)]
		rows = append(rows, listedPartnership{p.ID, o.Slug, o.Name, string(p.SideOf(o.ID)), string(p.State), string(p.Currency)})
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(rows)
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(e.out, "%s  %-9s  %-8s  %s  %-16s  %s\n", r.ID, r.State, r.Side, r.Currency, r.Company, r.Name); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) companies(ctx context.Context, a *App, asJSON bool) error {
	orgs, err := a.accounts.PlatformOrgs(ctx, operator)
	if err != nil {
		return err
	}
	type row struct {
		ID     string `json:"id"`
		Slug   string `json:"slug"`
		Name   string `json:"name"`
		People int    `json:"people"`
	}
	rows := []row{}
	for _, o := range orgs {
		rows = append(rows, row{o.ID, o.Slug, o.Name, o.People})
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(rows)
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(e.out, "%s  %-16s  %3d people  %s\n", r.ID, r.Slug, r.People, r.Name); err != nil {
			return err
		}
	}
	return nil
}

type listedIdentity struct {
	ID        string `json:"id"`
	Company   string `json:"company"`
	Kind      string `json:"kind"`
	Qualifier string `json:"qualifier,omitempty"`
	Value     string `json:"value"`
	Confirmed *bool  `json:"confirmed,omitempty"` // in a partnership: by the other side
}

// identities prints the company's own EDI identities, or those of both sides of a
// partnership.
func (e *env) identities(ctx context.Context, a *App, actor access.Actor, rest []string, asJSON bool) error {
	rows := []listedIdentity{}
	if len(rest) == 0 {
		list, err := a.accounts.Identities(ctx, actor)
		if err != nil {
			return err
		}
		for _, i := range list {
			rows = append(rows, listedIdentity{ID: i.ID, Kind: string(i.Kind), Qualifier: i.Qualifier, Value: i.Value})
		}
	} else {
		p, err := partnerOf(ctx, a, actor, rest[0])
		if err != nil {
			return err
		}
		list, err := a.partners.Identities(ctx, actor, p.ID)
		if err != nil {
			return err
		}
		for _, i := range list {
			sure := !i.Confirmed.IsZero()
			rows = append(rows, listedIdentity{i.ID, i.Org, string(i.Kind), i.Qualifier, i.Value, &sure})
		}
	}
	ids := []string{actor.Org}
	for _, r := range rows {
		ids = append(ids, r.Company)
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, ids...)
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Company == "" {
			rows[i].Company = actor.Org
		}
		rows[i].Company = orgs[rows[i].Company].Slug
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(rows)
	}
	for _, r := range rows {
		word := ""
		if r.Confirmed != nil {
			word = map[bool]string{true: "confirmed", false: "not confirmed"}[*r.Confirmed]
		}
		if _, err := fmt.Fprintln(e.out, strings.TrimRight(fmt.Sprintf("%s  %-16s  %-7s  %-3s  %-35s  %s", r.ID, r.Company, r.Kind, r.Qualifier, r.Value, word), " ")); err != nil {
			return err
		}
	}
	return nil
}

// routes prints by which door a company receives each document of a partner, after it
// changed one.
func (e *env) routes(ctx context.Context, a *App, actor access.Actor, partnership string, change []string, asJSON bool) error {
	list, err := a.gateway.Routes(ctx, actor, partnership)
	if err != nil {
		return err
	}
	if len(change) == 2 {
		r := gateway.Route{Kind: change[0]}
		for _, x := range list { // its format stays
			if x.Kind == r.Kind {
				r = x
			}
		}
		if r.Door = change[1]; r.Door == "usual" {
			r.Door = gateway.RouteUsual
		}
		if err := a.gateway.SetRoutes(ctx, actor, partnership, []gateway.Route{r}); err != nil {
			return err
		}
		if list, err = a.gateway.Routes(ctx, actor, partnership); err != nil {
			return err
		}
	}
	type row struct {
		Type     string `json:"type"`
		Door     string `json:"door"`
		Standard string `json:"standard"`
		Version  string `json:"version"`
	}
	rows := []row{}
	for _, r := range list {
		rows = append(rows, row{r.Kind, r.Door, r.Syntax, r.Version})
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(rows)
	}
	for _, r := range rows {
		door := r.Door
		if door == gateway.RouteUsual {
			door = "usual"
		}
		if _, err := fmt.Fprintln(e.out, strings.TrimRight(fmt.Sprintf("%s  %-6s  %s %s", r.Type, door, r.Standard, r.Version), " ")); err != nil {
			return err
		}
	}
	return nil
}

// terms prints what is agreed in a partnership.
func (e *env) terms(ctx context.Context, a *App, actor access.Actor, p partner.Partnership, asJSON bool) error {
	orgs, err := a.accounts.Directory().OrgsByID(ctx, p.Supplier, p.Reseller)
	if err != nil {
		return err
	}
	as2, err := a.courier.Terms(ctx, actor, p.ID)
	if err != nil {
		return err
	}
	clock, err := a.gateway.Patience(ctx, actor, p.ID)
	if err != nil {
		return err
	}
	type direction struct {
		From  string        `json:"from"`
		Terms courier.Terms `json:"terms"`
		Weak  []string      `json:"weak,omitempty"`
	}
	out := struct {
		ID                string      `json:"id"`
		State             string      `json:"state"`
		Supplier          string      `json:"supplier"`
		Reseller          string      `json:"reseller"`
		Currency          string      `json:"currency"`
		PriceTolerance    string      `json:"price_tolerance"`
		QuantityTolerance string      `json:"quantity_tolerance"`
		AckHours          int         `json:"acknowledgement_hours"`
		ReceiptHours      int         `json:"receipt_hours"`
		AS2               []direction `json:"as2"`
	}{
		p.ID, string(p.State), orgs[p.Supplier].Slug, orgs[p.Reseller].Slug, string(p.Currency),
		money.Micro(p.PriceTolerance).String(), money.Micro(p.QuantityTolerance).String(), clock.Hours, clock.ReceiptHours, []direction{},
	}
	for _, t := range as2 {
		out.AS2 = append(out.AS2, direction{orgs[t.Sender].Slug, t.Terms.Filled(), t.Terms.Weak()})
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(out)
	}
	fmt.Fprintf(e.out, "%s  %s\nsupplier %s, reseller %s\ncurrency %s, tolerances: price %s, quantity %s\n", out.ID, out.State, out.Supplier, out.Reseller, out.Currency, out.PriceTolerance, out.QuantityTolerance)
	fmt.Fprintf(e.out, "acknowledgements are awaited %d hours, asynchronous AS2 receipts %d hours\n", out.AckHours, out.ReceiptHours)
	for _, d := range out.AS2 {
		way := ""
		if d.Terms.Async {
			way = " on a connection of its own"
		}
		weak := ""
		if len(d.Weak) > 0 {
			weak = "; weak: " + strings.Join(d.Weak, ", ")
		}
		if _, err := fmt.Fprintf(e.out, "AS2 from %s: sign %s (%s), encrypt %s (%s), compress %s, receipt %s%s%s\n", d.From, d.Terms.Sign, d.Terms.Signature, d.Terms.Encrypt, d.Terms.Transport,
			d.Terms.Compress, d.Terms.Receipt, way, weak); err != nil {
			return err
		}
	}
	return nil
}

// refused prints who sent AS2 messages that were refused and not kept one by one.
func (e *env) refused(ctx context.Context, a *App, hours int, asJSON bool) error {
	list, err := a.courier.Refused(ctx, operator, time.Now().Add(-time.Duration(hours)*time.Hour))
	if err != nil {
		return err
	}
	type row struct {
		Addr   string    `json:"addr"` // empty: further sources
		Times  int       `json:"times"`
		First  time.Time `json:"first"`
		Last   time.Time `json:"last"`
		From   string    `json:"as2_from"`
		To     string    `json:"as2_to"`
		Reason string    `json:"reason"`
	}
	rows := []row{}
	for _, r := range list {
		rows = append(rows, row{r.Addr, r.Times, r.First, r.Last, r.From, r.To, r.Reason})
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(rows)
	}
	for _, r := range rows {
		addr := r.Addr
		if addr == "" {
			addr = "other sources"
		}
		if _, err := fmt.Fprintf(e.out, "%s  %-39s  %d times since %s, last from %q to %q: %s\n", r.Last.Format(time.RFC3339), addr, r.Times, r.First.Format(time.RFC3339), r.From, r.To, r.Reason); err != nil {
			return err
		}
	}
	return nil
}
