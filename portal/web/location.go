package web

import (
	"cmp"
	"slices"
	"strings"

	"entente/edi/agreement"
	"entente/edi/courier"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/location"
	"entente/prm/partner"
	"entente/prm/precheck"
	"entente/prm/trade"
)

// offeredPlaces is how many known places the banner of a held order offers.
const offeredPlaces = 200

// locationList is the places of a partnership; ?edit= opens one to be changed.
func locationList(v *visit) error {
	form, opened := view.Form{}, false
	if id := v.Query("edit"); id != "" {
		p, err := v.w.d.Locations.Get(v.ctx, v.actor(), location.ID(id))
		if err != nil {
			return err
		}
		form.Values, opened = placeValues(p), true
	}
	return v.locationPage(200, form, opened)
}

func (v *visit) locationPage(status int, form view.Form, opened bool) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	places, next, err := v.w.d.Locations.List(v.ctx, v.actor(), l.p.ID, location.Filter{Query: v.search(), After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	page := &view.LocationsPage{Base: v.shell(), Connection: v.connection(l, "locations"), Filters: v.filters("location.search", false, nil), Pager: view.Pager{Shown: len(places), Total: -1, Next: v.next(next)},
		CanEdit: v.may(access.LocationWrite, l.p.Resource()), Form: form, Opened: opened}
	page.Filters.URL = page.URL + "/locations"
	for _, p := range places {
		row := view.LocationRow{ID: string(p.ID), Name: p.Name, Address: placeAddress(p), Number: p.Number, GLN: p.GLN, Changed: p.Changed}
		for _, c := range p.Codes {
			row.Codes = append(row.Codes, c.String())
		}
		if page.CanEdit {
			row.EditURL = page.URL + "/locations?edit=" + queryEscape(row.ID) + "#edit"
		}
		page.Rows = append(page.Rows, row)
	}
	if page.Waiting, err = v.w.d.Trade.Unplaced(v.ctx, v.actor(), l.p.ID); err != nil && fault.CodeOf(err) != fault.Forbidden {
		return err
	}
	now, err := v.w.d.Agreements.Present(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return err
	}
	page.Checked = now.Valid != nil && now.Valid.Body.CheckLocations
	return v.renderAs(status, page, fragments{"list": "locations.list", "rows": "locations.list"})
}

func placeAddress(p location.Place) string {
	town := strings.TrimSpace(p.Postcode + " " + p.City)
	return strings.Join(slices.DeleteFunc([]string{p.Street, town, p.Country}, func(s string) bool { return s == "" }), ", ")
}

func placeValues(p location.Place) map[string]string {
	var codes []string
	for _, c := range p.Codes {
		codes = append(codes, c.String())
	}
	return map[string]string{"id": string(p.ID), "name": p.Name, "number": p.Number, "gln": p.GLN, "street": p.Street, "postcode": p.Postcode, "city": p.City, "country": p.Country, "codes": strings.Join(codes, "\n")}
}

// place reads the fields of a place. A code without a qualifier is the buyer's.
func (in *input) place() location.Place {
	p := location.Place{Name: in.text("name"), Number: in.text("number"), GLN: in.text("gln"), Street: in.text("street"), Postcode: in.text("postcode"), City: in.text("city"), Country: in.text("country")}
	for line := range strings.SplitSeq(in.text("codes"), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		c := location.ParseCode(line)
		if !strings.Contains(line, ":") {
			c = location.Code{Qualifier: location.ByBuyer, Code: line}
		}
		p.Codes = append(p.Codes, c)
	}
	return p
}

// locationSave adds a place, or changes the one whose id the form names.
func locationSave(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	in := v.input()
	p := in.place()
	if id := in.text("id"); id == "" {
		p.Partnership = l.p.ID
		_, err = v.w.d.Locations.Add(v.ctx, v.actor(), p)
	} else {
		p.ID = location.ID(id)
		var was location.Place
		if was, err = v.w.d.Locations.Get(v.ctx, v.actor(), p.ID); err == nil && was.Partnership != l.p.ID {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err == nil {
			_, err = v.w.d.Locations.Change(v.ctx, v.actor(), p)
		}
	}
	if err == nil {
		return v.done(v.path("edi", "connections", l.p.ID, "locations"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.locationPage(422, in.form(errs, note), true)
}

// locationRemove takes a place away.
func locationRemove(v *visit) error {
	p, err := v.w.d.Locations.Get(v.ctx, v.actor(), location.ID(v.Params("location")))
	if err == nil && p.Partnership != v.Params("id") {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err == nil {
		err = v.w.d.Locations.Remove(v.ctx, v.actor(), p.ID)
	}
	if err != nil {
		return err
	}
	return v.done(v.path("edi", "connections", p.Partnership, "locations"), "said.removed")
}

// heldPlace is the banner of an order whose ship-to nobody knows.
func (v *visit) heldPlace(d trade.Detail, n names) (*view.HeldPlace, error) {
	if d.Place == nil {
		return nil, nil
	}
	res := access.Shared(d.Supplier, d.Reseller)
	party := d.Place.Party
	out := &view.HeldPlace{Code: d.Place.Code.String(), Since: d.Received, Owner: n.org(d.Supplier), Others: d.Place.Others, CanMap: v.may(access.LocationWrite, res), CanRefuse: v.may(access.OrderConfirm, res),
		ListURL: v.path("edi", "connections", d.Partnership, "locations"), Ask: view.T("hold.location_refuse_ask", "number", d.Number)}
	if d.Place.Code.Qualifier == location.Address {
		out.Code = d.Place.Code.Code
	}
	for _, line := range append([]string{party.Name}, addressLines(party)...) {
		if line != "" {
			out.Lines = append(out.Lines, line)
		}
	}
	if !out.CanMap {
		return out, nil
	}
	country := party.Country
	if len(country) != 2 {
		country = ""
	}
	out.Form.Values = map[string]string{"name": or(party.Name, party.City), "street": strings.Join(party.Address, ", "), "city": party.City, "postcode": party.Postcode, "country": country}
	if d.Place.Code.Qualifier == location.GLN {
		out.Form.Values["gln"] = d.Place.Code.Code
	}
	known, next, err := v.w.d.Locations.List(v.ctx, v.actor(), d.Partnership, location.Filter{Limit: offeredPlaces})
	if err != nil {
		return nil, err
	}
	out.More = next != ""
	slices.SortStableFunc(known, func(a, b location.Place) int {
		return cmp.Or(cmp.Compare(likeness(party, b), likeness(party, a)), strings.Compare(a.Name, b.Name))
	})
	for i, p := range known {
		o := view.Option{Value: string(p.ID), Label: view.Raw(strings.Join(slices.DeleteFunc([]string{p.Name, placeAddress(p), p.Number}, func(s string) bool { return s == "" }), " · "))}
		if i == 0 && likeness(party, p) > 1 {
			out.Guess, o.On = true, true
		}
		out.Known = append(out.Known, o)
	}
	return out, nil
}

// likeness says how much a place looks like the party of a document.
func likeness(p doc.Party, to location.Place) int {
	n := 0
	for weight, pair := range [][2]string{{p.City, to.City}, {p.Name, to.Name}, {p.Postcode, to.Postcode}} {
		if a, b := fold(pair[0]), fold(pair[1]); a != "" && a == b {
			n += weight + 1
		}
	}
	return n
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }

// knownPlace says beside the ship-to of an order which place its code stands for.
func (v *visit) knownPlace(d trade.Detail, to []view.Party) error {
	c := trade.ShipTo(d.Parties)
	if c.Code == "" || d.Place != nil {
		return nil
	}
	p, ok, err := v.w.d.Locations.Find(v.ctx, v.actor(), d.Partnership, c)
	if err != nil || !ok {
		return err
	}
	for i := range to {
		if to[i].Role == "ship_to" {
			to[i].Known = view.T("location.known_as", "place", strings.TrimSpace(p.Line()+" "+p.Number))
		}
	}
	return nil
}

// orderLocate says which place the ship-to of a held order is.
func orderLocate(v *visit) error {
	in, id := v.input(), trade.OrderID(v.Params("id"))
	cmd := trade.LocateCmd{Known: location.ID(in.text("place"))}
	if cmd.Known == "" {
		cmd.New = in.place()
	}
	n, err := v.w.d.Trade.Locate(v.ctx, v.actor(), id, cmd)
	if err != nil {
		return v.orderAgain(err, in, func(page *view.OrderPage, _ trade.Detail, form view.Form) {
			if page.Place != nil {
				page.Place.Form = form
			}
		})
	}
	return v.done(v.orderURL(id), "said.located", "n", itoa(int64(n)))
}

// orderRefuse refuses an order because of its ship-to.
func orderRefuse(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	if _, err := v.w.d.Trade.RefuseLocation(v.ctx, v.actor(), id, v.input().text("reason")); err != nil {
		return err
	}
	return v.done(v.orderURL(id), "said.answered")
}

// usesShown is how many of a company's connections a certificate of its own names.
const usesShown = 5

// certificateList is every certificate of the company and of its partners, those that end
// first at the top, with what uses each, a page at a time.
func certificateList(v *visit) error {
	if !v.lists(access.StationRead) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	page := &view.CertificatesPage{Base: v.shell(), Ending: v.Query("show") == "ending", Filters: v.filters("certs.search", false, []string{"show"})}
	if v.lists(access.PartnerRead) {
		if err := v.certificates(page); err != nil {
			return err
		}
	}
	page.Tabs = []view.Tab{{Label: view.T("list.all"), URL: v.path("edi", "certificates"), Count: -1, On: !page.Ending}, {Label: view.T("certs.ending"), URL: v.path("edi", "certificates") + "?show=ending", Count: page.Count, On: page.Ending}}
	return v.render(page, fragments{"list": "certificates.list", "rows": "certificates.list"})
}

// certificates reads the page of certificates that the query asks for.
func (v *visit) certificates(page *view.CertificatesPage) error {
	first, more, err := v.w.d.Partners.Page(v.ctx, v.actor(), partner.PageFilter{Limit: usesShown})
	if err != nil || len(first) == 0 {
		return err
	}
	page.AddURL = v.path("edi", "connections", first[0].ID)
	filter := courier.CertificateFilter{Query: v.search(), After: v.Query("after"), Limit: pageRows}
	soon := v.now.AddDate(0, 0, endingDays+1) // whole days are counted
	if page.Ending {
		filter.Before = soon
	}
	found, err := v.w.d.Courier.Certificates(v.ctx, v.actor(), filter, soon)
	if err != nil {
		return err
	}
	page.Count, page.Pager = found.Ending, view.Pager{Shown: len(found.Items), Total: -1, Next: v.next(found.Next)}
	var others []string
	for _, c := range found.Items {
		if c.Org != v.org() {
			others = append(others, c.Org)
		}
	}
	around, err := v.w.d.Partners.With(v.ctx, v.actor(), distinct(others)...)
	if err != nil {
		return err
	}
	for _, p := range first {
		if !slices.ContainsFunc(around, func(x partner.Partnership) bool { return x.ID == p.ID }) {
			around = append(around, p)
		}
	}
	links, err := v.links(around)
	if err != nil {
		return err
	}
	for _, c := range found.Items {
		row, ok := v.certificateOf(c, links)
		if !ok { // taken out of use meanwhile
			continue
		}
		if row.Mine && more != "" {
			row.MoreURL = v.path("edi", "connections")
		}
		page.Rows = append(page.Rows, row)
	}
	return nil
}

// certificateOf is a certificate as the first of the connections that use it sees it.
func (v *visit) certificateOf(c courier.CertificateRef, links []link) (row view.CertificateOf, ok bool) {
	for _, l := range links {
		s := l.theirs
		if c.Org == l.own {
			s = l.ours
		}
		i := slices.IndexFunc(s.certs, func(x courier.Certificate) bool { return x.ID == c.ID && x.Retired.IsZero() })
		if s.org != c.Org || i < 0 {
			continue
		}
		if !ok {
			used, _ := s.inUse(v, l.dated(s.org))
			row = view.CertificateOf{CertificateRow: v.certificateRow(l, s.certs[i], c.ID == used.ID), Company: l.n.company(s.org), Mine: s.org == v.org()}
			if row.Mine && v.may(access.StationManage, access.Own(v.org())) {
				row.NextURL = v.path("edi", "connections", l.p.ID)
			}
		}
		if ok = true; len(row.Uses) < usesShown {
			row.Uses = append(row.Uses, view.CertificateUse{Name: l.n.org(l.other), URL: v.path("edi", "connections", l.p.ID)})
		}
	}
	return row, ok
}

// mapCards is how many partners a page of maps and rules has, and countedReferences how
// many item numbers of a partner are counted.
const (
	mapCards          = 20
	countedReferences = 1000
)

// mapList is what turns documents into each other and what judges them, by partner, with
// the place where each is set.
func mapList(v *visit) error {
	if !v.lists(access.LinkRead) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	ps, next, err := v.partnersPaged(mapCards)
	if err != nil {
		return err
	}
	page := &view.MapsPage{Base: v.shell(), Filters: v.filters("connections.search", false, nil), Pager: view.Pager{Shown: len(ps), Total: -1, Next: v.next(next)}}
	known, err := v.mapsOf(ps)
	if err != nil {
		return err
	}
	for _, p := range ps {
		page.Partners = append(page.Partners, v.mapCard(known, p))
	}
	if v.lists(access.ApprovalRead) {
		rules, err := v.w.d.Approvals.Rules(v.ctx, v.actor())
		if err != nil && fault.CodeOf(err) != fault.Forbidden {
			return err
		}
		for _, r := range rules {
			if r.Active {
				page.House = append(page.House, view.MapRow{Name: view.T("approval.rule." + r.About + "_" + r.Test), Value: view.T("role." + string(r.Role)), URL: v.path("company", "approvals")})
			}
		}
		page.RulesURL = v.path("company", "approvals")
	}
	return v.render(page, fragments{"list": "maps.list", "rows": "maps.list"})
}

// mapFacts are what holds with the partners of a page, by partnership.
type mapFacts struct {
	n          names
	agreed     map[string]agreement.Version
	references map[string]int // to countedReferences+1
	places     map[string]int // to offeredPlaces+1
	routes     map[string][]gateway.Route
	policies   map[string]precheck.Policy
}

// mapsOf reads it, each kind for all partners at once.
func (v *visit) mapsOf(ps []partner.Partnership) (m mapFacts, err error) {
	if len(ps) == 0 {
		return m, nil
	}
	var ids, orgs []string
	for _, p := range ps {
		ids, orgs = append(ids, p.ID), append(orgs, p.Other(v.org()))
	}
	if m.n, err = v.lookup(orgs, nil); err != nil {
		return m, err
	}
	if m.agreed, err = v.w.d.Agreements.ValidOf(v.ctx, v.actor(), ids...); err != nil {
		return m, err
	}
	if m.routes, err = v.w.d.Gateway.RoutesOf(v.ctx, v.actor(), ids...); err != nil {
		return m, err
	}
	if v.lists(access.CatalogRead) {
		if m.references, err = v.w.d.Catalog.CountReferences(v.ctx, v.actor(), countedReferences+1, ids...); err != nil {
			return m, err
		}
	}
	if v.lists(access.LocationRead) {
		if m.places, err = v.w.d.Locations.Counts(v.ctx, v.actor(), offeredPlaces+1, ids...); err != nil {
			return m, err
		}
	}
	if v.may(access.OrderRead, access.Shared(v.org(), "")) {
		m.policies, err = v.w.d.Prechecks.GetMany(v.ctx, v.actor(), ids...)
	}
	return m, err
}

// mapCard is what holds with one partner.
func (v *visit) mapCard(m mapFacts, p partner.Partnership) view.MapCard {
	url := v.path("edi", "connections", p.ID)
	card := view.MapCard{Company: m.n.company(p.Other(v.org())), Side: partnerSide(p, v.org()), URL: url}
	add := func(name string, value view.Text, to string) {
		card.Rows = append(card.Rows, view.MapRow{Name: view.T(name), Value: value, URL: to})
	}
	counted := func(n, most int) view.Text { // most are shown as they are, more as many
		if n > most {
			return view.T("maps.many", "n", most)
		}
		return entries(n)
	}
	guides := 0
	a, held := m.agreed[p.ID]
	if held {
		guides = len(a.Body.Guides)
		add("maps.agreement", view.T("maps.version", "n", a.Number, "from", a.ValidFrom), url+"/agreement")
		codes := a.Body.Codes
		add("maps.units", entries(len(codes.Units)), url+"/agreement")
		add("maps.codes", entries(len(codes.Purposes)+len(codes.Types)+len(codes.Roles)+len(codes.Refs)+len(codes.Dates)+len(codes.PartyQualifiers)+len(codes.ItemQualifiers)), url+"/agreement")
		add("maps.agreed_numbers", entries(len(codes.Items)+len(codes.Locations)), url+"/agreement")
	} else {
		add("maps.agreement", view.T("maps.none"), url+"/agreement")
	}
	add("maps.guides", entries(guides), url+"/agreement")
	if n, ok := m.references[p.ID]; ok && v.may(access.CatalogRead, access.Resource{Owner: p.Supplier, Reseller: p.Reseller}) {
		add("maps.items", counted(n, countedReferences), v.path("catalogue"))
	}
	if n, ok := m.places[p.ID]; ok && v.may(access.LocationRead, p.Resource()) {
		add("maps.locations", counted(n, offeredPlaces), url+"/locations")
	}
	for _, r := range m.routes[p.ID] {
		door := "routes.door." + or(r.Door, "usual")
		if r.Door == "" && r.Kind == "850" {
			door += "_850"
		}
		format := view.T("routes.format_order")
		if r.Syntax != "" {
			format = view.Raw(formatName(gateway.RouteFormat{Syntax: r.Syntax, Version: r.Version}))
		}
		card.Routes = append(card.Routes, view.MapRoute{Kind: r.Kind, Name: view.T("document." + r.Kind), Direction: view.T("maps.in"), Format: format, Door: view.T(door)})
	}
	if held { // by which door and in what form the partner takes them is its own choice
		side := agreement.Reseller
		if p.Supplier == v.org() {
			side = agreement.Supplier
		}
		for _, set := range a.Body.Sets {
			if set.From != side {
				continue
			}
			row := view.MapRoute{Kind: set.Kind, Direction: view.T("maps.out"), Format: view.Raw("X12 " + a.Body.X12), Door: view.T("maps.theirs")}
			if set.Kind > "A" { // messages have names, sets numbers
				row.Format = view.Raw("EDIFACT " + a.Body.EDIFACT)
			}
			if key := "document." + set.Kind; v.has(key) {
				row.Name = view.T(key)
			}
			card.Routes = append(card.Routes, row)
		}
	}
	add("maps.tolerance", view.T("maps.tolerances", "price", percent(p.PriceTolerance), "quantity", percent(p.QuantityTolerance)), v.path("partners", p.ID))
	if policy, ok := m.policies[p.ID]; ok && v.may(access.OrderRead, p.Resource()) {
		strict := 0
		for _, r := range precheck.Rules {
			if policy.Of(r) != precheck.Off {
				strict++
			}
		}
		add("maps.checks", entries(strict), v.path("partners", p.ID))
	}
	return card
}

// entries is how many entries there are, or that there are none.
func entries(n int) view.Text {
	if n == 0 {
		return view.T("maps.empty")
	}
	return view.T("maps.count", "n", n)
}
