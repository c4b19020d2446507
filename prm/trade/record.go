package trade

import (
	"context"
	"encoding/json"
	"strconv"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// deed is one thing that happened to an order: a line of history, a line of
// audit and an event, in the caller's transaction.
type deed struct {
	history string            // kind of the history line, "" for none
	args    map[string]string // never prices: every reader of the order sees them
	action  string            // of the audit line
	event   string
	payload Event
}

func (s *Service) record(ctx context.Context, a access.Actor, o orderRow, d deed) error {
	if d.history != "" {
		args, err := json.Marshal(d.args)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		if d.args == nil {
			args = []byte("{}")
		}
		h := historyRow{ID: db.NewID(), SubjectKind: subjectOrder, SubjectID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, Kind: d.history, Args: string(args), PersonID: a.Person, OrgID: a.Org, Happened: db.Micros(db.Now(ctx))}
		if err := insertMany(ctx, []historyRow{h}); err != nil {
			return err
		}
	}
	subject, kind := o.ID, subjectOrder
	if subject == "" {
		subject, kind = o.PartnershipID, "partnership"
	}
	if err := audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: d.action, SubjectKind: kind, SubjectID: subject, Outcome: audit.Done}); err != nil {
		return err
	}
	if d.event != OrderReceived {
		if err := s.tick(ctx, o); err != nil {
			return err
		}
	}
	if d.event == "" || s.events == nil || sparse(ctx) && d.event != OrderReceived {
		return nil
	}
	p := d.payload
	p.Order, p.Supplier, p.Reseller, p.Partnership = OrderID(o.ID), o.SupplierID, o.ResellerID, o.PartnershipID
	p.Person, p.Org, p.Quiet = a.Person, a.Org, quiet(ctx)
	if p.Source == "" {
		p.Source = o.Source
	}
	if p.Interchange == "" {
		p.Interchange, p.SetNo = o.InterchangeID, int(o.SetNo)
	}
	return s.events.Publish(ctx, job.Event{Kind: d.event, Version: eventVersion, Orgs: []string{o.SupplierID, o.ResellerID}, Object: subject, Payload: p})
}

func itoa(n int) string { return strconv.Itoa(n) }
