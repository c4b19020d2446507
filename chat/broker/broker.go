// Package broker carries live frames between the nodes of an installation.
//
// It is a loudspeaker, not a store: a frame may be lost, repeated or overtaken,
// and a publisher is never told. Whoever needs certainty reads the message table
// (chat/room) and uses the sequence numbers to see what is missing. One node
// alone uses Memory, which needs nothing to run.
package broker

import (
	"context"
	"errors"
)

// Broker is the way to the other nodes. All methods may be called at the same
// time from many goroutines.
type Broker interface {
	// Publish sends data to every present subscriber of the topic, the own ones
	// included. The broker keeps no reference to data after it returns. It does
	// not wait for subscribers.
	// Errors: ErrClosed, ErrTopic, ErrSize.
	Publish(ctx context.Context, topic string, data []byte) error

	// Subscribe calls h for each later message of exactly this topic, one call
	// at a time per subscription. h must not keep data and must not block for
	// long: what does not fit the subscription's buffer meanwhile is lost.
	// When Subscribe returns, messages published on this node from now on arrive.
	// Errors: ErrClosed, ErrTopic.
	Subscribe(topic string, h func(data []byte)) (Subscription, error)

	// Close ends all subscriptions and waits for running handlers, so it must not
	// be called from one. Safe to call twice.
	Close() error
}

// Subscription is one listening.
type Subscription interface {
	// Stop ends it: no handler call begins after it returned; one that runs may
	// still finish. Safe to call twice, also from within the handler.
	Stop()
}

// Limits of every implementation.
const (
	MaxTopic = 200     // bytes
	MaxData  = 1 << 20 // bytes of one message
)

// Errors of every implementation.
var (
	ErrClosed = errors.New("broker: closed")
	ErrTopic  = errors.New("broker: topic must be 1 to 200 bytes of letters, digits, '-' and '_' with single dots between")
	ErrSize   = errors.New("broker: message too big")
)

// CheckTopic is the rule for topics that every implementation applies: words of
// letters, digits, '-' and '_' with single dots between them.
func CheckTopic(topic string) error {
	if topic == "" || len(topic) > MaxTopic {
		return ErrTopic
	}
	dot := true // a dot may not stand here
	for i := 0; i < len(topic); i++ {
		c := topic[i]
		switch {
		case c == '.':
			if dot {
				return ErrTopic
			}
			dot = true
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			dot = false
		default:
			return ErrTopic
		}
	}
	if dot {
		return ErrTopic
	}
	return nil
}
