package socket_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"testing"

	"entente/chat/socket"
)

// descriptors counts what this program has open; -1 where it cannot be asked.
func descriptors() int {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(all)
}

// TestNothingIsLeftBehind: a thousand clients come and go in every way there is, and leave
// neither a goroutine nor a descriptor. It runs alone.
func TestNothingIsLeftBehind(t *testing.T) {
	const many = 1000
	n := single(t, socket.Limits{Connections: 100, FrameRate: 1e9, FrameBurst: 1e9})
	r := n.room(t, "1")
	n.fill(t, "ingrid", r.ID, 20, "x")
	join := `{"type":"join","room":"` + string(r.ID) + `"}`
	ways := []func(c *wire){
		func(c *wire) { _, _ = c.Write(closing(1000, "")); _, _ = io.Copy(io.Discard, c.r) }, // as agreed
		func(c *wire) { c.say(t, join) },                                                                 // cut in the middle of a gap
		func(c *wire) { _ = c.Conn.(*net.TCPConn).SetLinger(0); c.say(t, join) },                         // reset
		func(c *wire) { _ = c.Conn.(*net.TCPConn).CloseWrite(); _, _ = io.Copy(io.Discard, c.r) },        // half closed
		func(c *wire) { _, _ = c.Write(raw(0x81, join)[:9]) },                                            // within a frame
		func(c *wire) { _, _ = c.Write(raw(0xf1, "x")); _, _ = io.Copy(io.Discard, c.r) },                // refused, until it is cut off
		func(c *wire) { _, _ = c.Write(frames(raw(0x81, join), raw(0x81, join), closing(1000, "bye"))) }, // and not read
		func(c *wire) {
			n.live.DropPerson(n.person["maya"])
			_, _ = c.Write(closing(1000, ""))
			_, _ = io.Copy(io.Discard, c.r)
		}, // ended by us
	}
	round := func(i int) {
		c := n.wire(t, "maya", 0)
		slow := i%len(ways) == 5
		if slow && i > 2*len(ways) { // three seconds each
			_ = c.Close()
			return
		}
		ways[i%len(ways)](c)
		_ = c.Close()
	}
	gone := func() bool {
		all, _ := n.live.Hub().Connections("")
		return all == 0
	}
	for i := range 2 * len(ways) { // what is made once
		round(i)
	}
	eventually(t, "the first to be gone", gone)
	begun, files := runtime.NumGoroutine(), descriptors()
	for i := range many {
		round(i + 2*len(ways) + 1)
	}
	eventually(t, "all to be gone", gone)
	what := ""
	eventually(t, "what they held to be given back", func() bool {
		g, f := runtime.NumGoroutine(), descriptors()
		what = fmt.Sprintf("%d goroutines and %d descriptors, were %d and %d", g, f, begun, files)
		return g <= begun+20 && f <= files+20 // the test's own among them
	})
	t.Log(what)
}
