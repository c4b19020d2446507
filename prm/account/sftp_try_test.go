package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// Why a sign-in failed is told to the door, and to the company whose name was used: to
// nobody else, and as counts that no stranger can grow beyond a bound.
func TestSFTPTries(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		kaarel, _ := w.in(w.kaarel, "baltic")
		operator := maya
		operator.Operator = true
		key, other := publicKey(w.t), publicKey(w.t)
		secret, _, err := w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel.erp"})
		w.must(err)
		_, _, err = w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel", Keys: []string{line(key)}, KeyOnly: true})
		w.must(err)
		exec := func(q string, args ...any) {
			w.t.Helper()
			w.must(w.d.InTx(w.ctx(), func(ctx context.Context) error { return db.Tx(ctx).Exec(q, args...).Error }))
		}
		count := func(q string, args ...any) (n int) {
			w.t.Helper()
			w.must(w.d.Gorm().Raw(q, args...).Scan(&n).Error)
			return n
		}
		byPassword := func(name, password string) SFTPReason {
			_, err := w.s.SFTPByPassword(w.from("192.0.2.7"), name, password)
			w.wantsNamed(name, err, fault.Unauthenticated)
			return SFTPReasonOf(err)
		}
		byKey := func(name string, k []byte) SFTPReason { return SFTPReasonOf(w.s.SFTPKnows(w.ctx(), name, k)) }
		for _, c := range []struct {
			what      string
			got, want SFTPReason
		}{
			{"wrong password", byPassword("kestrel.erp", "guess"), SFTPPassword},
			{"a login with keys alone", byPassword("kestrel", "guess"), SFTPNoPassword},
			{"unknown name", byPassword("nobody", "guess"), SFTPUnknown},
			{"another key", byKey("kestrel", other.Marshal()), SFTPKey},
			{"a key of nobody", byKey("nobody", key.Marshal()), SFTPUnknown},
		} {
			if c.got != c.want {
				w.t.Errorf("%s: %q", c.what, c.got)
			}
		}
		for range accountPace.free {
			_, _ = w.s.SFTPByPassword(w.from("192.0.2.8"), "kestrel.erp", "guess")
		}
		_, err = w.s.SFTPByPassword(w.from("192.0.2.8"), "kestrel.erp", secret)
		if SFTPReasonOf(err) != SFTPPaused {
			w.t.Errorf("in a pause: %v", err)
		}
		exec("UPDATE org SET state = 'suspended' WHERE id = ?", w.kestrel.ID)
		_, err = w.s.SFTPByPassword(w.from("192.0.2.9"), "kestrel.erp", secret)
		if SFTPReasonOf(err) != SFTPDisabled {
			w.t.Errorf("suspended: %v", err)
		}
		exec("UPDATE org SET state = 'active' WHERE id = ?", w.kestrel.ID)

		tell := func(addr, name string, why SFTPReason, times int) {
			w.t.Helper()
			w.must(w.s.SFTPRefused(w.from(addr), name, why, times))
		}
		tell("192.0.2.7", "kestrel.erp", SFTPPassword, 3)
		tell("192.0.2.7", "kestrel.erp", SFTPPassword, 2)
		tell("192.0.2.7", "kestrel.typo", SFTPUnknown, 1)
		tell("192.0.2.7", "nobody", SFTPUnknown, 1)
		tell("192.0.2.7", "nobody.at.all", SFTPUnknown, 1)
		tell("192.0.2.7", "my secret pass word", SFTPUnknown, 1) // typed in the wrong field
		tell("192.0.2.7", "", SFTPAlgorithms, 1)
		tell("192.0.2.7", "", SFTPLeft, 0)
		words := func(list []SFTPTry, err error) []string {
			w.t.Helper()
			w.must(err)
			out := []string{}
			for _, x := range list {
				out = append(out, fmt.Sprintf("%s %v %s %s %d", x.Login, x.Known, x.Addr, x.Reason, x.Times))
			}
			slices.Sort(out)
			return out
		}
		if got := words(w.s.SFTPTries(w.ctx(), maya)); !slices.Equal(got, []string{"kestrel.erp true 192.0.2.7 password 5", "kestrel.typo false 192.0.2.7 unknown 1"}) {
			w.t.Errorf("Kestrel sees %q", got)
		}
		if got := words(w.s.SFTPTries(w.ctx(), kaarel)); len(got) > 0 {
			w.t.Errorf("Baltic sees %q", got)
		}
		if got := words(w.s.SFTPStrangers(w.ctx(), operator, w.now.Add(-time.Hour))); !slices.Equal(got, []string{" false 192.0.2.7 algorithms 1", " false 192.0.2.7 unknown 3"}) {
			w.t.Errorf("the operator sees %q", got)
		}
		dan, _ := w.in(w.dan, "kestrel") // buyer
		_, err = w.s.SFTPTries(w.ctx(), dan)
		w.wantsNamed("a buyer", err, fault.Forbidden)
		if n := w.audited("sftp.start", "denied"); n != 4 {
			w.t.Errorf("%d audit lines, want one for each kind", n)
		}

		// A flood stays within its bound, and pushes no other company's out.
		for i := range maxTrySources + 30 {
			tell(fmt.Sprintf("198.51.100.%d", i), "kestrel.erp", SFTPPassword, 1)
			tell(fmt.Sprintf("198.51.100.%d", i), strings.Repeat("x", i%20+1), SFTPUnknown, 1)
		}
		tell("192.0.2.7", "baltic.x", SFTPUnknown, 1)
		if n := count("SELECT count(*) FROM sftp_try"); n > 3*(maxTrySources+2) {
			w.t.Errorf("%d rows", n)
		}
		if n := count("SELECT CAST(sum(times) AS INTEGER) FROM sftp_try WHERE org_id = ?", w.kestrel.ID); n != maxTrySources+30+6 {
			w.t.Errorf("%d counted", n)
		}
		if got := words(w.s.SFTPTries(w.ctx(), kaarel)); len(got) != 1 {
			w.t.Errorf("Baltic sees %q", got)
		}
		w.pass(31 * 24 * time.Hour)
		w.must(w.s.Sweep(w.ctx()))
		if n := count("SELECT count(*) FROM sftp_try"); n != 0 {
			w.t.Errorf("%d rows after the sweep", n)
		}
	})
}
