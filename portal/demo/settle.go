package demo

import (
	"context"
	"fmt"
	"time"

	"entente/prm/access"
	"entente/prm/settle"
	"entente/prm/trade"
)

// payments makes what followed the invoices: each reseller pays at the end of a month
// what fell due in it. Of the last payments one keeps something back that nobody knows
// of, one names an invoice that is not there, and one invoice is disputed.
func (m *maker) payments(ctx context.Context) error {
	for _, b := range []struct {
		c      *company
		person string
		bank   string
	}{{m.kestrel, "dan", "BACS"}, {m.baltic, "kaarel", "SEPA"}, {m.huadong, "chen", "电汇"}} {
		p := m.partners[b.c.org.Slug]
		who := b.c.staff[b.person]
		for month := 23; month >= 0; month-- {
			on := m.start.AddDate(0, -month, -3).Truncate(24 * time.Hour).Add(10 * time.Hour)
			cmd := settle.RecordCmd{Partnership: p.ID, Number: fmt.Sprintf("%s-%s", b.bank, on.Format("200601")), PaidOn: day(on), Method: "ACH"}
			st, err := m.Settle.Statement(m.at(ctx, on), who, settle.StatementFilter{Partnership: p.ID, To: day(on)})
			if err != nil {
				return err
			}
			for _, x := range st.Open {
				if x.Kind == settle.EntryInvoice && x.Due <= day(on) {
					cmd.Lines = append(cmd.Lines, settle.RecordLine{Number: x.Number, Paid: x.Left})
				}
			}
			if len(cmd.Lines) == 0 {
				continue
			}
			if month == 0 {
				b.c.last(&cmd)
			}
			if _, err := m.Settle.Record(m.at(ctx, on), who, cmd); err != nil {
				return fmt.Errorf("demo: payment %s: %w", cmd.Number, err)
			}
		}
		if b.c == m.kestrel {
			if err := m.disputed(ctx, who, p.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// last gives the last payment of a company its question.
func (c *company) last(cmd *settle.RecordCmd) {
	switch c.org.Slug {
	case "kestrel":
		l := &cmd.Lines[len(cmd.Lines)-1]
		less := l.Paid
		less.Minor /= 20
		l.Paid.Minor -= less.Minor
		l.Deductions = []settle.Deduction{{Amount: less, Reason: "allowance", Reference: "PR-2026-011", Note: "autumn leaflet"}}
	case "baltic":
		l := cmd.Lines[len(cmd.Lines)-1]
		l.Number, l.Paid.Minor = "INV-88031", 42000
		cmd.Lines = append(cmd.Lines, l)
	}
}

// disputed is an invoice of which goods came damaged: the youngest that is owed and
// matches.
func (m *maker) disputed(ctx context.Context, who access.Actor, partnership string) error {
	st, err := m.Settle.Statement(m.at(ctx, m.start), who, settle.StatementFilter{Partnership: partnership})
	if err != nil {
		return err
	}
	for i := len(st.Open) - 1; i >= 0; i-- {
		x := st.Open[i]
		if x.Kind != settle.EntryInvoice || x.Number == "INV-88213" {
			continue
		}
		_, err := m.Settle.OpenDispute(m.at(ctx, m.start.AddDate(0, 0, -1)), who, trade.InvoiceID(x.ID), settle.DisputeCmd{Reason: "damaged", Note: "One box was crushed; the carrier signed for it.", Lines: []settle.DisputeCmdLine{{Position: 1}}})
		return err
	}
	return nil
}
