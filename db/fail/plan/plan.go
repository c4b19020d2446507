//go:build failpoints

// Package plan arms the fail points (db/fail) by what the environment says: importing it is
// enough. Without the tag failpoints there is no such package to import.
package plan

import (
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
	fail.Arm(fail.Plan{At: at, Pace: func(d time.Duration) time.Duration { return d / 20 }, Ahead: ahead})
}

// at kills the program if the plan says so. While there is no plan it goes on.
func at(step string) {
	if file == "" {
		return
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return
	}
	var where string
	var n int
	if _, err := fmt.Sscan(string(b), &where, &n); err != nil || where != step {
		return
	}
	mu.Lock()
	if text := string(b); text != read {
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
