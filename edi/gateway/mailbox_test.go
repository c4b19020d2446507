package gateway

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"entente/db"
	"entente/edi/sftp"
	"entente/prm/access"
	"entente/prm/fault"
)

// words writes the key and the values.
type words struct{}

func (words) Refused(_ context.Context, org string, r Refusal) (string, error) {
	return fmt.Sprintf("%s %s: %s %v", org, r.Name, r.Key, r.Args["Sender"]), nil
}

func station(org string) access.Actor { return access.Station("sftp:1", org) }

func (b *bench) box() *Mailbox { return NewMailbox(b.s, words{}) }

func (b *bench) names(who access.Actor, f sftp.Folder) []string {
	b.Helper()
	list, err := b.box().List(b.Context(), who, f)
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for _, x := range list {
		out = append(out, x.Name)
	}
	return out
}

func (b *bench) read(who access.Actor, f sftp.Folder, name string) string {
	b.Helper()
	file, err := b.box().Stat(b.Context(), who, f, name)
	if err != nil {
		b.Fatal(err)
	}
	body, err := b.box().Open(b.Context(), who, f, file)
	if err != nil {
		b.Fatal(err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.NewSectionReader(body, 0, 1<<30))
	if err != nil || int64(len(raw)) != file.Size {
		b.Fatalf("%s: %d bytes, %d listed, %v", name, len(raw), file.Size, err)
	}
	return string(raw)
}

func TestMailboxTakes(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		two := fromKestrel(1, order("SFTP-1")).String() + fromKestrel(2, order("SFTP-2")).String()
		for range 2 { // the second time they are known
			if err := b.box().Take(t.Context(), station(kestrel), "orders.edi", strings.NewReader(two)); err != nil {
				t.Fatal(err)
			}
		}
		b.work()
		b.want("interchanges by this door", b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent' AND made_by = ''"), 2)
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 2)
		acks := b.names(station(kestrel), sftp.Out)
		if len(acks) != 2 || !strings.HasPrefix(acks[0], "997-000000001-") || !strings.HasSuffix(acks[0], ".edi") {
			t.Fatalf("/out lists %q", acks)
		}
		if got := b.read(station(kestrel), sftp.Out, acks[0]); !strings.Contains(got, "~AK1*PO*") {
			t.Errorf("the 997: %s", got)
		}
		// off the list here is off the list everywhere
		file, err := b.box().Stat(t.Context(), station(kestrel), sftp.Out, acks[0])
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := b.box().Remove(t.Context(), station(kestrel), sftp.Out, file); err != nil {
				t.Fatal(err)
			}
		}
		b.want("waiting", len(b.waiting(maya)), 1)
		b.want("fetched", b.get(maya, file.ID).Delivery, DeliveryFetched)
		if _, err := b.box().Stat(t.Context(), station(kestrel), sftp.Out, acks[0]); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("fetched and still there: %v", err)
		}
		b.want("names in /out", len(b.names(station(kestrel), sftp.Out)), 1)
		b.want("errors", len(b.names(station(kestrel), sftp.Errors)), 0)
	})
}

func TestMailboxRefuses(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		take := func(who access.Actor, name, body string) {
			t.Helper()
			if err := b.box().Take(t.Context(), who, name, strings.NewReader(body)); err != nil {
				t.Fatal(err)
			}
		}
		take(station(kestrel), "letter.txt", "Dear all,")
		take(station(kestrel), "empty", "")
		foreign := message{from: idBaltic, to: idAurelia, control: 7, groups: []group{{kind: "PO", sets: [][]string{order("X")}}}}.String()
		take(station(kestrel), "orders.edi", foreign)
		b.want("names", strings.Join(b.names(station(kestrel), sftp.Errors), " "), "empty letter.txt orders.edi empty.txt letter.txt.txt orders.edi.txt")
		b.want("the bytes", b.read(station(kestrel), sftp.Errors, "orders.edi"), foreign)
		b.want("why", b.read(station(kestrel), sftp.Errors, "orders.edi.txt"), kestrel+" orders.edi: edi.sender_not_yours ZZ:BALTICTRADE")
		b.want("why", b.read(station(kestrel), sftp.Errors, "letter.txt.txt"), kestrel+" letter.txt: edi.not_edi <nil>")
		b.want("interchanges", b.count("SELECT count(*) FROM interchange"), 0)
		b.want("audited", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive' AND outcome = 'denied'"), 3)

		// the same name again takes the place of the first; a file that mends it does not
		take(station(kestrel), "letter.txt", "Dear all, again")
		b.want("replaced", b.read(station(kestrel), sftp.Errors, "letter.txt"), "Dear all, again")
		// a refused file may be called as another one's text
		take(station(kestrel), "empty.txt", "mine")
		b.want("a file called so", b.read(station(kestrel), sftp.Errors, "empty.txt"), "mine")

		// another company finds nothing
		for _, who := range []access.Actor{station(baltic), station(aurelia)} {
			b.want("a stranger's errors", len(b.names(who, sftp.Errors)), 0)
			b.want("a stranger's /out", len(b.names(who, sftp.Out)), 0)
			if _, err := b.box().Stat(t.Context(), who, sftp.Errors, "orders.edi"); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("a stranger finds it: %v", err)
			}
		}
		file, err := b.box().Stat(t.Context(), station(kestrel), sftp.Errors, "orders.edi.txt")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.box().Open(t.Context(), station(baltic), sftp.Errors, file); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger opens it: %v", err)
		}
		if err := b.box().Remove(t.Context(), station(baltic), sftp.Errors, file); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger removes it: %v", err)
		}
		if err := b.box().Remove(t.Context(), station(kestrel), sftp.Errors, file); err != nil {
			t.Error(err)
		}
		b.want("names", len(b.names(station(kestrel), sftp.Errors)), 5)
		nobody := access.Actor{}
		viewer := person(kestrel, access.Viewer)
		for _, who := range []access.Actor{nobody, viewer} {
			if _, err := b.box().List(t.Context(), who, sftp.Errors); err == nil {
				t.Errorf("%+v lists errors", who)
			}
			if _, err := b.box().List(t.Context(), who, sftp.Out); err == nil {
				t.Errorf("%+v lists /out", who)
			}
			if err := b.box().Take(t.Context(), who, "x", strings.NewReader("x")); err == nil {
				t.Errorf("%+v sends", who)
			}
		}
	})
}

// A flood of garbage is kept in bounds, the newest of it.
func TestMailboxKeepsInBounds(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i := range MaxRefusals + 5 {
			ctx := db.WithNow(t.Context(), db.FromMicros(int64(i+1)*1_000_000))
			if err := b.box().Take(ctx, station(kestrel), fmt.Sprintf("%03d", i), strings.NewReader("garbage")); err != nil {
				t.Fatal(err)
			}
		}
		names := b.names(station(kestrel), sftp.Errors)
		b.want("names", len(names), 2*MaxRefusals)
		b.want("the oldest kept", names[0], "005")
		big := strings.Repeat("g", maxEvidence+5)
		if err := b.box().Take(t.Context(), station(kestrel), "big", strings.NewReader(big)); err != nil {
			t.Fatal(err)
		}
		b.want("bytes kept", len(b.read(station(kestrel), sftp.Errors, "big")), maxEvidence)
		file, err := b.box().Stat(t.Context(), station(kestrel), sftp.Errors, "big")
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.box().refusal(t.Context(), station(kestrel), file.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.want("its size", r.Size, int64(maxEvidence+5))
	})
}

// Names in /out that were not made by us name nothing.
func TestMailboxNames(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.post(maya, fromKestrel(1, order("N-1")).String())
		b.work()
		real := b.names(station(kestrel), sftp.Out)[0]
		for _, name := range []string{"", "x", ".edi", "-.edi", "997-000000001-.edi", strings.Replace(real, "997", "855", 1), strings.ToUpper(real), real + ".edi", strings.TrimSuffix(real, ".edi"), "x" + real} {
			if _, err := b.box().Stat(t.Context(), station(kestrel), sftp.Out, name); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%q: %v", name, err)
			}
		}
		f := outFile(OutboxItem{ID: "id", Type: "850,../x", Control: "1"})
		b.want("a name", f.Name, "850+-1-id.edi")
		b.want("a name", outFile(OutboxItem{ID: "id", Type: "a/b\\c*", Control: "1"}).Name, "a_b_c_-1-id.edi")
	})
}
