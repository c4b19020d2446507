//go:build !unix

package socket

import (
	"errors"
	"net"
	"syscall"
)

func rawOf(net.Conn) syscall.RawConn { return nil }

func writeNow(syscall.RawConn, []byte) (int, error) { return 0, errors.ErrUnsupported }
