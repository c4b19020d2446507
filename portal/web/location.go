package web

import (
	"cmp"
	"slices"
	"strings"

	"entente/edi/agreement"
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

// certificateList is every certificate of the company and of its partners, those that end
// first at the top, with what uses each.
func certificateList(v *visit) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	if !v.lists(access.StationRead) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	page := &view.CertificatesPage{Base: v.shell(), Ending: v.Query("show") == "ending"}
	var own []view.CertificateUse
	var ours link
	for _, p := range c.all {
		if p.State == partner.Ended {
			continue
		}
		l, err := v.link(p.ID)
		if err != nil {
			return err
		}
		url := v.path("edi", "connections", p.ID)
		own = append(own, view.CertificateUse{Name: l.n.org(l.other), URL: url})
		page.Rows = append(page.Rows, v.certificatesOf(l, l.theirs, []view.CertificateUse{{Name: l.n.org(l.other), URL: url}})...)
		if ours.p.ID == "" {
			ours = l
		}
	}
	if ours.p.ID != "" {
		page.Rows = append(v.certificatesOf(ours, ours.ours, own), page.Rows...)
		page.AddURL = v.path("edi", "connections", ours.p.ID)
	}
	for _, r := range page.Rows {
		if r.Ends() {
			page.Count++
		}
	}
	if page.Ending {
		page.Rows = slices.DeleteFunc(page.Rows, func(r view.CertificateOf) bool { return !r.Ends() })
	}
	slices.SortStableFunc(page.Rows, func(a, b view.CertificateOf) int { return a.Until.Compare(b.Until) })
	page.Tabs = []view.Tab{{Label: view.T("list.all"), URL: v.path("edi", "certificates"), Count: -1, On: !page.Ending}, {Label: view.T("certs.ending"), URL: v.path("edi", "certificates") + "?show=ending", Count: page.Count, On: page.Ending}}
	return v.render(page, fragments{"list": "certificates.list"})
}

// certificatesOf are those of one company that are not retired.
func (v *visit) certificatesOf(l link, s side, uses []view.CertificateUse) []view.CertificateOf {
	used, _ := s.inUse(v, l.dated(s.org))
	var out []view.CertificateOf
	for _, c := range s.certs {
		if !c.Retired.IsZero() {
			continue
		}
		row := view.CertificateOf{CertificateRow: v.certificateRow(l, c, c.ID == used.ID), Company: l.n.company(s.org), Mine: s.org == v.org(), Uses: uses}
		if row.Mine && v.may(access.StationManage, access.Own(v.org())) {
			row.NextURL = uses[0].URL
		}
		out = append(out, row)
	}
	return out
}

// mapList is what turns documents into each other and what judges them, by partner, with
// the place where each is set.
func mapList(v *visit) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	if !v.lists(access.LinkRead) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	page := &view.MapsPage{Base: v.shell()}
	for _, p := range c.all {
		if p.State == partner.Ended {
			continue
		}
		card, err := v.mapCard(c, p)
		if err != nil {
			return err
		}
		page.Partners = append(page.Partners, card)
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
	return v.render(page, nil)
}

// countedReferences is how many item numbers of a partner are counted.
const countedReferences = 1000

// mapCard is what holds with one partner.
func (v *visit) mapCard(c circle, p partner.Partnership) (view.MapCard, error) {
	url := v.path("edi", "connections", p.ID)
	n, err := v.lookup([]string{p.Other(v.org())}, nil)
	card := view.MapCard{Company: n.company(p.Other(v.org())), Side: partnerSide(p, c.own), URL: url}
	if err != nil {
		return card, err
	}
	add := func(name string, value view.Text, to string) {
		card.Rows = append(card.Rows, view.MapRow{Name: view.T(name), Value: value, URL: to})
	}
	now, err := v.w.d.Agreements.Present(v.ctx, v.actor(), p.ID)
	if err != nil {
		return card, err
	}
	guides := 0
	if a := now.Valid; a != nil {
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
	if v.may(access.CatalogRead, access.Resource{Owner: p.Supplier, Reseller: p.Reseller}) {
		refs, err := v.w.d.Catalog.ReferencesOf(v.ctx, v.actor(), p.Supplier, p.Reseller, "", countedReferences)
		if err != nil {
			return card, err
		}
		value := entries(len(refs))
		if len(refs) == countedReferences {
			value = view.T("maps.many", "n", countedReferences)
		}
		add("maps.items", value, v.path("catalogue"))
	}
	if v.may(access.LocationRead, p.Resource()) {
		places, more, err := v.w.d.Locations.List(v.ctx, v.actor(), p.ID, location.Filter{Limit: offeredPlaces})
		if err != nil {
			return card, err
		}
		value := entries(len(places))
		if more != "" {
			value = view.T("maps.many", "n", len(places))
		}
		add("maps.locations", value, url+"/locations")
	}
	routes, err := v.w.d.Gateway.Routes(v.ctx, v.actor(), p.ID)
	if err != nil {
		return card, err
	}
	for _, r := range routes {
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
	if a := now.Valid; a != nil { // by which door and in what form the partner takes them is its own choice
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
	if p.Supplier == v.org() && v.may(access.OrderRead, p.Resource()) {
		policy, err := v.w.d.Prechecks.Get(v.ctx, v.actor(), p.ID)
		if err != nil {
			return card, err
		}
		strict := 0
		for _, r := range precheck.Rules {
			if policy.Of(r) != precheck.Off {
				strict++
			}
		}
		add("maps.checks", entries(strict), v.path("partners", p.ID))
	}
	return card, nil
}

// entries is how many entries there are, or that there are none.
func entries(n int) view.Text {
	if n == 0 {
		return view.T("maps.empty")
	}
	return view.T("maps.count", "n", n)
}
