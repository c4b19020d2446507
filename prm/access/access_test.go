package access

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"entente/prm/fault"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMatrix writes out every action × side × role. A change of rights is a
// change of this file, reviewed as a diff.
func TestMatrix(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-16s %-9s", "action", "side")
	for _, r := range Roles {
		fmt.Fprintf(&b, " %-8s", r)
	}
	b.WriteString("\n")
	for _, act := range Actions() {
		for _, side := range Sides {
			fmt.Fprintf(&b, "%-16s %-9s", act, side)
			for _, role := range Roles {
				a := Actor{Person: "p", Org: "mine", Roles: []Role{role}}
				res := map[Side]Resource{Owner: Own("mine"), Supplier: Shared("mine", "x"), Reseller: Shared("x", "mine"), Member: {Members: []string{"mine"}}, None: {Owner: "x", Supplier: "x", Reseller: "y", Members: []string{"z"}}}[side]
				word := "yes"
				if err := Check(a, act, res); err != nil {
					word = map[fault.Code]string{fault.NotFound: "-", fault.Forbidden: "no"}[fault.CodeOf(err)]
				}
				if side == None && word != "-" {
					t.Errorf("%s by a stranger as %s: %s, want not found", act, role, word)
				}
				fmt.Fprintf(&b, " %-8s", word)
			}
			b.WriteString("\n")
		}
	}
	const file = "testdata/matrix.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("the rights matrix changed; review it and run with -update.\n%s", b.String())
	}
}

func TestNobodyAndTokens(t *testing.T) {
	t.Parallel()
	if c := fault.CodeOf(Check(Actor{}, OrderRead, Shared("a", "b"))); c != fault.Unauthenticated {
		t.Errorf("nobody: %s", c)
	}
	tok := Actor{Person: "p", Org: "a", Roles: []Role{Admin}, Scopes: []string{"orders:read"}}
	for _, c := range []struct {
		act  Action
		want fault.Code
	}{{OrderRead, ""}, {OrderConfirm, fault.Forbidden}, {EDIRead, fault.Forbidden}, {PeopleManage, fault.NotFound}} {
		if got := fault.CodeOf(Check(tok, c.act, Shared("a", "b"))); got != c.want {
			t.Errorf("token %s: %q, want %q", c.act, got, c.want)
		}
	}
	if err := Check(tok, OrgManage, Own("a")); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a token must never manage settings: %v", err)
	}
	tok.Scopes = []string{"orders:write"}
	if err := Check(tok, OrderRead, Shared("a", "b")); err != nil {
		t.Errorf("write includes read: %v", err)
	}
	tok.Scopes = []string{}
	if _, err := List(tok, OrderRead); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a token without scopes lists: %v", err)
	}
}

func TestAWrongSideIsNotFound(t *testing.T) {
	t.Parallel()
	kestrel := Actor{Person: "p", Org: "kestrel", Roles: []Role{Admin}}
	if err := Check(kestrel, OrderConfirm, Shared("aurelia", "kestrel")); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("the reseller sees the order but may not confirm it: %v", err)
	}
	if err := Check(kestrel, OrderRead, Shared("aurelia", "baltic")); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a competitor's order: %v", err)
	}
	if CheckOperator(kestrel) == nil || CheckOperator(Actor{Person: "o", Operator: true}) != nil {
		t.Error("the operator flag decides")
	}
}

// A station sends and fetches for its own company, and that is all.
func TestStation(t *testing.T) {
	t.Parallel()
	s := Station("sftp:1", "kestrel")
	may := map[Action]bool{EDISend: true, EDIFetch: true, EDIRead: true, EDIResolve: true}
	for _, act := range Actions() {
		for _, r := range []Resource{Own("kestrel"), Shared("kestrel", "x"), Shared("x", "kestrel"), {Members: []string{"kestrel"}}} {
			if Allowed(s, act, r) && !may[act] {
				t.Errorf("a station may do %s", act)
			}
		}
		for _, r := range []Resource{Own("baltic"), Shared("x", "baltic")} {
			if err := Check(s, act, r); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("a station of another company, %s: %v", act, err)
			}
		}
	}
	for act := range may {
		if !Allowed(s, act, Own("kestrel")) && !Allowed(s, act, Shared("x", "kestrel")) {
			t.Errorf("a station may not do %s", act)
		}
	}
	if CheckOperator(s) == nil {
		t.Error("a station runs the platform")
	}
}
