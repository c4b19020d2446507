package web

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/partner"
)

// as2Path is where stations reach us (portal/api).
const as2Path = "/as2"

// link is all that is known of how two companies exchange EDI.
type link struct {
	p            partner.Partnership
	own, other   string // company ids
	ours, theirs side
	terms        []courier.AgreedTerms
	n            names
}

// side is one company of a link.
type side struct {
	org   string
	ids   []partner.Identity
	st    courier.Station
	certs []courier.Certificate
}

// here says that the company's AS2 station lives on this server.
func (s side) here() bool {
	return slices.ContainsFunc(s.certs, func(c courier.Certificate) bool { return c.Own && c.Retired.IsZero() })
}

// begun says that it has an address or a certificate in use.
func (s side) begun() bool {
	return s.st.URL != "" || slices.ContainsFunc(s.certs, func(c courier.Certificate) bool { return c.Retired.IsZero() })
}

// pinLeft says how many whole days the last to end of the pinned certificates of its HTTPS
// server is good for, negative when all have ended; pinned is false where it is called by
// no https address, or with no pinned one.
func (s side) pinLeft(now time.Time) (days int, pinned bool) {
	var last time.Time
	for _, c := range s.certs {
		if c.Server && c.Retired.IsZero() && c.NotAfter.After(last) {
			last, pinned = c.NotAfter, true
		}
	}
	if !pinned || !strings.HasPrefix(strings.ToLower(s.st.URL), "https://") {
		return 0, false
	}
	if !now.Before(last) {
		return -1, true
	}
	return int(last.Sub(now).Hours() / 24), true
}

// named finds the first identity of a kind, a confirmed one first.
func (s side) named(kind account.IdentityKind) (found partner.Identity, confirmed bool) {
	for _, i := range s.ids {
		if i.Kind == kind && !i.Confirmed.IsZero() {
			return i, true
		}
		if i.Kind == kind && found.ID == "" {
			found = i
		}
	}
	return found, false
}

// has says that the company holds an identity of a kind in this partnership.
func (s side) has(kind account.IdentityKind) bool {
	i, _ := s.named(kind)
	return i.ID != ""
}

// inUse is the certificate that counts now; dated is that of the terms.
func (s side) inUse(v *visit, dated bool) (courier.Certificate, bool) {
	if c, ok := courier.InUse(s.certs, courier.ForSigning, v.now, dated); ok {
		return c, true
	}
	return courier.InUse(s.certs, courier.ForCipher, v.now, dated)
}

// dated says that the next certificate of a company follows on its date.
func (l link) dated(org string) bool {
	return slices.ContainsFunc(l.terms, func(t courier.AgreedTerms) bool { return t.Sender == org && t.Terms.Dated })
}

// link reads the partnership of the address. Who may not see how it is connected gets
// what the service says.
func (v *visit) link(id string) (link, error) {
	p, err := v.w.d.Partners.Get(v.ctx, v.actor(), id)
	if err != nil {
		return link{}, err
	}
	all, err := v.links([]partner.Partnership{p})
	if err != nil {
		return link{p: p, own: v.org(), other: p.Other(v.org())}, err
	}
	return all[0], nil
}

// links reads how some partnerships that a service gave are connected, in as many
// statements as of one.
func (v *visit) links(ps []partner.Partnership) ([]link, error) {
	if len(ps) == 0 {
		return nil, nil
	}
	ids := make([]string, len(ps))
	for i, p := range ps {
		ids[i] = p.ID
	}
	reached, err := v.w.d.Courier.Links(v.ctx, v.actor(), ids...)
	if err != nil {
		return nil, err
	}
	named, err := v.w.d.Partners.IdentitiesOf(v.ctx, v.actor(), ids...)
	if err != nil {
		return nil, err
	}
	out, orgs, people := make([]link, len(ps)), []string{v.org()}, []string(nil)
	for i, p := range ps {
		r, ok := reached[p.ID]
		if !ok {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		l := &out[i]
		*l = link{p: p, own: v.org(), other: p.Other(v.org()), terms: r.Terms}
		for _, s := range []*side{&l.ours, &l.theirs} {
			if s.org = l.own; s == &l.theirs {
				s.org = l.other
			}
			s.st, s.certs = r.Stations[s.org], r.Certificates[s.org]
		}
		for _, x := range named[p.ID] {
			s := &l.ours
			if x.Org == l.other {
				s = &l.theirs
			}
			s.ids, people = append(s.ids, x), append(people, x.ConfirmedBy)
		}
		for _, t := range l.terms {
			people = append(people, t.ChangedBy)
		}
		orgs = append(orgs, l.other)
	}
	n, err := v.lookup(orgs, people)
	for i := range out {
		out[i].n = n
	}
	return out, err
}

// steps are what AS2 between the two needs, each ticked once it is so.
func (v *visit) steps(l link) []view.Step {
	ourName, ours := l.ours.named(account.AS2)
	theirName, theirs := l.theirs.named(account.AS2)
	name := func(i partner.Identity, ok bool, key string) view.Step {
		s := view.Step{Done: ok, Name: view.T(key), At: i.Confirmed}
		switch {
		case ok:
			s.Note = view.Raw(i.Value)
		case i.ID != "":
			s.Note = view.T("connection.step.waits_confirm", "name", i.Value)
		default:
			s.Note = view.T("connection.step.no_name")
		}
		return s
	}
	certificate := func(s side, key string) view.Step {
		c, ok := s.inUse(v, l.dated(s.org))
		out := view.Step{Done: ok, Name: view.T(key)}
		if ok {
			out.Note, out.At = view.T("connection.step.valid_until", "until", c.NotAfter), c.Created
		} else {
			out.Note = view.T("connection.step.no_certificate")
		}
		return out
	}
	where := view.Step{Name: view.T("connection.step.address", "company", l.n.org(l.other))}
	ourURL := l.theirs.here()
	switch remote := l.theirs.st.URL; {
	case !ourURL && !l.ours.here():
		where.Note = view.T("connection.step.nobody_here")
	case ourURL && l.ours.st.URL != "":
		where.Done, where.Name, where.Note, where.At = true, view.T("connection.step.our_address"), view.Raw(l.ours.st.URL), l.ours.st.Changed
	case ourURL:
		where.Name, where.Note = view.T("connection.step.our_address"), view.T("connection.step.no_our_address")
	case remote != "":
		where.Done, where.Note, where.At = true, view.Raw(remote), l.theirs.st.Changed
	default:
		where.Note = view.T("connection.step.no_address", "company", l.n.org(l.other))
	}
	out := []view.Step{
		name(ourName, ours, "connection.step.our_name"), name(theirName, theirs, "connection.step.their_name"),
		certificate(l.ours, "connection.step.our_certificate"), certificate(l.theirs, "connection.step.their_certificate"), where,
	}
	for i := range out {
		if !out[i].Done {
			out[i].Now = true
			break
		}
	}
	return out
}

func doneOf(steps []view.Step) int {
	n := 0
	for _, s := range steps {
		if s.Done {
			n++
		}
	}
	return n
}

// linkStatus is the one pill of a connection, about AS2.
func (v *visit) linkStatus(l link) view.Status {
	steps := v.steps(l)
	n := doneOf(steps)
	switch {
	case l.p.State != partner.Active:
		return view.Status{State: "connection.paused", Words: view.T("state.partner." + string(l.p.State))}
	case n == len(steps):
		return view.Status{State: "connection.ready"}
	case !l.ours.begun() && !l.ours.has(account.AS2) || !l.theirs.begun() && !l.theirs.has(account.AS2): // nobody waits for anything
		return view.Status{State: "connection.none"}
	}
	return view.Status{State: "connection.partly", Words: view.T("connection.steps_left", "n", len(steps)-n)}
}

// connection is what all pages of a partnership's EDI share.
func (v *visit) connection(l link, tab string) view.Connection {
	url := v.path("edi", "connections", l.p.ID)
	c := view.Connection{URL: url, Partner: l.n.company(l.other), Side: partnerSide(l.p, l.own), Status: v.linkStatus(l)}
	for _, t := range []string{"connect", "", "agreement", "locations", "bench", "sheet"} {
		to := url
		if t != "" {
			to += "/" + t
		}
		c.Tabs = append(c.Tabs, view.Tab{Label: view.T("connection.tab." + or(t, "setup")), URL: to, Count: -1, On: t == tab})
	}
	return c
}

// connectionList is every partnership with how it is connected, a page at a time.
func connectionList(v *visit) error {
	ps, next, err := v.partnersPaged(pageRows)
	if err != nil {
		return err
	}
	page := &view.ConnectionsPage{Base: v.shell(), Filters: v.filters("connections.search", false, nil), Pager: view.Pager{Shown: len(ps), Total: -1, Next: v.next(next)}}
	if v.may(access.HookRead, access.Own(v.org())) {
		page.HooksURL = v.path("edi", "hooks")
	}
	if v.lists(access.PartnerRead) {
		page.PartnersURL = v.path("partners")
	}
	links, err := v.links(ps)
	if err != nil {
		return err
	}
	last := map[string]time.Time{}
	if v.lists(access.EDIRead) {
		ids := make([]string, len(ps))
		for i, p := range ps {
			ids[i] = p.ID
		}
		if last, err = v.w.d.Gateway.LastOf(v.ctx, v.actor(), ids...); err != nil {
			return err
		}
	}
	for _, l := range links {
		page.Rows = append(page.Rows, view.ConnectionRow{URL: v.path("edi", "connections", l.p.ID), Company: l.n.company(l.other), Side: partnerSide(l.p, l.own), Status: v.linkStatus(l), Over: v.over(l), Warn: v.linkWarning(l), Last: last[l.p.ID]})
	}
	return v.render(page, fragments{"list": "connections.list", "rows": "connections.list"})
}

// partnersPaged is a page of the company's partnerships that have not ended, of those that are
// searched for; none for
// somebody who may not see them.
func (v *visit) partnersPaged(limit int) ([]partner.Partnership, string, error) {
	if !v.lists(access.PartnerRead) {
		return nil, "", nil
	}
	return v.w.d.Partners.Page(v.ctx, v.actor(), partner.PageFilter{Query: v.search(), After: v.Query("after"), Limit: limit})
}

// over says by which ways documents can travel, in words.
func (v *visit) over(l link) view.Text {
	edi := l.ours.has(account.X12) && l.theirs.has(account.X12) || l.ours.has(account.EDIFACT) && l.theirs.has(account.EDIFACT)
	switch {
	case doneOf(v.steps(l)) == len(v.steps(l)):
		return view.T("connection.over.as2")
	case edi:
		return view.T("connection.over.outbox")
	}
	return view.T("connection.over.pages")
}

// linkWarning is what somebody should look at: a certificate near its end, terms below
// today's practice.
func (v *visit) linkWarning(l link) view.Text {
	for _, s := range []side{l.ours, l.theirs} {
		if s.st.LockedBy != "" {
			return view.T("connection.warn.locked", "company", l.n.org(s.org))
		}
	}
	var ending view.Text
	for _, s := range []side{l.ours, l.theirs} {
		switch left, pinned := s.pinLeft(v.now); {
		case !pinned || left > endingDays:
		case left < 0:
			return view.T("connection.warn.https_ended", "company", l.n.org(s.org))
		case ending.IsZero():
			ending = view.T("connection.warn.https_ending", "company", l.n.org(s.org), "n", left)
		}
	}
	for _, s := range []side{l.ours, l.theirs} {
		if c, ok := s.inUse(v, l.dated(s.org)); ok {
			if left := daysLeft(c, v.now); left <= endingDays {
				return view.T("connection.warn.ending", "company", l.n.org(s.org), "n", left)
			}
		} else if len(s.certs) > 0 {
			return view.T("connection.warn.no_certificate", "company", l.n.org(s.org))
		}
	}
	if !ending.IsZero() {
		return ending
	}
	for _, t := range l.terms {
		if t.Version > 0 && len(t.Terms.Weak()) > 0 {
			return view.T("connection.warn.weak")
		}
	}
	return view.Text{}
}

// traffic are the latest interchanges of one partnership.
func (v *visit) traffic(p partner.Partnership, n int) ([]gateway.Interchange, error) {
	list, err := v.w.d.Gateway.List(v.ctx, v.actor(), gateway.Filter{Partnership: p.ID, Limit: n})
	return list.Items, err
}

// sheetShow is what the partner's people need to know of us, on one sheet of paper.
func sheetShow(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	page := &view.SheetPage{Base: v.shell(), Connection: v.connection(l, "sheet"), Us: l.n.company(l.own), Them: l.n.company(l.other), Made: v.now}
	ids := view.SheetSection{Title: view.T("sheet.ids"), Note: view.T("sheet.ids_text")}
	for _, i := range l.ours.ids {
		kv := view.KV{Label: view.T("identitykind." + string(i.Kind)), Value: view.Raw(identityText(i.Identity)), Mono: true}
		if i.Confirmed.IsZero() {
			kv.Value = view.T("sheet.not_confirmed", "id", identityText(i.Identity))
		}
		ids.Facts = append(ids.Facts, kv)
	}
	page.Sections = append(page.Sections, ids, v.sheetAS2(l), v.sheetDoors(l))
	for _, t := range l.terms {
		if t.Sender == l.own {
			continue
		}
		full := t.Terms.Filled()
		s := view.SheetSection{Title: view.T("sheet.terms", "company", l.n.org(l.own)), Note: view.T("sheet.terms_text")}
		for _, w := range termWords {
			s.Facts = append(s.Facts, view.KV{Label: view.T("terms." + w.name), Value: termWord(w.name, *w.at(&full))})
		}
		page.Sections = append(page.Sections, s)
	}
	return v.render(page, nil)
}

func (v *visit) sheetAS2(l link) view.SheetSection {
	s := view.SheetSection{Title: view.T("sheet.as2")}
	address := l.ours.st.URL
	if l.ours.here() {
		address = v.absolute(as2Path)
	}
	if name, _ := l.ours.named(account.AS2); name.ID != "" {
		s.Facts = append(s.Facts, view.KV{Label: view.T("sheet.as2_name"), Value: view.Raw(name.Value), Mono: true})
	}
	if address != "" {
		s.Facts = append(s.Facts, view.KV{Label: view.T("sheet.address"), Value: view.Raw(address), Mono: true}, view.KV{Label: view.T("sheet.port"), Value: view.Raw(portOf(address) + " (TCP)"), Mono: true})
	}
	if c, ok := l.ours.inUse(v, l.dated(l.own)); ok {
		s.Facts = append(s.Facts, view.KV{Label: view.T("sheet.certificate"), Value: view.Raw(c.Subject + ", " + c.Algorithm)}, view.KV{Label: view.T("sheet.serial"), Value: view.Raw(c.Serial), Mono: true},
			view.KV{Label: view.T("sheet.fingerprint"), Value: view.Raw(pairsOf(c.Fingerprint)), Mono: true}, view.KV{Label: view.T("sheet.valid"), Value: view.T("sheet.valid_until", "until", c.NotAfter)})
	}
	if len(s.Facts) == 0 {
		s.Note = view.T("sheet.no_as2")
	}
	return s
}

// sheetDoors are the other ways in.
func (v *visit) sheetDoors(l link) view.SheetSection {
	s := view.SheetSection{Title: view.T("sheet.doors"), Facts: []view.KV{{Label: view.T("sheet.api"), Value: view.Raw(v.absolute("/api/v1/edi/interchanges")), Mono: true}, {Label: view.T("sheet.outbox"), Value: view.Raw(v.absolute("/api/v1/edi/outbox")), Mono: true}}}
	if addr, key := v.w.d.SFTP(); addr != "" {
		s.Facts = append(s.Facts, view.KV{Label: view.T("sheet.sftp"), Value: view.Raw(v.sftpAddress(addr)), Mono: true}, view.KV{Label: view.T("sheet.host_key"), Value: view.Raw(key), Mono: true}, view.KV{Label: view.T("sheet.folders"), Value: view.T("sheet.folders_text")})
	}
	if v.lists(access.OrgRead) {
		s.Facts = append(s.Facts, view.KV{Label: view.T("sheet.portal"), Value: view.Raw(v.absolute("/")), Mono: true})
	}
	return s
}

// portOf is the port of an address, written out or that of its scheme.
func portOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if u.Port() != "" {
		return u.Port()
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// routesCard says how the company receives each document of a partner.
func (v *visit) routesCard(l link, f linkForms) (*view.RoutesCard, error) {
	if l.p.State != partner.Active && l.p.State != partner.Suspended {
		return nil, nil
	}
	routes, err := v.w.d.Gateway.Routes(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return nil, err
	}
	card := &view.RoutesCard{Editable: v.may(access.LinkManage, l.p.Resource())}
	if f.routes != nil {
		card.Form = *f.routes
	}
	own, err := v.w.d.Gateway.Doors(v.ctx, v.actor(), gateway.RouteUsual)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		row := view.RouteRow{Code: r.Kind, Name: view.T("document." + r.Kind)}
		door, format := r.Door, formatValue(r.Syntax, r.Version)
		if f.routes != nil {
			door, format = f.routes.Value("door_"+r.Kind), f.routes.Value("format_"+r.Kind)
		}
		doors := own
		if r.Door == gateway.RouteFolder {
			doors = gateway.RouteDoors
		}
		for _, d := range doors {
			key := "routes.door." + d
			if d == gateway.RouteUsual {
				if key = "routes.door.usual"; r.Kind == "850" {
					key = "routes.door.usual_850"
				}
			}
			row.Doors = append(row.Doors, view.Option{Value: d, Label: view.T(key), On: d == door})
		}
		row.Formats = []view.Option{{Value: "", Label: view.T("routes.format_order"), On: format == ""}}
		for _, x := range gateway.RouteFormats {
			value := formatValue(x.Syntax, x.Version)
			row.Formats = append(row.Formats, view.Option{Value: value, Label: view.Raw(formatName(x)), On: value == format})
		}
		row.PreviewURL = v.path("edi", "connections", l.p.ID, "preview") + "?" + url.Values{"kind": {r.Kind}, "format": {format}}.Encode()
		card.Rows = append(card.Rows, row)
	}
	return card, nil
}

func formatValue(syntax, version string) string {
	if version == "" {
		return syntax
	}
	return syntax + " " + version
}

func formatName(f gateway.RouteFormat) string {
	switch {
	case gateway.IsForm(f.Syntax):
		return formNames[f.Syntax]
	case f.Syntax != gateway.SyntaxEDIFACT:
		return "X12 " + f.Version
	}
	w := strings.Split(f.Version, ":")
	name := "EDIFACT " + w[0] + "." + w[1]
	if len(w) > 3 {
		name += " EANCOM"
	}
	return name
}

// routesSave changes it.
func routesSave(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in, id := v.input(), v.Params("id")
	now, err := v.w.d.Gateway.Routes(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	var routes []gateway.Route
	for _, r := range now {
		if only := in.text("only"); only != "" && only != r.Kind {
			continue
		}
		r.Door = in.text("door_" + r.Kind)
		r.Syntax, r.Version, _ = strings.Cut(in.text("format_"+r.Kind), " ")
		routes = append(routes, r)
	}
	if err := v.w.d.Gateway.SetRoutes(v.ctx, v.actor(), id, routes); err != nil {
		return v.refusedForm(err, in, func(f *linkForms, form *view.Form) { f.routes = form })
	}
	return v.linkDone("said.saved")
}
