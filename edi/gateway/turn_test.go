package gateway

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	proto "github.com/pkg/sftp"
	"gorm.io/gorm"

	"entente/db"
	"entente/edi/dial"
	"entente/edi/sftp"
	"entente/prm/fault"
)

func (b *bench) response(number string) string {
	b.Helper()
	e, err := b.emit(Outgoing{Partnership: withKestrel.ID, From: aurelia, Supplier: aurelia, Reseller: kestrel, Sender: idAurelia, Receiver: idKestrel, Kind: "855", Doc: ackOf(number), DocumentKind: "order_response", DocumentID: db.NewID(), Number: number})
	if err != nil {
		b.Fatal(err)
	}
	return e.ID
}

// nameOf is how a document is called where it is put.
func (b *bench) nameOf(id string) string {
	m := b.get(ingrid, id)
	return outFile(OutboxItem{ID: id, Type: "855", Control: m.Control, Format: SyntaxX12}).Name
}

// One document that cannot be put where it goes delays no other: it is tried with them, and
// waits for a person after some tries. What arrived before a crash has arrived.
func TestOneDocumentDelaysNoOther(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		f, p, _ := b.atKestrel(t)
		fine := func(what string, n int) {
			t.Helper()
			b.want(what, b.count("SELECT count(*) FROM edi_remote WHERE last_error = ''"), n)
		}
		// A server that replaces nothing and lets nobody remove.
		there := map[string]bool{}
		drop := func(r *proto.Request) error {
			if strings.HasSuffix(r.Method, "Rename") && there[r.Target] {
				return proto.ErrSSHFxFailure
			}
			if r.Method == "Remove" {
				return proto.ErrSSHFxPermissionDenied
			}
			there[r.Target] = true
			return nil
		}
		f.says.Store(&drop)
		first := b.response("T-1")
		b.turn(p)
		b.want("first", b.get(ingrid, first).Delivery, DeliveryDelivered)
		b.exec("UPDATE interchange SET delivery = 'waiting', way = '', next_at = 1 WHERE id = ?", first) // died before it was noted
		second := b.response("T-2")
		b.turn(p)
		b.want("again", b.get(ingrid, first).Delivery+b.get(ingrid, second).Delivery, DeliveryDelivered+DeliveryDelivered)
		fine("no failure", 1)

		// One that the server will not have.
		bad := b.response("T-3")
		name := b.nameOf(bad)
		no := func(r *proto.Request) error {
			if strings.HasSuffix(r.Target, name) {
				return proto.ErrSSHFxFailure
			}
			return nil
		}
		f.says.Store(&no)
		for range toldTries + 2 { // alone: who knows whether it is the server
			b.turn(p)
		}
		b.want("alone", b.get(ingrid, bad).Delivery, DeliveryWaiting)
		fine("shown at the server", 0)
		b.exec("UPDATE interchange SET attempts = 0 WHERE id = ?", bad)
		for i := range toldTries {
			b.want("it waits", b.get(ingrid, bad).Delivery, DeliveryWaiting)
			other := b.response(fmt.Sprint("U-", i))
			b.turn(p)
			b.want("another", b.get(ingrid, other).Delivery, DeliveryDelivered)
		}
		m := b.get(ingrid, bad)
		b.want("parked", m.Delivery+" "+m.LastError, DeliveryFailed+" sftp.failed")
		b.want("told", b.events(EventFailed), 1)
		b.want("to fetch", fmt.Sprint(b.waiting(maya)), fmt.Sprint([]string{b.raw(maya, bad)}))
		b.want("by SFTP", strings.Join(b.names(station(kestrel), sftp.Out), " "), b.nameOf(bad))
		if _, err := b.s.Waiting(t.Context(), maya, bad); err != nil {
			t.Error(err)
		}
		f.says.Store(nil)
		b.turn(p)
		fine("works again", 1)
		if err := b.s.Resend(t.Context(), ingrid, bad); err != nil {
			t.Fatal(err)
		}
		b.turn(p)
		m = b.get(ingrid, bad)
		b.want("sent again", fmt.Sprint(m.Delivery, m.Attempts, m.LastError), fmt.Sprint(DeliveryDelivered, 0, ""))

		// One at which the server breaks off: what comes in does not wait for it either.
		bad = b.response("T-6")
		name = b.nameOf(bad)
		cut := func(r *proto.Request) error {
			if strings.HasSuffix(r.Target, name) {
				_ = f.conn.Load().Close()
			}
			return nil
		}
		f.says.Store(&cut)
		f.put("/from/order.edi", fromKestrel(1, order("T-7")).String())
		b.turn(p)
		b.turn(p)
		b.want("taken", b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'"), 1)
		for i := range toldTries {
			other := b.response(fmt.Sprint("V-", i))
			b.turn(p)
			b.want("another", b.get(ingrid, other).Delivery, DeliveryDelivered)
		}
		b.want("parked", b.get(ingrid, bad).Delivery, DeliveryFailed)
		f.says.Store(nil)

		// It may be there: nobody fetches it before a person decides. What the server would not have may be fetched.
		b.want("of an open end", len(b.waiting(maya)), 0)
		_, err := b.s.Waiting(t.Context(), maya, bad)
		b.fault("of an open end", err, fault.NotFound, "")
		b.fault("fetched", b.s.Fetched(t.Context(), maya, bad), "", "")
		b.want("fetched", b.get(ingrid, bad).Delivery, DeliveryFailed)
		b.exec("UPDATE interchange SET last_error = 'sftp.failed', unclear = FALSE WHERE id = ?", bad)
		if err := b.s.Fetched(t.Context(), maya, bad); err != nil {
			t.Fatal(err)
		}
		m = b.get(ingrid, bad)
		b.want("fetched", fmt.Sprint(m.Delivery, m.Wait.Open(), len(b.waiting(maya))), fmt.Sprint(DeliveryFetched, true, 0))
		b.fault("sent again", b.s.Resend(t.Context(), ingrid, bad), fault.Conflict, "edi.proved")

		// One whose bytes are lost: nothing mends it.
		lost := b.response("T-4")
		b.exec("UPDATE interchange SET blob = ? WHERE id = ?", strings.Repeat("0", 64), lost)
		other := b.response("T-5")
		for range toldTries {
			b.turn(p)
		}
		b.want("another", b.get(ingrid, other).Delivery, DeliveryDelivered)
		b.want("lost", b.get(ingrid, lost).Delivery, DeliveryFailed)
	})
}

// What is being put where it goes cannot be held any more; what was held all the same, since
// its claim had lapsed, is there and is not put there again.
func TestHoldDuringDelivery(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		f, p, _ := b.atKestrel(t)
		id := b.response("H-1")
		during := func() {
			b.fault("held", b.s.Hold(t.Context(), ingrid, id), fault.Conflict, "edi.too_late")
			b.exec("UPDATE interchange SET delivery = 'held' WHERE id = ?", id)
			b.fault("released", b.s.Release(t.Context(), ingrid, id), fault.Conflict, "edi.under_way")
		}
		f.opened.Store(&during)
		b.turn(p)
		m := b.get(ingrid, id)
		b.want("settled", fmt.Sprint(m.Delivery, m.Wait.Open(), m.HeldFor), fmt.Sprint(DeliveryDelivered, true, ""))
		b.fault("released", b.s.Release(t.Context(), ingrid, id), fault.Conflict, "edi.not_held")
		b.want("noted", b.count("SELECT count(*) FROM audit WHERE action = 'edi.deliver' AND subject_id = ?", id), 1)

		// its account at the network ends meanwhile
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Network: "GXS"}}})
		cmd := kestrelServer(f)
		cmd.Name, cmd.Network = "GXS", true
		account, err := p.Add(t.Context(), ingrid, cmd)
		if err != nil {
			t.Fatal(err)
		}
		id = b.response("H-2")
		ended := func() {
			if err := p.Remove(t.Context(), ingrid, account.ID); err != nil {
				t.Error(err)
			}
		}
		f.opened.Store(&ended)
		b.turn(p)
		m = b.get(ingrid, id)
		b.want("in the mailbox", fmt.Sprint(m.Delivery, m.Wait.Open(), m.HeldFor), fmt.Sprint(DeliveryMailbox, true, ""))

		b.exec("DELETE FROM edi_remote WHERE org_id = ?", kestrel)
		// and it is not there, or nobody knows: that waits for a person
		for _, c := range []struct {
			number, delivery, held string
			during                 func()
		}{
			{"H-3", DeliveryHeld, HeldNoAccount, func() {
				no := func(r *proto.Request) error { return proto.ErrSSHFxPermissionDenied }
				f.says.Store(&no)
			}},
			{"H-4", DeliveryUnproved, "", func() { _ = f.conn.Load().Close() }},
		} {
			if account, err = p.Add(t.Context(), ingrid, cmd); err != nil {
				t.Fatal(err)
			}
			id := b.response(c.number)
			during := func() {
				ended()
				b.want(c.number+", meanwhile", b.get(ingrid, id).Delivery, DeliveryUnproved)
				b.fault(c.number+", sent again meanwhile", b.s.Resend(t.Context(), ingrid, id), fault.Conflict, "edi.under_way")
				c.during()
			}
			f.opened.Store(&during)
			b.turn(p)
			f.says.Store(nil)
			m := b.get(ingrid, id)
			b.want(c.number, fmt.Sprint(m.Delivery, m.HeldFor), fmt.Sprint(c.delivery, c.held))
			if c.delivery == DeliveryUnproved {
				b.fault("sent again without an account", b.s.Resend(t.Context(), ingrid, id), fault.Conflict, "edi.no_account")
			}
		}
	})
}

// What may have arrived at one try is not said to be missing since later ones were refused:
// nobody fetches it, and it is not held for another way.
func TestOpenEndIsRemembered(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		f, p, _ := b.atKestrel(t)
		refuse := func(name string) {
			no := func(r *proto.Request) error {
				if strings.HasSuffix(r.Target, name) {
					return proto.ErrSSHFxFailure
				}
				return nil
			}
			f.says.Store(&no)
		}
		breakOff := func(name string) { // once it is there; its server makes it longer
			off := func(r *proto.Request) error {
				if strings.HasSuffix(r.Target, name) {
					f.put(r.Target, "as it is kept there")
					_ = f.conn.Load().Close()
				}
				return nil
			}
			f.says.Store(&off)
		}
		for i, open := range []func(id string){
			func(id string) { breakOff(b.nameOf(id)); b.turn(p) },
			func(id string) { // who put it there died
				b.exec("UPDATE interchange SET fence = fence + 1, next_at = 1, last_error = '' WHERE id = ?", id)
			},
		} {
			id := b.response(fmt.Sprint("W-", i))
			open(id)
			refuse(b.nameOf(id))
			for n := range toldTries {
				b.response(fmt.Sprint("X-", i, n))
				b.turn(p)
			}
			m := b.get(ingrid, id)
			b.want("parked", m.Delivery+" "+m.LastError, DeliveryFailed+" sftp.failed")
			b.want("to fetch", len(b.waiting(maya)), 0)
			_, err := b.s.Waiting(t.Context(), maya, id)
			b.fault("to fetch", err, fault.NotFound, "")
			b.fault("fetched", b.s.Fetched(t.Context(), maya, id), "", "")
			b.want("fetched", b.get(ingrid, id).Delivery, DeliveryFailed)
			f.says.Store(nil)
			if name := b.nameOf(id); strings.Contains(f.names("/to"), name) {
				if err := f.files.Remove("/to/" + name); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.s.Resend(t.Context(), ingrid, id); err != nil {
				t.Fatal(err)
			}
			b.want("a person decided", b.count("SELECT count(*) FROM interchange WHERE id = ? AND unclear", id), 0)
			b.turn(p)
			b.want("there", b.count("SELECT count(*) FROM interchange WHERE id = ? AND delivery = ? AND NOT unclear", id, DeliveryDelivered), 1)
		}

		// its account at a network ends, between two tries or during one
		b.exec("DELETE FROM edi_remote")
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Network: "GXS"}}})
		cmd := kestrelServer(f)
		cmd.Name, cmd.Network = "GXS", true
		for i, during := range []bool{false, true} {
			account, err := p.Add(t.Context(), ingrid, cmd)
			if err != nil {
				t.Fatal(err)
			}
			id := b.response(fmt.Sprint("Y-", i))
			breakOff(b.nameOf(id))
			b.turn(p)
			refuse(b.nameOf(id))
			b.turn(p)
			end := func() {
				if err := p.Remove(t.Context(), ingrid, account.ID); err != nil {
					t.Error(err)
				}
			}
			if during {
				f.opened.Store(&end)
				b.turn(p)
			} else {
				end()
			}
			f.says.Store(nil)
			m := b.get(ingrid, id)
			b.want("nobody knows", fmt.Sprint(m.Delivery, m.HeldFor), fmt.Sprint(DeliveryUnproved, ""))
		}
	})
}

// An account ends under the name that it has then: who ends it waits for who changes it.
func TestRemoveTakesTurns(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f := openForeign(t)
		p := b.pickup(dial.Loopback, "")
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Network: "GXS"}}})
		cmd := kestrelServer(f)
		cmd.Name, cmd.Network = "VAN", true
		account, err := p.Add(t.Context(), ingrid, cmd)
		if err != nil {
			t.Fatal(err)
		}
		id := b.response("R-1")
		b.want("without an account", b.get(ingrid, id).HeldFor, HeldNoAccount)
		ended := make(chan error, 1)
		if err := b.d.InTx(t.Context(), func(ctx context.Context) error { // as Change does
			if err := lockCounter(ctx, "edi remotes "+aurelia); err != nil {
				return err
			}
			go func() { ended <- p.Remove(t.Context(), ingrid, account.ID) }()
			if db.DialectOf(ctx) == db.Postgres { // until it waits (what pg_stat_activity says stands still in a transaction); SQLite has one writer
				for n := int64(0); n == 0 && len(ended) == 0; {
					if err := db.Tx(ctx).Raw("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))").Scan(&n).Error; err != nil {
						return err
					}
				}
			}
			if err := db.Tx(ctx).Exec("UPDATE edi_remote SET name = 'GXS' WHERE id = ?", account.ID).Error; err != nil {
				return err
			}
			return freeForAccount(ctx, aurelia, "GXS")
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		m := b.get(ingrid, id)
		b.want("without an account again", fmt.Sprint(m.Delivery, m.HeldFor), fmt.Sprint(DeliveryHeld, HeldNoAccount))
	})
}

// What one way said of a document says nothing of the next one.
func TestCarriedForgetsOtherWays(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		id := b.response("C-1")
		b.exec("UPDATE interchange SET delivery = 'sending', last_error = 'sftp.failed', next_at = 1 WHERE id = ?", id)
		if err := b.s.Carried(t.Context(), edi, id, DeliveryFailed); err != nil {
			t.Fatal(err)
		}
		b.want("to fetch", fmt.Sprint(b.get(ingrid, id).LastError, len(b.waiting(maya))), "0")
	})
}

// A server at which a turn is at work is not looked at by a second one, whatever its company
// does meanwhile.
func TestOneTurnAtATime(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		f, p, r := b.atKestrel(t)
		b.response("O-1")
		due := func() int {
			return b.count("SELECT count(*) FROM edi_remote WHERE next_at <= ?", db.Micros(b.d.Clock().Add(time.Minute)))
		}
		during := func() {
			f.opened.Store(nil)
			b.exec("UPDATE edi_remote SET last_error = 'sftp.failed'")
			if err := p.Check(t.Context(), maya, r.ID); err != nil {
				t.Error(err)
			}
			b.want("due after a check", due(), 0)
			if err := b.change(p, r.ID, kestrelServer(f)); err != nil {
				t.Error(err)
			}
			b.want("due after another sign-in", due(), 0)
		}
		f.opened.Store(&during)
		b.turn(p)
		b.want("settled by the turn of the past", b.count("SELECT count(*) FROM edi_remote WHERE checked > 0"), 0)
		b.exec("UPDATE edi_remote SET held_until = 1")
		if err := b.change(p, r.ID, kestrelServer(f)); err != nil {
			t.Error(err)
		}
		b.want("at once", due(), 1)
		b.turn(p)
		b.want("settled", b.count("SELECT count(*) FROM edi_remote WHERE checked > 0 AND held_until = 0"), 1)
	})
}

// emptied is a source whose file is taken away between the list and the copy.
type emptied struct{ left bool }

func (e emptied) list(_ context.Context, wanted func(sftp.File) bool) ([]sftp.File, error) {
	f := sftp.File{Name: "a.edi", Size: 3, At: time.Unix(1, 0)}
	if !wanted(f) {
		return nil, nil
	}
	return []sftp.File{f}, nil
}

func (e emptied) stat(string) (sftp.File, error) {
	if e.left {
		return sftp.File{}, nil
	}
	return sftp.File{}, notFound()
}

func (emptied) get(string, io.Writer, int64) (int64, error) { return 0, notFound() }
func (emptied) done(string) error                           { return nil }
func (emptied) refused(string, string) error                { return nil }

// A file that somebody took away is no failure; one that is there and cannot be read is.
func TestFileIsGone(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.pickup(nil, "")
		for _, left := range []bool{false, true} {
			for range 2 {
				b.exec("UPDATE edi_pickup SET seen = 0")
				_, err := p.pickup(t.Context(), station(kestrel), "remote", emptied{left}, time.Time{})
				if seen := b.count("SELECT count(*) FROM edi_pickup WHERE seen = 0"); seen == 1 && (err != nil) != left {
					t.Errorf("left %v: %v", left, err)
				}
			}
		}
	})
}

// Whoever polls an outbox, or lists /out, reads ranges of indexes and never all interchanges.
func TestOutboxIsFound(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i, index := range []string{"interchange_outbox", "interchange_parked", "interchange_carrier"} {
			var plan []string
			if err := b.d.InTx(t.Context(), func(ctx context.Context) error {
				var rows []interchangeRow
				dry := toFetch(ctx, fetchable[i], kestrel, 1, "x", 51).Session(&gorm.Session{DryRun: true}).Find(&rows)
				sql, explain := dry.Dialector.Explain(dry.Statement.SQL.String(), dry.Statement.Vars...), "EXPLAIN "
				if db.DialectOf(ctx) == db.SQLite {
					explain = "EXPLAIN QUERY PLAN "
				} else if err := db.Tx(ctx).Exec("SET LOCAL enable_seqscan = off").Error; err != nil { // the tables are small
					return err
				}
				return db.Rows(ctx, explain+sql, nil, func(scan func(...any) error) error {
					var line string
					to := []any{&line}
					if db.DialectOf(ctx) == db.SQLite {
						to = []any{new(int64), new(int64), new(int64), &line}
					}
					err := scan(to...)
					plan = append(plan, line)
					return err
				})
			}); err != nil {
				t.Fatal(err)
			}
			all := strings.Join(plan, "\n")
			if !strings.Contains(all, index) || strings.Contains(all, "SCAN interchange") || strings.Contains(all, "Seq Scan") || strings.Contains(all, "TEMP B-TREE") {
				t.Errorf("%s: %s", fetchable[i], all)
			}
		}
	})
}
