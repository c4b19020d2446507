package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/dial"
	"entente/edi/sftp"
	"entente/prm/fault"
)

// The control numbers of a pair have no gap and no repeat, wherever processing and sending
// broke off.
func TestControlNumbersHaveNoGap(t *testing.T) {
	for _, edge := range []string{fail.ProcessBefore, fail.ProcessInside, fail.ProcessAfter} {
		t.Run(edge, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				b.s.opt.Backoff = time.Nanosecond
				breaks := 0
				b.s.probe = func(at string) error {
					if at == edge && breaks%2 == 0 {
						breaks++
						return errBroken
					}
					if at == edge {
						breaks++
					}
					return nil
				}
				answer := func(i int) Outgoing {
					return Outgoing{
						Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel,
						Kind: "855", Doc: ackOf(fmt.Sprint("GAP-", i)), DocumentKind: "order_response", DocumentID: db.NewID(), Number: fmt.Sprint("GAP-", i),
					}
				}
				for i := range 6 {
					large := fromKestrel(700+i, order(fmt.Sprint("GAP-", i)))
					large.groups = append(large.groups, group{kind: "PO", sets: [][]string{order(fmt.Sprint("GAP-B", i))}})
					b.post(maya, large.String())
					out := answer(i)
					err := b.d.InTx(t.Context(), func(ctx context.Context) error { // dies after the document was written
						if _, err := b.s.Emit(ctx, edi, out); err != nil {
							return err
						}
						return errBroken
					})
					if !errors.Is(err, errBroken) {
						t.Fatal(err)
					}
					if _, err := b.emit(out); err != nil {
						t.Fatal(err)
					}
					for range 3 {
						_, _ = b.s.drain(t.Context())
					}
				}
				b.want("it broke", breaks >= 3, true)
				var got []string
				err := b.d.View(t.Context(), func(ctx context.Context) error {
					return db.Tx(ctx).Raw("SELECT control FROM interchange WHERE origin = 'made' AND sender_id = ? AND receiver_id = ? ORDER BY control", aurelia, kestrel).Scan(&got).Error
				})
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				for i := range 18 { // an 855 and the 997 of two groups for each
					want = append(want, fmt.Sprintf("%09d", i+1))
				}
				if !slices.Equal(got, want) {
					t.Errorf("%d numbers: %v", len(got), got)
				}
			})
		})
	}
}

// A pause is stretched by at most a fifth, by a seed as it falls.
func TestPausesAreStretched(t *testing.T) {
	t.Parallel()
	o := Options{Spread: rand.New(rand.NewPCG(3, 4)).Int64N}.filled()
	seen := map[time.Duration]bool{}
	for range 100 {
		d := o.stretched(10 * time.Second)
		if d < 10*time.Second || d > 12*time.Second {
			t.Fatal(d)
		}
		seen[d] = true
	}
	if len(seen) < 90 {
		t.Errorf("only %d different pauses", len(seen))
	}
	o.Spread = func(n int64) int64 { return n - 1 }
	if d := o.stretched(10 * time.Second); d != 12*time.Second {
		t.Error(d)
	}
}

// A server without the folder for what was taken, or that lets nobody move a file: what
// lies there is taken once, that it lies there is shown, and the rest goes on.
func TestRemoteThatCannotPutAway(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.pickup(dial.Loopback, "")
		for i, c := range []struct {
			what, done string
			fixed      bool
		}{{"no such folder", "/missing/deeper", false}, {"nobody may move", "/done", true}, {"nobody may remove", "", true}} {
			f := openForeign(t)
			f.fixed.Store(c.fixed)
			cmd := kestrelServer(f)
			cmd.Name, cmd.Done = c.what, c.done
			r, err := p.Add(t.Context(), maya, cmd)
			if err != nil {
				t.Fatal(err)
			}
			f.put("/from/one.edi", fromKestrel(800+2*i, order(fmt.Sprint("AWAY-", i))).String())
			for range 5 {
				b.turn(p)
			}
			before := b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive'")
			b.want(c.what+": taken once", b.count("SELECT count(*) FROM interchange WHERE origin = 'sent' AND control = ?", fmt.Sprintf("%09d", 800+2*i)), 1)
			b.want(c.what+": it stays", f.names("/from"), "one.edi")
			list, err := p.List(t.Context(), maya)
			if err != nil || len(list) != 1 || list[0].Left != 1 || list[0].Failing != "" {
				t.Errorf("%s: shown: %+v, %v", c.what, list, err)
			}
			b.work()
			f.put("/from/two.edi", fromKestrel(801+2*i, order(fmt.Sprint("AWAY-B", i))).String())
			for range 3 {
				b.turn(p)
			}
			b.work()
			b.want(c.what+": the next one", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive'"), before+1)
			// Mended, it is put away and the trouble is over.
			f.fixed.Store(false)
			if c.done == "/missing/deeper" {
				for _, dir := range []string{"/missing", c.done} {
					if err := f.files.Mkdir(dir); err != nil {
						t.Fatal(err)
					}
				}
			}
			b.turn(p)
			b.want(c.what+": mended", f.names("/from"), "")
			b.want(c.what+": no trouble", b.count("SELECT count(*) FROM edi_remote WHERE id = ? AND last_error = '' AND attempts = 0", r.ID), 1)
			b.want(c.what+": the answers are there", strings.Count(f.names("/to"), "997-"), 2)
			b.want(c.what+": booked once", b.count("SELECT count(*) FROM test_order WHERE number LIKE ?", fmt.Sprint("AWAY-%", i)), 2)
			if err := p.Remove(t.Context(), maya, r.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// endless gives n bytes and counts those that were asked for.
type endless struct {
	n, read int64
	head    string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.read >= e.n {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), e.n-e.read)]
	for i := range p {
		p[i] = 'A'
	}
	if e.read < int64(len(e.head)) {
		copy(p, e.head[e.read:])
	}
	e.read += int64(len(p))
	return len(p), nil
}

// badInput are bodies that nobody can book: name, body, and whether the sets of it are
// kept as refused instead of the whole being sent away.
func badInput() map[string]string {
	good := fromKestrel(900, order("BAD-1")).String()
	isa := good[:106]
	deep := strings.Repeat("{\"a\":", 100_000)
	return map[string]string{
		"garbage": string([]byte{0, 1, 2, 0xff, 0xfe, 'I', 'S', 'A'}), "text": "Dear Ingrid,\n", "empty": "", "blanks": strings.Repeat(" \r\n", 2000),
		"truncated head": good[:60], "head only": isa, "cut in a set": good[:len(good)/2], "without its end": good[:len(good)-12], "nested": strings.Replace(good, "GS*", isa+"GS*", 1),
		"deep json": deep, "deep xml": "<?xml version=\"1.0\"?>" + strings.Repeat("<a>", 100_000), "xml entities": "<!DOCTYPE a [<!ENTITY b \"" + strings.Repeat("x", 1000) + "\">]><Order>&b;&b;</Order>",
		"zip": "PK\x03\x04" + strings.Repeat("\x00", 500), "html": "<html><body>500</body></html>", "utf16": "I\x00S\x00A\x00*\x00", "una only": "UNA:+.? '", "unb without end": "UNB+UNOC:3+KESTRELSUPPLY:ZZZ+AURELIATOOLS:ZZZ+261122:0912+R1'UNH+1+ORDERS:D:96A:UN'",
		"another's": strings.ReplaceAll(good, "KESTRELSUPPLY", "BALTICTRADE  "), "to nobody": strings.ReplaceAll(good, "AURELIATOOLS", "NOBODYATALL1"),
		"a segment of 10 MB": isa + "GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*900*X*005010~ST*850*0001~BEG*00*SA*" + strings.Repeat("X", 10<<20) + "**20261120~SE*3*0001~GE*1*900~IEA*1*000000900~",
	}
}

// What is no business document is refused by every door with the reason, and leaves
// nothing that books, answers or stops the next one.
func TestBadInputAtEveryDoor(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		orders := func() int { return b.count("SELECT count(*) FROM test_order") }
		corpus := badInput()
		for name, body := range corpus {
			_, err := b.s.Receive(ctx, maya, Submission{Reader: strings.NewReader(body), Door: "api", Forms: true})
			b.bad("api", name, err)
			_, err = b.s.StageUpload(ctx, maya, Submission{Reader: strings.NewReader(body), Door: "page", Forms: true, Name: name})
			b.bad("page", name, err)
			if err := b.box().Take(ctx, station(kestrel), name+".edi", strings.NewReader(body)); err != nil {
				t.Errorf("sftp: %s: %v", name, err)
			}
			b.work()
			b.want(name+": booked", orders(), 0)
		}
		b.want("stuck", b.count("SELECT count(*) FROM interchange WHERE state IN ('received', 'failed') AND last_error = 'error.internal'"), 0)
		told := b.names(station(kestrel), sftp.Errors)
		texts := 0
		for _, n := range told {
			if strings.HasSuffix(n, ".edi.txt") {
				texts++
				if b.read(station(kestrel), sftp.Errors, n) == "" {
					t.Errorf("%s says nothing", n)
				}
			}
		}
		if texts < len(corpus)/2 {
			t.Errorf("only %d of %d are told in .errors: %v", texts, len(corpus), told)
		}

		// A set that nobody knows, beside a good one: each has its own fate.
		strange := fromKestrel(910, []string{"999X", "XYZ*1"}, order("BAD-OK"))
		a := b.post(maya, strange.String())
		b.work()
		m := b.get(maya, a.ID)
		b.want("an unknown set", fmt.Sprint(m.Result, " ", len(m.Sets), " ", orders()), ResultPartly+" 2 1")

		// A network's notice of delivery (TA3), before a group or alone, is shown as it came
		// and answered by nothing; a 242 is a set that is not known here.
		const notice = "TA3*ZZ*GXS*000*ISA*000000911*261122*0912*ZZ*KESTRELSUPPLY*ZZ*AURELIATOOLS*DL*20261122*0915"
		beside := b.post(maya, strings.Replace(fromKestrel(911, order("TA3-OK")).String(), "GS*", notice+"~GS*", 1))
		alone := b.post(maya, fromKestrel(912, order("X")).String()[:106]+notice+"~IEA*0*000000912~")
		status := b.post(maya, fromKestrel(913, []string{"242", "BGN*00*ST-1*20261122"}).String())
		b.work()
		for _, a := range []Answer{beside, alone} {
			m = b.get(maya, a.ID)
			if m.State != Processed || len(m.Findings) != 1 || m.Findings[0].Key != "interchange.notice" || !strings.HasPrefix(notice, m.Findings[0].Value) || fmt.Sprint(m.Findings[0].Args) != "map[Action:DL Control:000000911 Date:20261122 Error:000 Time:0915]" {
				t.Errorf("TA3: %s %+v", m.State, m.Findings)
			}
		}
		b.want("answered", len(m.Acknowledgements), 0)
		m = b.get(maya, status.ID)
		b.want("a 242", fmt.Sprint(m.Result, " ", m.Types, " ", len(m.Acknowledgements), " ", orders()), ResultRejected+" [242] 1 2")

		// Larger than the cap: no more is read than that.
		for _, door := range []string{"api", "page", "sftp"} {
			head := fromKestrel(920, order("BIG")).String()
			r := &endless{n: 1 << 40, head: head[:len(head)-12]}
			var err error
			limit := b.s.opt.Limit
			switch door {
			case "api":
				_, err = b.s.Receive(ctx, maya, Submission{Reader: r, Door: door})
			case "page":
				_, err = b.s.StageUpload(ctx, maya, Submission{Reader: r, Door: door})
				limit = MaxUpload
			default:
				b.s.opt.Limit = 1 << 20
				limit = 1 << 20
				_, err = b.s.Receive(ctx, station(kestrel), Submission{Reader: r, Door: door})
			}
			if fault.CodeOf(err) != fault.TooLarge && fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%s: %v", door, err)
			}
			if r.read > limit+(1<<20) {
				t.Errorf("%s read %d bytes of a body without end", door, r.read)
			}
			b.s.opt.Limit = Options{}.filled().Limit
		}

		// Names that want to go elsewhere stay names.
		for _, name := range []string{"../../etc/passwd", "..", "/abs/olute", "a\\..\\b", "nul\x00byte", strings.Repeat("n", 5000), "-rf *", "C:con", ".hidden", "line\nbreak"} {
			if err := b.box().Take(ctx, station(kestrel), name, strings.NewReader("no EDI")); err != nil && fault.CodeOf(err) == fault.Internal {
				t.Errorf("%q: %v", name, err)
			}
			_, err := b.s.StageUpload(ctx, maya, Submission{Reader: strings.NewReader("no EDI"), Forms: true, Name: name})
			b.want("a name", fault.KeyOf(err), "edi.not_edi")
		}
		for _, n := range b.names(station(kestrel), sftp.Errors) {
			if strings.ContainsAny(n, "/\\\x00\n") || n == ".." || len(n) > 255 {
				t.Errorf("the name %.60q is listed", n)
			}
		}
		b.post(maya, fromKestrel(930, order("GOOD-AFTER")).String())
		b.work()
		b.want("the next one", orders(), 3)
	})
}

// bad says that a body was refused for what it is, not by a failure of ours; a body that
// can be taken apart may be kept with its sets refused.
func (b *bench) bad(door, name string, err error) {
	b.Helper()
	switch fault.CodeOf(err) {
	case "", fault.Invalid, fault.TooLarge, fault.Conflict:
	default:
		b.Errorf("%s: %s: %v", door, name, err)
	}
	if err != nil && (fault.KeyOf(err) == "" || strings.HasPrefix(fault.KeyOf(err), "error.internal")) {
		b.Errorf("%s: %s has no reason: %v", door, name, err)
	}
}
