package client

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrClosed is the error of a client after Close.
var ErrClosed = errors.New("client: closed")

// CloseError is why the server ended a connection, by its close code. Compare with
// errors.Is and the variables below.
type CloseError struct {
	Code  int           // of the WebSocket
	Final bool          // the client does not connect again: it would end in the same way
	After time.Duration // it waits at least so long before it does

	what string
}

// Error implements error.
func (e *CloseError) Error() string { return fmt.Sprintf("client: %s (close code %d)", e.what, e.Code) }

// Is implements the comparison of errors.Is: by the code.
func (e *CloseError) Is(other error) bool {
	o, ok := other.(*CloseError)
	return ok && o.Code == e.Code
}

// The close codes the server documents.
var (
	ErrNormal   = &CloseError{Code: 1000, what: "the server closed the connection"}
	ErrAway     = &CloseError{Code: 1001, what: "the server stops or restarts"}
	ErrProtocol = &CloseError{Code: 1002, Final: true, what: "the server found the WebSocket protocol broken"}
	ErrData     = &CloseError{Code: 1003, Final: true, what: "the server takes text messages only"}
	ErrNoText   = &CloseError{Code: 1007, Final: true, what: "a message was no UTF-8"}
	ErrTooBig   = &CloseError{Code: 1009, Final: true, what: "a message was above 64 KiB"}
	ErrInternal = &CloseError{Code: 1011, what: "the server failed"}
	ErrEnded    = &CloseError{Code: 4001, Final: true, what: "the session, the token or the membership ended; sign in again"}
	ErrSlow     = &CloseError{Code: 4008, what: "this client read too slowly"}
	ErrFlood    = &CloseError{Code: 4029, After: time.Minute, what: "this person sent far more than the rate limits allow"}
	ErrCrowd    = &CloseError{Code: 4030, Final: true, what: "this person has too many connections"}
	ErrSilent   = &CloseError{Code: 4031, what: "this client did not answer a ping in time, or did not finish a message"}
)

var closes = []*CloseError{ErrNormal, ErrAway, ErrProtocol, ErrData, ErrNoText, ErrTooBig, ErrInternal, ErrEnded, ErrSlow, ErrFlood, ErrCrowd, ErrSilent}

func closeError(code int) *CloseError {
	for _, e := range closes {
		if e.Code == code {
			return e
		}
	}
	return &CloseError{Code: code, what: "the server closed the connection"}
}

// RefusedError is an HTTP answer in place of a connection.
type RefusedError struct {
	Status int    // of HTTP
	Body   string // the beginning of what the server said, at most 1 KiB
}

// Error implements error.
func (e *RefusedError) Error() string {
	what := "the server refused the connection"
	switch e.Status {
	case http.StatusUnauthorized:
		what = "the token or ticket is unknown, used or expired"
	case http.StatusForbidden:
		what = "the token has no right to the live socket"
	case http.StatusNotFound:
		what = "there is no live socket at this address, or no such company for this person"
	case http.StatusTooManyRequests:
		what = "this person has too many connections"
	case http.StatusServiceUnavailable:
		what = "the server stops or restarts"
	}
	return fmt.Sprintf("client: %s (%d %s)", what, e.Status, http.StatusText(e.Status))
}

// passing says that the same request may be granted later.
func (e *RefusedError) passing() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status >= 500
}

// Error is the server's answer to a frame that failed.
type Error struct {
	Code   string // of the contract: invalid, not_found, forbidden, conflict, too_large, rate_limited, internal, …
	Reason string // which rule, such as room.read_only
	Room   string
	Key    string // of the frame
}

// Error implements error.
func (e *Error) Error() string {
	s := "client: " + e.Code
	if e.Reason != "" {
		s += " (" + e.Reason + ")"
	}
	if e.Room != "" {
		s += " in room " + e.Room
	}
	return s
}

// passing says that the same frame may be taken later.
func (e *Error) passing() bool {
	return e.Code == "unavailable" || e.Code == "rate_limited" && e.Reason != "live.too_many_rooms"
}
