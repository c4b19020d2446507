package hub

import (
	"fmt"
	"testing"

	"entente/chat/broker"
)

// TestAbsentAreTold: a hint goes to the pages of the persons on every node, but not to the
// connections that are live in the room.
func TestAbsentAreTold(t *testing.T) {
	t.Parallel()
	tab, m := newTable(), broker.NewMemory()
	t.Cleanup(func() { _ = m.Close() })
	one := start(t, Options{Source: tab, Broker: m, Node: "one"})
	two := start(t, Options{Source: tab, Broker: m, Node: "two"})
	in, here := add(t, one, Who{Person: "ann"})
	in2, there := add(t, two, Who{Person: "ben"})
	join(t, in, "r", 0)
	join(t, in2, "r", 0)
	_, page := add(t, one, Who{Person: "ann"})
	_, far := add(t, two, Who{Person: "ann"})
	_, foreign := add(t, two, Who{Person: "eve"})
	_, fay := add(t, one, Who{Person: "fay", Org: "kestrel"})
	_, over := add(t, one, Who{Person: "fay", Org: "baltic"}) // the same, for a competitor
	_, over2 := add(t, two, Who{Person: "fay", Org: "baltic"})
	persons := []string{"ann", "ben", "fay kestrel"}
	for i := range maxPersons {
		persons = append(persons, fmt.Sprint("nobody", i))
	}
	hint := Prepare([]byte(`{"type":"hint"}`))
	one.ToAbsent("r", persons, "k", hint)
	page.until(t, "the hint", has(page, "hint"))
	far.until(t, "the hint on the other node", has(far, "hint"))
	fay.until(t, "the hint for the company", has(fay, "hint"))
	// what comes later on the same way shows that nothing else is on it
	one.Drop(Drop{Person: "eve", Code: CodeEnded})
	foreign.until(t, "the close", func() bool { return foreign.code == CodeEnded })
	for _, tp := range []*tap{here, there, foreign, over, over2} {
		tp.mu.Lock()
		if has(tp, "hint")() {
			t.Error("a hint to one who is in the room, or is not concerned")
		}
		tp.mu.Unlock()
	}
}
