package web

import (
	"strconv"
	"strings"

	"entente/chat/room"
	"entente/edi/agreement"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
)

// agreementShow is what the two companies agreed, what is proposed, and what was.
func agreementShow(v *visit) error { return v.agreementPage(200, 0, view.Form{}) }

// agreementOld is an older version.
func agreementOld(v *visit) error {
	n, err := strconv.Atoi(v.Params("number"))
	if err != nil || n < 1 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return v.agreementPage(200, n, view.Form{})
}

func (v *visit) agreementPage(status, number int, refusal view.Form) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	present, err := v.w.d.Agreements.Present(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return err
	}
	history, err := v.w.d.Agreements.History(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return err
	}
	var people []string
	for _, a := range history {
		people = append(people, a.ProposedBy, a.AnsweredBy)
	}
	if l.n, err = v.lookup([]string{l.own, l.other}, people); err != nil {
		return err
	}
	page := &view.AgreementPage{Base: v.shell(), Connection: v.connection(l, "agreement"), Refused: refusal}
	for _, a := range history {
		page.History = append(page.History, v.agreementRow(l, a))
	}
	shown := present.Valid
	if number > 0 {
		if shown, err = v.agreementNumbered(history, number); err != nil {
			return err
		}
		page.Older = present.Valid == nil || present.Valid.Number != number
	}
	if shown != nil {
		text, err := v.agreementVersion(l, history, *shown, number > 0)
		if err != nil {
			return err
		}
		page.Shown = &text
	}
	if number == 0 {
		if present.Next != nil {
			row := v.agreementRow(l, *present.Next)
			page.Next = &row
		}
		if page.Open, err = v.agreementProposal(l, history, present); err != nil {
			return err
		}
	}
	if present.Open == nil && v.may(access.AgreementSign, l.p.Resource()) && l.p.State != partner.Ended {
		page.ProposeURL = page.URL + "/agreement/propose"
	}
	if page.Room, err = v.roomAbout(room.Subject{Kind: "agreement", ID: l.p.ID}, true); err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// agreementNumbered reads one version of the history.
func (v *visit) agreementNumbered(history []agreement.Version, number int) (*agreement.Version, error) {
	for _, a := range history {
		if a.Number == number {
			full, err := v.w.d.Agreements.Get(v.ctx, v.actor(), a.ID)
			return &full, err
		}
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

func (v *visit) agreementRow(l link, a agreement.Version) view.AgreementRow {
	row := view.AgreementRow{
		Number: a.Number, URL: v.path("edi", "connections", l.p.ID, "agreement", strconv.Itoa(a.Number)), Status: view.Status{State: view.State("agreement." + string(a.State))}, From: a.Starts,
		Proposed: view.T("agreement.by", "person", l.n.actor(a.ProposedBy, a.ProposedOrg), "company", l.n.org(a.ProposedOrg)), At: a.Proposed,
	}
	if a.State == agreement.Confirmed && a.Starts.After(v.now) {
		row.Status = view.Status{State: "agreement.coming"}
	}
	if !a.Answered.IsZero() {
		row.At, row.How = a.Answered, view.T("agreement.answer."+string(a.State))
		row.Answered = view.T("agreement.by", "person", l.n.actor(a.AnsweredBy, a.AnsweredOrg), "company", l.n.org(a.AnsweredOrg))
	}
	return row
}

// agreementVersion is a version as text, compared with the one before where that is
// asked for.
func (v *visit) agreementVersion(l link, history []agreement.Version, a agreement.Version, compare bool) (view.AgreementVersion, error) {
	out := view.AgreementVersion{AgreementRow: v.agreementRow(l, a), Note: a.Note, Hash: a.Hash}
	facts := a.Body.Facts()
	for _, name := range agreement.Sections {
		s := view.SheetSection{Title: view.T("agreement.section." + name)}
		for _, f := range facts {
			if f.Section == name {
				s.Facts = append(s.Facts, view.KV{Label: v.factLabel(l, f), Value: v.factValue(f), Mono: f.Words == "" && f.Section != "clocks"})
			}
		}
		if len(s.Facts) > 0 {
			out.Sections = append(out.Sections, s)
		}
	}
	if !compare {
		return out, nil
	}
	var was agreement.Body
	for _, old := range history { // the newest first
		if old.Number < a.Number && (old.State == agreement.Confirmed || old.State == agreement.Superseded) {
			full, err := v.w.d.Agreements.Get(v.ctx, v.actor(), old.ID)
			if err != nil {
				return out, err
			}
			was, out.Before = full.Body, full.Number
			break
		}
	}
	if out.Before > 0 {
		out.Changes = v.changes(l, was, a.Body)
	}
	return out, nil
}

func (v *visit) changes(l link, was, now agreement.Body) []view.AgreementChange {
	var out []view.AgreementChange
	for _, d := range agreement.Diff(was, now) {
		c := view.AgreementChange{}
		if d.Was.Name != "" {
			c.Label, c.Was = v.factLabel(l, d.Was), v.factValue(d.Was)
		}
		if d.Now.Name != "" {
			c.Label, c.Now = v.factLabel(l, d.Now), v.factValue(d.Now)
		}
		out = append(out, c)
	}
	return out
}

func (v *visit) agreementProposal(l link, history []agreement.Version, present agreement.Present) (*view.AgreementProposal, error) {
	if present.Open == nil {
		return nil, nil
	}
	text, err := v.agreementVersion(l, history, *present.Open, true)
	if err != nil {
		return nil, err
	}
	out := &view.AgreementProposal{AgreementVersion: text, ID: present.Open.ID, Mine: present.Open.ProposedOrg == l.own, Starts: view.T("agreement.starts_now")}
	if present.Open.ValidFrom != "" {
		out.Starts = view.T("agreement.starts_on", "date", view.Date(present.Open.ValidFrom), "company", l.n.org(l.p.Supplier))
	}
	out.CanAnswer = v.may(access.AgreementSign, l.p.Resource())
	return out, nil
}

// factLabel says what a fact is about.
func (v *visit) factLabel(l link, f agreement.Fact) view.Text {
	company := l.n.org(l.p.Supplier)
	if f.Side == agreement.Reseller {
		company = l.n.org(l.p.Reseller)
	}
	if f.Section == "security" {
		return view.T("agreement.f.term", "company", company, "term", view.T("terms."+f.Name))
	}
	return view.T("agreement.f."+f.Name, "company", company, "of", f.Of)
}

// factValue is what was agreed, in words.
func (v *visit) factValue(f agreement.Fact) view.Text {
	n, _ := strconv.Atoi(f.Value)
	switch {
	case f.Words == "yes":
		return view.T("terms.yes")
	case f.Words == "ratio":
		return view.Raw(percentText(f.Value) + " %")
	case f.Section == "security":
		return termWord(f.Name, f.Value)
	case f.Words != "":
		return view.T("agreement." + f.Words + "." + f.Value)
	case f.Name == "patience" && n == 0:
		return view.T("agreement.no_wait")
	case f.Name == "patience":
		return view.T("agreement.hours", "n", n)
	case f.Name == "response":
		return view.T("agreement.working_hours", "n", n)
	case f.Name == "duplicates":
		return view.T("agreement.days", "n", n)
	case f.Name == "tries":
		return view.T("agreement.times", "n", n)
	case f.Name == "delegate" && f.Value == "*":
		return view.T("agreement.every_set")
	}
	return view.Raw(f.Value)
}

// percentText writes a ratio as percent: "0.005" is 0.5.
func percentText(ratio string) string {
	m, err := money.ParseMicro(ratio)
	if err != nil {
		return ""
	}
	return (m * 100).String()
}

// agreementAnswered goes back to the agreement.
func (v *visit) agreementAnswered(err error, key string) error {
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.agreementPage(fault.CodeOf(err).Status(), 0, view.Form{Errors: errs, Note: note})
	}
	return v.done(v.path("edi", "connections", v.Params("id"), "agreement"), key)
}

// agreementDeed does something with a version of the partnership of the address; one of
// another partnership does not exist there.
func agreementDeed(said string, do func(v *visit, id string) error) func(*visit) error {
	return func(v *visit) error {
		a, err := v.w.d.Agreements.Get(v.ctx, v.actor(), v.Params("agreement"))
		if err == nil && a.Partnership != v.Params("id") {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err == nil {
			err = do(v, a.ID)
		}
		return v.agreementAnswered(err, said)
	}
}

var (
	agreementConfirm = agreementDeed("said.agreement_confirmed", func(v *visit, id string) error {
		_, err := v.w.d.Agreements.Confirm(v.ctx, v.actor(), id, v.input().text("hash"))
		return err
	})
	agreementDecline = agreementDeed("said.agreement_declined", func(v *visit, id string) error {
		_, err := v.w.d.Agreements.Decline(v.ctx, v.actor(), id, v.input().text("reason"))
		return err
	})
	agreementWithdraw = agreementDeed("said.agreement_withdrawn", func(v *visit, id string) error {
		_, err := v.w.d.Agreements.Withdraw(v.ctx, v.actor(), id)
		return err
	})
)

// fields splits a list that people write with commas, blanks or lines.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", ;\r\n\t", r) })
}
