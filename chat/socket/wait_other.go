//go:build !unix

package socket

import "net"

// rawWait is none here: every connection is read in the ordinary way.
type rawWait struct{}

func newRawWait(net.Conn) *rawWait { return nil }

func (*rawWait) next() ([]byte, error) { return nil, net.ErrClosed }
func (*rawWait) done()                 {}
