package mapping

import (
	"context"
	"time"

	"entente/prm/access"
)

// Receipt is what a company keeps of a run: what was agreed, committed to, consented to and
// told, and when. Both companies have one; sizes and accounts stand in neither.
type Receipt struct {
	Run      string        `json:"run"` // the same for both companies
	Way      string        `json:"way"`
	State    State         `json:"state"`
	Reached  int           `json:"reached_step"`
	Made     time.Time     `json:"made"`
	Company  ReceiptSide   `json:"company"`
	Partner  ReceiptSide   `json:"partner"`
	Kinds    []string      `json:"key_kinds"`
	Fields   []string      `json:"fields"`
	Edition  int           `json:"key_edition"`
	Check    []string      `json:"check_code,omitempty"`
	Happened []ReceiptLine `json:"happened"`
}

// ReceiptSide is one company of a receipt.
type ReceiptSide struct {
	Name    string  `json:"name"`
	Consent int     `json:"consented_to_step"`
	Commit  *Commit `json:"committed,omitempty"`
}

// ReceiptLine is a line of what happened.
type ReceiptLine struct {
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"` // the company; left out: the program
	What string    `json:"what"`
	Step int       `json:"step,omitempty"` // or the number of the file
}

// Receipt gives the receipt of a run.
// Codes: Unauthenticated, NotFound.
func (s *Service) Receipt(ctx context.Context, actor access.Actor, id ID) (Receipt, error) {
	var out Receipt
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.MappingRead, id, false)
		if err != nil {
			return err
		}
		d, err := detail(ctx, r, actor.Org)
		if err != nil {
			return err
		}
		out = Receipt{Run: r.Code, Way: r.Way, State: r.State, Reached: r.Stage, Made: r.Made, Kinds: r.Terms.Kinds, Fields: r.Terms.Fields, Edition: r.Terms.Edition, Check: d.CheckCode,
			Company: ReceiptSide{Consent: d.Mine.Consent, Commit: d.Mine.Commit}, Partner: ReceiptSide{Name: r.Name, Consent: d.Theirs.Consent, Commit: d.Theirs.Commit}}
		if out.Fields == nil {
			out.Fields = []string{}
		}
		if out.Company.Name, err = orgName(ctx, actor.Org); err == nil && r.Way == Here {
			out.Partner.Name, err = orgName(ctx, r.Other(actor.Org))
		}
		by := map[string]string{actor.Org: out.Company.Name, r.Other(actor.Org): out.Partner.Name, "": ""}
		for _, e := range d.Log {
			out.Happened = append(out.Happened, ReceiptLine{At: e.At, By: by[e.Org], What: e.What, Step: e.Step})
		}
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return out, nil
}
