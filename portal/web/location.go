package web

import (
	"cmp"
	"slices"
	"strings"

	"entente/edi/doc"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/location"
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
