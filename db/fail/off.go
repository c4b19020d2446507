//go:build !failpoints

package fail

import "time"

// At does nothing.
func At(string) {}

// Pace is d.
func Pace(d time.Duration) time.Duration { return d }

// Ahead is 0.
func Ahead() time.Duration { return 0 }
