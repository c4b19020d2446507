package sftp

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"
)

// pending makes an unfinished file: one that broke off, or one that its client closed.
func (s *spool) pending(t *testing.T, name string, closed bool, age time.Duration) {
	t.Helper()
	u, err := s.create("kestrel", name, true, false)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if _, err := u.WriteAt([]byte("ISA"), 0); err != nil {
		t.Fatal(err)
	}
	if !closed {
		u.TransferError(errors.New("gone"))
	}
	if complete, err := u.end(); err != nil || complete != closed {
		t.Fatalf("%s: %v, %v", name, complete, err)
	}
	p, _ := s.stat("kestrel", name)
	end := endOpen
	if p.kept {
		end = endKept
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(s.path("kestrel", name)+end, at, at); err != nil {
		t.Fatal(err)
	}
}

// A client that never comes back to what broke off does not keep itself out: the oldest
// makes room, but nothing that is being written, and nothing that was just closed.
func TestSpoolMakesRoom(t *testing.T) {
	t.Parallel()
	s, err := newSpool(t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	there := func(name string) bool { _, ok := s.stat("kestrel", name); return ok }
	s.pending(t, "long closed.tmp", true, 2*time.Hour)
	s.pending(t, "closed.tmp", true, time.Minute)
	writing, err := s.create("kestrel", "writing.edi", true, false)
	if err != nil {
		t.Fatal(err)
	}
	for i := 3; i < maxPending; i++ {
		s.pending(t, fmt.Sprintf("%d.edi", i), false, time.Duration(i)*time.Second)
	}
	for i := maxPending - 1; i >= 3; i-- { // the oldest first
		s.pending(t, fmt.Sprintf("new %d.tmp", i), true, 0)
		if there(fmt.Sprintf("%d.edi", i)) || i > 3 && !there(fmt.Sprintf("%d.edi", i-1)) || !there("long closed.tmp") {
			t.Fatalf("round %d threw away another", i)
		}
	}
	s.pending(t, "one more.tmp", true, 0)
	if there("long closed.tmp") || !there("closed.tmp") || !there("writing.edi") {
		t.Error("what was closed long ago was to go")
	}
	if _, err := s.create("kestrel", "too many.edi", true, false); err == nil {
		t.Error("more than is allowed")
	}
	if _, err := s.create("baltic", "other.edi", true, false); err != nil {
		t.Errorf("another company: %v", err)
	}
	if _, err := writing.WriteAt([]byte("x"), 0); err != nil {
		t.Errorf("what is being written: %v", err)
	}
	if complete, err := writing.end(); err != nil || !complete {
		t.Errorf("%v, %v", complete, err)
	}
}
