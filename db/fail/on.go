//go:build failpoints

package fail

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// plan is the file that says where to die and at which passing, "receive.stored 2".
var plan = os.Getenv("ENTENTE_FAIL")

var (
	mu     sync.Mutex
	read   string
	passed int
)

// At kills the program if the plan says so. While there is no plan it goes on.
func At(step string) {
	if plan == "" {
		return
	}
	b, err := os.ReadFile(plan)
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

// Pace shortens what a killed program leaves to wait for.
func Pace(d time.Duration) time.Duration { return d / 20 }

var ahead, _ = time.ParseDuration(os.Getenv("ENTENTE_AHEAD"))

// Ahead is how far the program's clock runs before the machine's: what a test starts it
// with to see clocks of hours and days end.
func Ahead() time.Duration { return ahead }
