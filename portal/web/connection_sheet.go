package web

import (
	"net/url"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
)

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
	if c, ok := l.ours.inUse(v); ok {
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
