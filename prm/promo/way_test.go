package promo

import (
	"testing"

	"entente/prm/fault"
)

// How a promotion is paid, and whether what is sold on decides, stays as it was agreed: the
// money of what was bought would no longer be found. Until something is agreed all may change.
func TestTheWayOfPayingStays(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.Settle, x.Quoted = BillBack, false
		p := m.sent(x)
		save := func(change func(*Terms)) error {
			next := m.get(p.ID).Text()
			change(&next)
			_, err := m.svc.SaveDraft(m.at(), m.ingrid, p.ID, m.get(p.ID).Version, next)
			return err
		}
		resale := func(t *Terms) { t.By, t.ShipBy, t.BackDays = ByResale, "", 0 }
		m.must(save(func(t *Terms) { t.Settle = OffInvoice }))
		m.must(save(resale))
		m.must(save(func(*Terms) {}))
		m.agree(p.ID, m.maya, m.kaarel)
		m.want(save(func(t *Terms) { t.Settle = OffInvoice }), fault.Invalid, "promo.settle_agreed")
		m.want(save(resale), fault.Invalid, "promo.by_agreed")
		m.must(save(func(t *Terms) { t.By, t.ShipBy, t.BackDays = ByInvoice, "", 0 }))
		_, err := m.svc.Propose(m.at(), m.ingrid, p.ID, m.get(p.ID).Version, "by the invoice")
		m.must(err)
		j := m.join(m.maya, p.ID)
		text := j.Text
		text.Settle = OffInvoice
		_, err = m.svc.Counter(m.at(), m.maya, p.ID, j.Hash, text, "")
		m.want(err, fault.Invalid, "promo.settle_agreed")
		text = j.Text
		resale(&text)
		_, err = m.svc.Counter(m.at(), m.maya, p.ID, j.Hash, text, "")
		m.want(err, fault.Invalid, "promo.by_agreed")
		text = j.Text
		text.Title = "Another title"
		_, err = m.svc.Counter(m.at(), m.maya, p.ID, j.Hash, text, "")
		m.must(err)

		// one by resale does not become one by order either
		_, q := m.byResale()
		p = q
		m.want(save(func(t *Terms) { t.By = ByOrder }), fault.Invalid, "promo.by_agreed")
	})
}
