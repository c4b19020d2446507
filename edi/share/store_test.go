package share

import (
	"context"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

var supplier, reseller, rival = db.NewID(), db.NewID(), db.NewID()

// pair is one partnership.
type pair struct{ id string }

func (p pair) Resolve(context.Context, string, gateway.Identity, gateway.Identity) (gateway.Resolved, error) {
	return gateway.Resolved{Sender: reseller, Receiver: supplier, Active: []gateway.Partnership{{ID: p.id, Supplier: supplier, Reseller: reseller}}}, nil
}

func (p pair) Sides(_ context.Context, actor access.Actor, id string) (string, string, error) {
	if id == p.id && (actor.Org == supplier || actor.Org == reseller) {
		return supplier, reseller, nil
	}
	return "", "", notFound()
}

// desk books nothing.
type desk struct{}

func (desk) ReceiveOrder(context.Context, gateway.OrderIn) (gateway.OrderOut, error) {
	return gateway.OrderOut{OrderID: db.NewID(), Outcome: gateway.BusinessBooked}, nil
}

const order = "ISA*00*          *00*          *ZZ*KESTREL        *ZZ*AURELIA        *261124*0930*^*00501*000000001*0*P*>~GS*PO*K*A*20261124*0930*1*X*005010~ST*850*0001~BEG*00*SA*1**20261124~PO1*1*2*EA*84.00*PE*VP*A~SE*4*0001~GE*1*1~IEA*1*000000001~"

func bare(t *testing.T, d *db.DB) (*Service, access.Actor, string) {
	t.Helper()
	err := d.InTx(t.Context(), func(ctx context.Context) error {
		for _, id := range []string{supplier, reseller, rival} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', 'GBP', 'UTC', 'en', 'active', 0)", id, id).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.New(d, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(gateway.Deps{DB: d, Jobs: job.New(d, job.Options{}), Blobs: blobs, Partners: pair{db.NewID()}, Orders: desk{}}, gateway.Options{})
	who := access.Actor{Person: db.NewID(), Org: reseller, Roles: []access.Role{access.EDI}, Via: "session:x"}
	a, err := g.Receive(t.Context(), access.Actor{Person: who.Person, Org: reseller, Roles: []access.Role{access.Admin}, Via: "token:x"}, gateway.Submission{Reader: strings.NewReader(order), Door: "api"})
	if err != nil {
		t.Fatal(err)
	}
	return New(d, g), who, a.ID
}

// Links are kept for their company, found by the hash of their address, taken back once.
func TestStore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, row{})
		s, who, id := bare(t, d)
		if _, _, err := s.Make(t.Context(), who, Cmd{Interchange: id}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("of a document that was not read yet: %v", err)
		}
		now := db.FromMicros(db.Micros(d.Clock()))
		made := []Link{
			{ID: db.NewID(), Interchange: id, Position: 1, Org: reseller, Note: "one", Made: now.Add(-2 * time.Hour), MadeBy: who.Person, Expires: now.Add(-time.Hour)},
			{ID: db.NewID(), Interchange: id, Position: 1, Org: reseller, Note: "two", Made: now, MadeBy: who.Person, Expires: now.Add(time.Hour)},
			{ID: db.NewID(), Interchange: id, Position: 1, Org: supplier, Note: "theirs", Made: now, MadeBy: db.NewID(), Expires: now.Add(time.Hour)},
		}
		err := d.InTx(t.Context(), func(ctx context.Context) error {
			for _, l := range made {
				if err := insert(ctx, l, hash("token "+l.Note)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.InTx(t.Context(), func(ctx context.Context) error {
			return insert(ctx, Link{ID: db.NewID(), Interchange: id, Org: reseller}, hash("token one"))
		}); err == nil {
			t.Error("two links have one address")
		}
		list, err := s.List(t.Context(), who, id)
		if err != nil || len(list) != 2 || list[0] != made[1] || list[1] != made[0] || list[1].Holds(now) || !list[0].Holds(now) {
			t.Errorf("%+v %v", list, err)
		}
		view := func(fn func(ctx context.Context) error) error { return d.View(t.Context(), fn) }
		if err := view(func(ctx context.Context) error {
			live, mine, err := counts(ctx, reseller, who.Person, db.Micros(now), db.Micros(now.Add(-time.Hour)))
			if live != 1 || mine != 1 {
				t.Errorf("%d hold, %d in an hour", live, mine)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		if err := view(func(ctx context.Context) error {
			l, err := byToken(ctx, hash("token two"))
			if l != made[1] {
				t.Errorf("%+v", l)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		for what, fn := range map[string]func(ctx context.Context) error{
			"by the token itself":  func(ctx context.Context) error { _, err := byToken(ctx, "token two"); return err },
			"of another company's": func(ctx context.Context) error { _, err := byID(ctx, rival, made[1].ID); return err },
		} {
			if err := view(fn); !fault.IsNotFound(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
		for range 2 {
			if err := s.Revoke(t.Context(), who, made[1].ID); err != nil {
				t.Error(err)
			}
		}
		if err := s.Revoke(t.Context(), who, made[2].ID); !fault.IsNotFound(err) {
			t.Errorf("one of the partner's is taken back: %v", err)
		}
		for range 2 {
			if err := d.InTx(t.Context(), func(ctx context.Context) error { return opened(ctx, made[0].ID, db.Micros(now)) }); err != nil {
				t.Error(err)
			}
		}
		list, err = s.List(t.Context(), who, id)
		if err != nil || list[0].Holds(now) || list[0].RevokedBy != who.Person || list[1].Opened != 2 || !list[1].OpenedAt.Equal(now) {
			t.Errorf("%+v %v", list, err)
		}
	})
}
