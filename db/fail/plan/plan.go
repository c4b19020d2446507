//go:build failpoints

// Package plan arms the fail points (db/fail) by what the environment says: importing it is
// enough. Without the tag failpoints there is no such package to import.
package plan

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"entente/db/fail"
)

// file says where to die and at which passing, "receive.stored 2".
var file = os.Getenv("ENTENTE_FAIL")

var (
	mu     sync.Mutex
	read   string
	passed int
)

func init() {
	ahead, _ := time.ParseDuration(os.Getenv("ENTENTE_AHEAD")) // clocks of hours and days end in a test
	fail.Arm(fail.Plan{At: at, Err: broken, Pace: func(d time.Duration) time.Duration { return d / 20 }, Ahead: ahead})
}

// planned reads where to die and at which passing, and the text that says so.
func planned() (where string, n int, text string) {
	if file == "" {
		return "", 0, ""
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", 0, ""
	}
	if _, err := fmt.Sscan(string(b), &where, &n); err != nil {
		return "", 0, ""
	}
	return where, n, string(b)
}

// broken leads to the step of the plan: a step that no fault leads to does not ask.
func broken(step string) error {
	if where, _, _ := planned(); where == step {
		return errors.New("broken on the way to " + step)
	}
	return nil
}

// at kills the program if the plan says so. While there is no plan it goes on.
func at(step string) {
	where, n, text := planned()
	if where != step {
		return
	}
	mu.Lock()
	if text != read {
		read, passed = text, 0
	}
	passed++
	die := passed >= n
	mu.Unlock()
	if die {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
