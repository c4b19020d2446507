//go:build !unix

package socket

import (
	"net"
	"syscall"
)

// rawWait is none here: every connection is read in the ordinary way.
type rawWait struct{}

func newRawWait(syscall.RawConn) *rawWait { return nil }

func (*rawWait) next() ([]byte, error) { return nil, net.ErrClosed }
func (*rawWait) done()                 {}
