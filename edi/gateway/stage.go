package gateway

import (
	"context"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// Stage is the gate of one direction of a partnership that is connected by testing
// first: until it is live, what its sender sends for production is held (HeldNotLive)
// and only test traffic is answered. A partnership without stages has no gate.
type Stage struct {
	Partnership, Supplier, Reseller string
	Sender                          string // company id: whose documents the gate is about
	Started                         time.Time
	StartedBy                       string // person id
	SupplierYes, ResellerYes        Yes
	Live                            time.Time // zero: still tested
}

// Yes is the consent of one company to go live, by a person who hears of every refusal
// in the first week.
type Yes struct {
	At     time.Time // zero: not said
	Person string
}

// Tested says that the direction is not live yet.
func (g Stage) Tested() bool { return g.Live.IsZero() }

// Of is the consent of a company of the partnership.
func (g Stage) Of(org string) Yes {
	if org == g.Supplier {
		return g.SupplierYes
	}
	return g.ResellerYes
}

// WatchDays is how long after going live the named persons of both sides hear of every
// refusal.
const WatchDays = 7

// Gate is all that is known of the stages of a partnership.
type Gate struct {
	Stages []Stage // none: there is no gate
	Held   int     // interchanges that wait for production
}

// link checks what an actor may do about a partnership, and gives its sides.
func (s *Service) link(ctx context.Context, actor access.Actor, act access.Action, partnership string) (supplier, reseller string, err error) {
	if _, err := access.List(actor, access.LinkRead); err != nil {
		return "", "", err
	}
	if supplier, reseller, err = s.partners.Sides(ctx, actor, partnership); err != nil {
		return "", "", err
	}
	return supplier, reseller, access.Check(actor, act, access.Shared(supplier, reseller))
}

// Gate returns the stages of a partnership. Codes: NotFound.
func (s *Service) Gate(ctx context.Context, actor access.Actor, partnership string) (Gate, error) {
	if _, _, err := s.link(ctx, actor, access.LinkRead, partnership); err != nil {
		return Gate{}, err
	}
	var out Gate
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = Gate{}
		rows, err := stagesOf(ctx, partnership)
		if err != nil || len(rows) == 0 {
			return err
		}
		for i := range rows {
			out.Stages = append(out.Stages, rows[i].view())
		}
		out.Held, err = countNotLive(ctx, partnership)
		return err
	})
	return out, err
}

// StartTest puts a gate on both directions of a partnership: from now on production
// traffic is held until both companies say that it goes live. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (production documents went already).
func (s *Service) StartTest(ctx context.Context, actor access.Actor, partnership string) error {
	supplier, reseller, err := s.link(ctx, actor, access.LinkManage, partnership)
	if err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		have, err := stagesOf(ctx, partnership)
		if err != nil || len(have) > 0 {
			return err
		}
		if live, err := inProduction(ctx, partnership); err != nil || live {
			if err == nil {
				err = fault.New(fault.Conflict, "edi.stage_traffic")
			}
			return err
		}
		for _, sender := range []string{supplier, reseller} {
			if _, err := insertStage(ctx, &stageRow{PartnershipID: partnership, SenderID: sender, SupplierID: supplier, ResellerID: reseller, Started: db.Micros(db.Now(ctx)), StartedBy: actor.Person}); err != nil {
				return err
			}
		}
		return s.noteLink(ctx, actor, "edi.stage.test", partnership)
	})
}

func (s *Service) noteLink(ctx context.Context, actor access.Actor, action, partnership string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "partnership", SubjectID: partnership, Outcome: audit.Done})
}

// SayLive says, or takes back, that the actor's company wants what sender sends to go
// live. With the consent of both companies it is live from then on; what was held stays
// held until somebody releases it. Safe to repeat. Publishes EventLiveAsked, EventLive.
// Codes: NotFound (also: no gate), Forbidden, Conflict (the required tests are not
// done; or it is live and cannot be taken back).
func (s *Service) SayLive(ctx context.Context, actor access.Actor, partnership, sender string, yes bool) error {
	if _, _, err := s.link(ctx, actor, access.LinkManage, partnership); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := stageOf(ctx, partnership, sender)
		if err == nil && r == nil {
			err = notFound()
		}
		if err != nil {
			return err
		}
		said := r.view().Of(actor.Org)
		switch {
		case r.Live > 0 && yes, yes != said.At.IsZero():
			return nil // said before
		case r.Live > 0:
			return fault.New(fault.Conflict, "edi.stage_live")
		}
		column := "reseller"
		if actor.Org == r.SupplierID {
			column = "supplier"
		}
		if !yes {
			if _, err := changeStage(ctx, r, map[string]any{column + "_yes": int64(0), column + "_by": ""}, "live = 0"); err != nil {
				return err
			}
			return s.noteLink(ctx, actor, "edi.stage.not_yet", partnership)
		}
		seen, err := s.rehearsal(ctx, partnership, r.SupplierID, r.ResellerID)
		if err != nil {
			return err
		}
		if !seen.Ready(sender) {
			return fault.New(fault.Conflict, "edi.stage_not_ready")
		}
		now := db.Micros(db.Now(ctx))
		if _, err := changeStage(ctx, r, map[string]any{column + "_yes": now, column + "_by": actor.Person}, "live = 0"); err != nil {
			return err
		}
		// One statement decides who was second, whoever else says yes meanwhile.
		live, err := changeStage(ctx, r, map[string]any{"live": now}, "live = 0 AND supplier_yes > 0 AND reseller_yes > 0")
		if err != nil {
			return err
		}
		kind := EventLiveAsked
		if live {
			kind = EventLive
		}
		if err := s.tellStage(ctx, kind, r, actor); err != nil {
			return err
		}
		return s.noteLink(ctx, actor, "edi.stage.live", partnership)
	})
}

// ReleaseNotLive releases what the gate of a partnership held, in the directions that are
// live by now and as far as the actor's company may, at most 1,000 of each; it returns
// how many.
// Codes: NotFound, Forbidden.
func (s *Service) ReleaseNotLive(ctx context.Context, actor access.Actor, partnership string) (int, error) {
	supplier, reseller, err := s.link(ctx, actor, access.LinkRead, partnership)
	if err != nil {
		return 0, err
	}
	if err := access.Check(actor, access.EDIResolve, access.Shared(supplier, reseller)); err != nil {
		return 0, err
	}
	n := 0
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		n = 0
		for _, sender := range []string{supplier, reseller} {
			closed, err := gated(ctx, partnership, sender)
			if err != nil {
				return err
			}
			if closed {
				continue
			}
			rows, err := notLive(ctx, partnership, sender, 1000)
			if err != nil {
				return err
			}
			for i := range rows {
				if rows[i].Origin == OriginMade && sender != actor.Org {
					continue // only its sender sends it
				}
				if err := s.Release(ctx, actor, rows[i].ID); err != nil {
					return err
				}
				n++
			}
		}
		return nil
	})
	return n, err
}

// Watching are the persons who, in the first week after going live, hear of every
// refusal of what was sent in a partnership by sender, by company. It joins the
// transaction of ctx and checks nothing: for subscribers.
func (s *Service) Watching(ctx context.Context, partnership, sender string) (map[string]string, error) {
	r, err := stageOf(ctx, partnership, sender)
	if err != nil || r == nil || r.Live == 0 || db.Now(ctx).After(instant(r.Live).AddDate(0, 0, WatchDays)) {
		return nil, err
	}
	return map[string]string{r.SupplierID: r.SupplierBy, r.ResellerID: r.ResellerBy}, nil
}

// holdUntilLive holds a new interchange of production in a direction that is tested.
// Acknowledgements pass.
func (s *Service) holdUntilLive(ctx context.Context, r *interchangeRow) error {
	if r.Test || r.Types == "" || isAnswer(split(r.Types)) {
		return nil
	}
	closed, err := gated(ctx, r.PartnershipID, r.SenderID)
	if err != nil || !closed {
		return err
	}
	ok, err := change(ctx, r.ID, map[string]any{"state": string(Held), "held": HeldNotLive}, "state = ?", string(Received))
	if err != nil || !ok {
		return err
	}
	return s.publish(ctx, EventHeld, r, HeldEvent{Parties: r.parties(), Reason: HeldNotLive})
}

// passes refuses to let go of production traffic of a direction that is tested.
func passes(ctx context.Context, r *interchangeRow) error {
	if r.Test || isAnswer(split(r.Types)) {
		return nil
	}
	closed, err := gated(ctx, r.PartnershipID, r.SenderID)
	if err == nil && closed {
		err = fault.New(fault.Conflict, "edi.not_live")
	}
	return err
}
