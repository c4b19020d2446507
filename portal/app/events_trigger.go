package app

import (
	"context"
	"strconv"
	"strings"

	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/lead"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/quote"
	"entente/prm/sellthrough"
	"entente/prm/trade"
	"entente/prm/trigger"
)

// suggestionSubject is the kind of a suggestion in notices.
const suggestionSubject = "suggestion"

// triggering are the events after which rules that propose offers take their turn.
func triggering() []string {
	return append([]string{trade.OrderReceived, catalog.StockReceived, lead.EventAccepted, lead.EventStale, sellthrough.EventReported, sellthrough.EventCorrected}, quote.Events()...)
}

// triggered brings the turn of the supplier's rules forward.
func (a *App) triggered(ctx context.Context, e job.Received) error {
	var x struct {
		Supplier string `json:"supplier"`
	}
	if err := e.Decode(&x); err != nil || x.Supplier == "" {
		return err
	}
	about := trigger.Partners
	switch word, _, _ := strings.Cut(e.Kind, "."); {
	case word == "quote":
		about = trigger.Quotes
	case word == "lead":
		about = trigger.Leads
	case word == "sellthrough", e.Kind == catalog.StockReceived:
		about = trigger.Stock
	}
	return a.triggers.Touched(ctx, x.Supplier, about)
}

// suggestionNotices tells the managers of a company what one of its rules proposes.
func (a *App) suggestionNotices(ctx context.Context, e job.Received) error {
	var x trigger.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	s, err := a.triggers.Get(ctx, access.System("notices", x.Org), x.Suggestion)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, s.Partner)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: "promo.suggested", Dedupe: e.ID, SubjectKind: suggestionSubject, SubjectID: string(s.ID), Args: map[string]string{"rule": s.RuleName}}
	if x.Count > 1 {
		n.Kind, n.Args["n"] = "promo.suggested_more", strconv.Itoa(x.Count-1)
	}
	return a.tellSide(ctx, x.Org, orgs[s.Partner].Name, []access.Role{access.Manager}, n)
}

// triggerPromotions knows the promotions that a rule may be about.
type triggerPromotions struct{ a *App }

func (p triggerPromotions) Known(ctx context.Context, actor access.Actor, id string) error {
	_, err := p.a.promos.Standing(account.Acting(ctx, actor), actor, promo.ID(id))
	return err
}
