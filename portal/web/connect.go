package web

import (
	"slices"

	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/partner"
)

// wizardKeys are the steps of connecting a partner, in their order.
var wizardKeys = []string{"partner", "ids", "confirm", "way", "test", "live"}

// wayKeys are the ways for documents to travel, the quickest first.
var wayKeys = []string{"http", "sftp", "as2", "van"}

// wizard is what the steps are read from.
type wizard struct {
	link
	gate    gateway.Gate
	tests   gateway.Rehearsal
	sftp    bool             // the company has a login
	tokens  bool             // it has a token that may send
	as2     bool             // AS2 is complete
	van     *gateway.Through // the network before the other company; nil: none was agreed
	door    string           // a document of ours came in by it; empty: none
	traffic bool             // documents of production went
}

func (v *visit) wizard(id string) (wizard, error) {
	l, err := v.link(id)
	w := wizard{link: l}
	if err != nil {
		return w, err
	}
	if w.gate, err = v.w.d.Gateway.Gate(v.ctx, v.actor(), id); err != nil {
		return w, err
	}
	if w.tests, err = v.w.d.Gateway.Rehearsal(v.ctx, v.actor(), id); err != nil {
		return w, err
	}
	through, err := v.w.d.Gateway.Through(v.ctx, v.actor(), id)
	if err != nil {
		return w, err
	}
	if i := slices.IndexFunc(through, func(t gateway.Through) bool { return t.Org == l.other }); i >= 0 {
		w.van = &through[i]
	}
	w.as2 = doneOf(v.steps(l)) == len(v.steps(l))
	if v.may(access.EDIDoors, access.Own(l.own)) {
		users, err := v.w.d.Accounts.SFTPUsers(v.ctx, v.actor())
		if err != nil {
			return w, err
		}
		w.sftp = len(users) > 0
	}
	if v.may(access.TokenOwn, access.Own(l.own)) {
		read := v.w.d.Accounts.Tokens
		if v.may(access.TokenManage, access.Own(l.own)) {
			read = v.w.d.Accounts.OrgTokens
		}
		list, err := read(v.ctx, v.actor())
		if err != nil {
			return w, err
		}
		w.tokens = slices.ContainsFunc(list, func(t account.Token) bool { return t.Live(v.now) && slices.Contains(t.Scopes, "edi:write") })
	}
	if v.lists(access.EDIRead) {
		recent, err := v.traffic(l.p, 50)
		if err != nil {
			return w, err
		}
		for _, i := range recent {
			w.traffic = w.traffic || !i.Test && i.State == gateway.Processed && i.Result != gateway.ResultRejected
			if i.Origin == gateway.OriginSent && i.From == l.own && w.door == "" {
				w.door = i.Door
			}
		}
	}
	return w, nil
}

// shared are the standards that both companies have an identity for; agreed those where
// each confirmed the other's.
func (l link) shared() (kinds, agreed []account.IdentityKind) {
	for _, k := range []account.IdentityKind{account.X12, account.EDIFACT} {
		_, ours := l.ours.named(k)
		_, theirs := l.theirs.named(k)
		if l.ours.has(k) && l.theirs.has(k) {
			kinds = append(kinds, k)
		}
		if ours && theirs {
			agreed = append(agreed, k)
		}
	}
	return kinds, agreed
}

// doneSteps says of each step whether it is done.
func (w wizard) doneSteps() map[string]bool {
	kinds, agreed := w.shared()
	live := len(w.gate.Stages) > 0
	for _, s := range w.gate.Stages {
		live = live && !s.Tested()
	}
	open := len(w.gate.Stages) == 0 && w.traffic
	return map[string]bool{
		"partner": w.p.State == partner.Active, "ids": len(kinds) > 0, "confirm": len(agreed) > 0, "way": w.as2 || w.sftp || w.tokens || w.van != nil && w.van.By != "" || w.door != "",
		"test": live || open || w.tests.Ready(w.p.Supplier) && w.tests.Ready(w.p.Reseller), "live": live || open,
	}
}

// waits says what the step needs of the other company; empty: it is the viewer's turn,
// or nobody's.
func (w wizard) waits(v *visit, step string) view.Text {
	them := w.n.org(w.other)
	switch step {
	case "partner":
		if w.p.State == partner.Invited && w.p.MovedBy == w.own {
			return view.T("wizard.waits.accept", "company", them)
		}
	case "ids":
		if (w.ours.has(account.X12) || w.ours.has(account.EDIFACT)) && !w.theirs.has(account.X12) && !w.theirs.has(account.EDIFACT) {
			return view.T("wizard.waits.ids", "company", them)
		}
	case "confirm":
		kinds, _ := w.shared()
		for _, k := range kinds {
			_, ours := w.ours.named(k)
			if _, theirs := w.theirs.named(k); theirs && !ours {
				return view.T("wizard.waits.confirm", "company", them)
			}
		}
	}
	return view.Text{}
}

// connectShow is the wizard, at the step asked for, else at the first that is not done.
func connectShow(v *visit) error { return v.wizardPage(200, linkForms{}) }

func (v *visit) wizardPage(status int, f linkForms) error {
	w, err := v.wizard(v.Params("id"))
	if err != nil {
		return err
	}
	l := w.link
	base := v.path("edi", "connections", l.p.ID)
	page := &view.WizardPage{Base: v.shell(), Connection: v.connection(l, "connect"), PartnerURL: v.path("partners", l.p.ID), SheetURL: base + "/sheet", BenchURL: base + "/bench"}
	done := w.doneSteps()
	asked := or(v.Query("step"), f.step)
	for i, k := range wizardKeys {
		s := view.Step{Done: done[k], Name: view.T("wizard.step." + k), URL: base + "/connect?step=" + k, Note: w.note(v, k, done[k])}
		if done[k] {
			page.Done++
		} else if page.Step == "" {
			page.Step, s.Now = k, true
		}
		if asked == k {
			page.Number = i + 1
		}
		page.Steps = append(page.Steps, s)
	}
	page.All = page.Done == len(wizardKeys)
	if page.Number > 0 {
		page.Step = asked
	}
	page.Step = or(page.Step, "live")
	page.Number = slices.Index(wizardKeys, page.Step) + 1
	for i := range page.Steps {
		page.Steps[i].Now = i == page.Number-1
	}
	if page.Number > 1 {
		page.Prev = page.Steps[page.Number-2].URL
	}
	if page.Number < len(wizardKeys) {
		page.Next = page.Steps[page.Number].URL
	}
	page.Waits = w.waits(v, page.Step)
	if v.may(access.OrgManage, access.Own(l.own)) {
		page.CompanyURL = v.path("company")
	}
	if err := v.wizardStep(page, w, f); err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// note is the one line under a step in the list.
func (w wizard) note(v *visit, step string, done bool) view.Text {
	_, agreed := w.shared()
	switch {
	case step == "ids" && done || step == "confirm" && done:
		kinds, _ := w.shared()
		if step == "confirm" {
			kinds = agreed
		}
		i, _ := w.ours.named(kinds[0])
		o, _ := w.theirs.named(kinds[0])
		return view.Raw(identityText(i.Identity) + " ⇄ " + identityText(o.Identity))
	case step == "way" && done:
		for _, x := range []struct {
			on  bool
			key string
		}{{w.as2, "as2"}, {w.sftp, "sftp"}, {w.tokens, "http"}} {
			if x.on {
				return view.T("wizard.way." + x.key)
			}
		}
	case step == "test" && w.tests.Order != "":
		return view.T("connection.done_of", "done", w.tests.Done(), "of", len(w.tests.Ticks))
	}
	return w.waits(v, step)
}

// wizardStep fills what the shown step needs.
func (v *visit) wizardStep(page *view.WizardPage, w wizard, f linkForms) error {
	l := w.link
	switch page.Step {
	case "partner":
		page.CanAccept = l.p.State == partner.Invited && l.p.MovedBy != l.own && v.may(access.PartnerManage, l.p.Resource())
	case "ids", "confirm":
		confirm := v.may(access.PartnerManage, l.p.Resource())
		for _, i := range l.ours.ids {
			page.Ours = append(page.Ours, v.identity(i, l.n, false))
		}
		for _, i := range l.theirs.ids {
			page.Theirs = append(page.Theirs, v.identity(i, l.n, confirm))
			page.CanConfirm = page.CanConfirm || confirm && i.Confirmed.IsZero()
		}
		if v.may(access.OrgManage, access.Own(l.own)) {
			page.Identity = v.identityForm(l, f)
			for _, k := range account.IdentityKinds {
				page.Kinds = append(page.Kinds, view.Option{Value: string(k), Label: view.T("identitykind." + string(k)), On: page.Identity.Value("kind") == string(k)})
			}
		}
	case "way":
		return v.wizardWay(page, w, f)
	case "test":
		return v.wizardTest(page, w)
	case "live":
		page.Held = w.gate.Held
		page.Live = v.liveRows(w)
	}
	return nil
}

// identityForm proposes the standard that the other company has.
func (v *visit) identityForm(l link, f linkForms) *view.Form {
	if f.identity != nil {
		return f.identity
	}
	kind, qualifier := account.X12, "ZZ"
	if l.theirs.has(account.EDIFACT) && !l.theirs.has(account.X12) {
		kind, qualifier = account.EDIFACT, "ZZZ"
	}
	return &view.Form{Values: map[string]string{"kind": string(kind), "qualifier": qualifier}}
}

// curl begins a command that calls the API.
const curl = `curl -H "Authorization: Bearer $TOKEN" `

func (v *visit) wizardWay(page *view.WizardPage, w wizard, f linkForms) (err error) {
	ready := map[string]bool{"http": w.tokens, "sftp": w.sftp, "as2": w.as2, "van": w.van != nil && w.van.By != ""}
	way := oneOf(or(v.Query("way"), f.way), wayKeys)
	if way == "" {
		for _, k := range wayKeys {
			if ready[k] {
				way = k
				break
			}
		}
	}
	if way == "" && w.ours.begun() {
		way = "as2"
	}
	page.Way = way
	for _, k := range wayKeys {
		page.Ways = append(page.Ways, view.WayChoice{Key: k, URL: page.URL + "/connect?step=way&way=" + k, On: k == way, Ready: ready[k]})
	}
	o := v.flash().Once
	switch way {
	case "sftp":
		if page.Logins, err = v.loginsCard(f); err != nil {
			return err
		}
		if o != nil && o.Kind == "sftp" {
			page.Secret = &view.SFTPSecret{Name: o.Name, Password: o.Secret}
		}
	case "http":
		page.Token = &view.WizardToken{Have: w.tokens, CanMake: v.may(access.TokenOwn, access.Own(w.own)), Send: curl + "--data-binary @order.edi \\\n  " + v.absolute("/api/v1/edi/interchanges"), Fetch: curl + "\\\n  " + v.absolute("/api/v1/edi/outbox")}
		if o != nil && o.Kind == "token" {
			page.Token.Secret = o.Secret
		}
	case "van":
		page.VAN = &view.WizardVAN{AgreementURL: page.URL + "/agreement", ServersURL: page.URL + "#servers"}
		if w.van != nil {
			page.VAN.Network, page.VAN.By = w.van.Network, w.van.By
		}
	case "as2":
		manage := v.may(access.StationManage, access.Own(w.own))
		page.AS2 = &view.WizardAS2{Steps: v.steps(w.link), Here: w.ours.here()}
		if manage {
			page.AS2.Address, page.AS2.Adding = v.addressForm(w.link, f), v.certificateForm(w.link, f)
		}
		if w.theirs.st.URL != "" && manage {
			page.AS2.Check = &view.AddressCheck{Address: w.theirs.st.URL, Company: w.n.company(w.other), Rows: f.check}
		}
		page.AS2.Echo, err = v.echoCard(w.link, manage)
	}
	return err
}

func (v *visit) wizardTest(page *view.WizardPage, w wizard) error {
	manage := v.may(access.LinkManage, w.p.Resource())
	t := &view.WizardTest{Gate: len(w.gate.Stages) > 0, Traffic: w.traffic, Samples: v.samples(w.link)}
	t.CanStart = manage && !t.Gate && !w.traffic && w.p.State == partner.Active
	t.CanSend = manage && w.own == w.p.Supplier && w.tests.Order != "" && v.may(access.EDISend, access.Own(w.own))
	t.Ticks, t.Standard = v.ticks(w.link, w.tests), w.tests.Standard
	t.Done = w.tests.Done()
	page.Test = t
	return nil
}

// ticks are the steps of a rehearsal in words.
func (v *visit) ticks(l link, r gateway.Rehearsal) []view.Step {
	var out []view.Step
	now := false
	for _, t := range r.Ticks {
		s := view.Step{Done: t.Done, Name: view.T("bench.step", "type", t.Kind, "what", view.T("bench.step."+t.Step))}
		way := []any{"from", l.n.org(t.Sender), "to", l.n.org(l.p.Other(t.Sender))}
		switch {
		case t.Failed:
			s.Note = view.T("wizard.tick.refused", "company", l.n.org(l.p.Other(t.Sender)))
		case t.Waits == gateway.WaitsFetch:
			s.Note = view.T("wizard.tick.fetch", "company", l.n.org(l.p.Other(t.Sender)))
		case t.Waits == gateway.WaitsAck:
			s.Note = view.T("wizard.tick.ack", "company", l.n.org(l.p.Other(t.Sender)))
		case t.Interchange != "":
			s.Note = view.T("bench.seen_test", append(way, "control", t.Control)...)
		case t.For == "":
			s.Note = view.T("wizard.tick.optional")
		default:
			s.Note = view.T("bench.way", way...)
		}
		if t.Interchange != "" {
			s.At = t.At
			if v.lists(access.EDIRead) {
				s.URL = v.path("edi", t.Interchange)
			}
		}
		if !t.Done && !now && t.For != "" {
			s.Now, now = true, true
		}
		out = append(out, s)
	}
	return out
}

// liveRows are the directions of the gate, what the viewer sends first.
func (v *visit) liveRows(w wizard) []view.LiveRow {
	var people []string
	for _, s := range w.gate.Stages {
		people = append(people, s.SupplierYes.Person, s.ResellerYes.Person)
	}
	n, err := v.lookup([]string{w.own, w.other}, people)
	if err != nil {
		n = w.n
	}
	var out []view.LiveRow
	for _, s := range w.gate.Stages {
		row := view.LiveRow{Sender: w.n.company(s.Sender), Live: s.Live, Ready: w.tests.Ready(s.Sender), Said: !s.Of(w.own).At.IsZero()}
		row.CanSay = s.Tested() && v.may(access.LinkManage, w.p.Resource())
		for _, org := range []string{w.own, w.other} {
			y := s.Of(org)
			row.Yes = append(row.Yes, view.LiveYes{Company: w.n.company(org), By: n.person(y.Person), At: y.At})
		}
		if s.Sender == w.p.Reseller { // orders come first
			out = slices.Insert(out, 0, row)
		} else {
			out = append(out, row)
		}
	}
	return out
}
