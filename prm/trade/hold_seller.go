package trade

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/db"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// A supplier may put an order, or lines of it, on hold: with a coded reason, an owner who
// is to end it and a day by which it is to be ended. The reseller is told the reason, the
// role of the owner and the day, not the note and no name. While a whole order is on hold
// nothing of it is promised or shipped and the clock of its answer stands still
// (reference/practice.md 40); lines on hold stop only themselves.

// HeldApproval is why an order is held that the supplier's own rules let nobody answer
// before a person approved it. The hold bears the id of the request.
const HeldApproval = "approval"

// HoldReasons are the coded reasons of a hold in the order of the form. The key of the
// words is "holdreason.<reason>".
var HoldReasons = []string{"credit", "stock", "price", "document", "export", "other"}

// HoldRoles are the roles that may own a hold.
var HoldRoles = []access.Role{access.Manager, access.Finance, access.Sales, access.EDI, access.Admin}

// Hold is a hold of an order, or of the lines named.
type Hold struct {
	ID         string
	Order      OrderID
	Reason     string // of HoldReasons, or HeldApproval
	Note       string // for the supplier alone
	Role       access.Role
	Person     string // the owner where it is a person; for the supplier alone
	Lines      []int  // none: the whole order
	By         string // civil date in the supplier's zone; "" for HeldApproval
	Due        time.Time
	Overdue    time.Time // when it was found late; zero: it is not
	Placed     time.Time
	PlacedBy   string
	Released   time.Time // zero: it stands
	ReleasedBy string
}

// Open says that it stands.
func (h Hold) Open() bool { return h.Released.IsZero() }

// Late says that it stands past its day at an instant.
func (h Hold) Late(now time.Time) bool {
	return h.Open() && !h.Due.IsZero() && !now.Before(h.Due)
}

// HoldCmd puts an order on hold. Version 0 does not check. The owner is a person of the
// supplier, or whoever holds the role.
type HoldCmd struct {
	Version int64
	Reason  string
	Note    string
	Role    access.Role
	Person  string
	By      string // civil date
	Lines   []int  // none: the whole order
}

// Hold puts an order or lines of it on hold for its supplier.
// Codes: NotFound, Forbidden, Conflict (another version, the order is finished, on hold for
// the same already), Invalid (reason, owner, day, lines).
// Publishes OrderOnHold.
func (s *Service) Hold(ctx context.Context, actor access.Actor, id OrderID, cmd HoldCmd) (string, error) {
	out := ""
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, lines, err := s.open(ctx, actor, access.OrderHold, id, cmd.Version)
		if err != nil {
			return err
		}
		if slices.Contains([]State{Closed, Cancelled, Rejected, Shipped, Invoiced}, State(o.State)) {
			return fault.New(fault.Conflict, "trade.hold_finished", "Order", o.Number)
		}
		h, err := cmd.row(ctx, actor, o, lines)
		if err != nil {
			return err
		}
		have, err := openHolds(ctx, o.ID)
		if err != nil {
			return err
		}
		for _, x := range have {
			if x.Reason == h.Reason && x.Lines == h.Lines {
				return fault.New(fault.Conflict, "trade.hold_stands", "Order", o.Number)
			}
		}
		if _, err := insertOnce(ctx, &h); err != nil {
			return err
		}
		if err := s.rehold(ctx, &o); err != nil {
			return err
		}
		out = h.ID
		return s.record(ctx, actor, o, deed{history: "order.on_hold", args: map[string]string{"Reason": h.Reason, "Role": h.OwnerRole, "By": h.ByDay, "Lines": strings.ReplaceAll(h.Lines, ",", ", ")}, action: "order.hold",
			event: OrderOnHold, payload: Event{Hold: h.ID, Reason: h.Reason}})
	})
	return out, err
}

// row checks a command.
func (cmd HoldCmd) row(ctx context.Context, actor access.Actor, o orderRow, lines []Line) (holdRow, error) {
	now := db.Now(ctx)
	h := holdRow{ID: db.NewID(), OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, PartnershipID: o.PartnershipID, Reason: cmd.Reason, Note: bounded(strings.TrimSpace(cmd.Note), 300), OwnerRole: string(cmd.Role), ByDay: cmd.By,
		Placed: db.Micros(now), PlacedBy: actor.Person}
	bad := fault.New(fault.Invalid, "form.invalid")
	if !slices.Contains(HoldReasons, cmd.Reason) {
		bad.With("reason", "trade.hold_reason")
	}
	if h.Reason == "other" && h.Note == "" {
		bad.With("note", "trade.hold_note")
	}
	if cmd.Person != "" {
		role, err := roleIn(ctx, o.SupplierID, cmd.Person)
		if err != nil {
			return h, err
		}
		if role == "" {
			bad.With("owner", "trade.hold_owner")
		}
		h.OwnerPerson, h.OwnerRole = cmd.Person, role
	} else if !slices.Contains(HoldRoles, cmd.Role) {
		bad.With("owner", "trade.hold_owner")
	}
	t, err := termsOf(ctx, o.PartnershipID)
	if err != nil {
		return h, err
	}
	day, err := time.Parse(time.DateOnly, cmd.By)
	switch {
	case err != nil:
		bad.With("hold_until", "form.date")
	case cmd.By < today(ctx, t.SupplierZone):
		bad.With("hold_until", "trade.hold_past")
	case day.Sub(now) > 366*24*time.Hour:
		bad.With("hold_until", "trade.hold_far")
	default:
		if h.Due, err = endOfDay(ctx, t, day); err != nil {
			return h, err
		}
	}
	var named []string
	for _, n := range slices.Compact(slices.Sorted(slices.Values(cmd.Lines))) {
		if n < 1 || n > len(lines) {
			bad.With("lines", "trade.line_unknown", "Line", n)
			continue
		}
		if lines[n-1].Outstanding() <= 0 && lines[n-1].Ordered > 0 {
			bad.With("lines", "trade.hold_line_done", "Line", n)
		}
		named = append(named, itoa(n))
	}
	if len(named) < len(lines) {
		h.Lines = strings.Join(named, ",")
	}
	return h, bad.OrNil()
}

// endOfDay is when the supplier stops working on a day, or where it does not work then, at
// the end of its next working day.
func endOfDay(ctx context.Context, t terms, day time.Time) (int64, error) {
	loc, err := time.LoadLocation(t.SupplierZone)
	if err != nil {
		loc = time.UTC
	}
	cal, err := account.StandingCalendar(ctx, t.SupplierID, t.SupplierCountry, t.SupplierZone)
	if err != nil {
		return 0, err
	}
	start := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, loc)
	if end, ok := cal.Close(start); ok {
		return db.Micros(end), nil
	}
	return db.Micros(start.AddDate(0, 0, 1)), nil
}

// Release ends a hold.
// Codes: NotFound, Forbidden (it waits for an approval), Conflict (it is ended).
// Publishes OrderReleased.
func (s *Service) Release(ctx context.Context, actor access.Actor, hold string) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		h, err := holdByID(ctx, hold)
		if err == nil {
			err = access.Check(actor, access.OrderHold, access.Shared(h.SupplierID, h.ResellerID))
		}
		if err != nil {
			return err
		}
		if h.Reason == HeldApproval {
			return fault.New(fault.Forbidden, "trade.approval_first")
		}
		o, err := orderByID(ctx, OrderID(h.OrderID), true)
		if err != nil {
			return err
		}
		done, err := endHold(ctx, hold, actor.Person)
		if err != nil {
			return err
		}
		if !done {
			return fault.New(fault.Conflict, "trade.hold_ended")
		}
		if err := s.rehold(ctx, &o); err != nil {
			return err
		}
		return s.record(ctx, actor, o, deed{history: "order.released", args: map[string]string{"Reason": h.Reason, "Lines": strings.ReplaceAll(h.Lines, ",", ", ")}, action: "order.release",
			event: OrderReleased, payload: Event{Hold: h.ID, Reason: h.Reason}})
	})
}

// reason brings what an order says it is held for in line with its holds.
func (s *Service) reason(ctx context.Context, o *orderRow) error {
	holds, err := openHolds(ctx, o.ID)
	if err != nil {
		return err
	}
	o.HoldReason = ""
	for _, h := range holds {
		if h.Lines == "" && (o.HoldReason == "" || h.Reason == HeldApproval) {
			o.HoldReason = h.Reason
		}
	}
	left, err := openArrivals(ctx, o.ID)
	o.Held = heldFor(*o, left)
	return err
}

// rehold is reason, written.
func (s *Service) rehold(ctx context.Context, o *orderRow) error {
	if err := s.reason(ctx, o); err != nil {
		return err
	}
	return saveOrder(ctx, o)
}

// unhold ends the holds of an order of which nothing is left to promise or ship.
func (s *Service) unhold(ctx context.Context, o *orderRow, lines []Line) error {
	if slices.ContainsFunc(lines, func(l Line) bool { return l.Outstanding() > 0 }) {
		return nil
	}
	n, err := endHolds(ctx, o.ID, "", "")
	if err != nil || n == 0 {
		return err
	}
	if err := s.reason(ctx, o); err != nil || s.approvals == nil {
		return err
	}
	return s.approvals.Dropped(ctx, OrderID(o.ID))
}

// stopped refuses to promise or ship anything of an order that waits for somebody.
func stopped(o orderRow) error {
	if err := unplaced(o); err != nil {
		return err
	}
	switch o.HoldReason {
	case "":
		return nil
	case HeldApproval:
		return fault.New(fault.Conflict, "trade.approval_first")
	}
	return fault.New(fault.Conflict, "trade.hold_first", "Order", o.Number)
}

// linesOnHold are the lines of an order that are on hold themselves.
func linesOnHold(ctx context.Context, order string) (map[int]bool, error) {
	holds, err := openHolds(ctx, order)
	out := map[int]bool{}
	for _, h := range holds {
		for _, n := range h.hold().Lines {
			out[n] = true
		}
	}
	return out, err
}

// lineStopped refuses to move a line that is on hold.
func lineStopped(ctx context.Context, order string, lines ...int) error {
	n, err := anyOnHold(ctx, order, lines)
	if err == nil && n > 0 {
		err = fault.New(fault.Conflict, "trade.line_on_hold", "Line", n)
	}
	return err
}

// anyOnHold is the first of some lines that is on hold; 0: none is.
func anyOnHold(ctx context.Context, order string, lines []int) (int, error) {
	on, err := linesOnHold(ctx, order)
	if err != nil {
		return 0, err
	}
	if i := slices.IndexFunc(lines, func(n int) bool { return on[n] }); i >= 0 {
		return lines[i], nil
	}
	return 0, nil
}

// spared is the doubt about a document of the supplier's system that moves lines which its
// people put on hold; it is booked when the hold ends.
func spared(ctx context.Context, o orderRow, lines ...int) error {
	n, err := anyOnHold(ctx, o.ID, lines)
	if err == nil && n > 0 {
		err = doubted(DoubtState, "Order", o.Number)
	}
	return err
}

// HoldClocks finds the holds whose day is over and tells of each once. It runs on a
// schedule. Publishes HoldOverdue.
func (s *Service) HoldClocks(ctx context.Context) error {
	for {
		n := 0
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			rows, err := lateHolds(ctx, db.Micros(db.Now(ctx)), 200)
			n = len(rows)
			if err != nil {
				return err
			}
			for _, h := range rows {
				if err := markHoldLate(ctx, h.ID); err != nil {
					return err
				}
				if s.events == nil {
					continue
				}
				e := Event{Order: OrderID(h.OrderID), Supplier: h.SupplierID, Reseller: h.ResellerID, Partnership: h.PartnershipID, Hold: h.ID, Reason: h.Reason}
				if err := s.events.Publish(ctx, job.Event{Kind: HoldOverdue, Version: eventVersion, Orgs: []string{h.SupplierID, h.ResellerID}, Object: h.OrderID, Payload: e}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < 200 {
			return err
		}
	}
}

// GetHold returns one hold, to the reseller without what is the supplier's own.
// Codes: NotFound.
func (s *Service) GetHold(ctx context.Context, actor access.Actor, id string) (Hold, error) {
	var out Hold
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		h, err := holdByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(h.SupplierID, h.ResellerID))
		}
		if out = h.hold(); err == nil && actor.Org != h.SupplierID {
			out.outside()
		}
		return err
	})
	if err != nil {
		return Hold{}, err
	}
	return out, nil
}

// outside leaves out what is not for the reseller.
func (h *Hold) outside() { h.Note, h.Person, h.PlacedBy, h.ReleasedBy = "", "", "", "" }

func (r holdRow) hold() Hold {
	h := Hold{ID: r.ID, Order: OrderID(r.OrderID), Reason: r.Reason, Note: r.Note, Role: access.Role(r.OwnerRole), Person: r.OwnerPerson, By: r.ByDay, Due: db.FromMicros(r.Due), Overdue: db.FromMicros(r.Overdue),
		Placed: db.FromMicros(r.Placed), PlacedBy: r.PlacedBy, Released: db.FromMicros(r.Released), ReleasedBy: r.ReleasedBy}
	for n := range strings.SplitSeq(r.Lines, ",") {
		if i, err := strconv.Atoi(n); err == nil {
			h.Lines = append(h.Lines, i)
		}
	}
	return h
}
