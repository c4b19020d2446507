package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// NATS is the broker of several nodes: what a node publishes reaches its own subscribers at
// once and those of the others through a NATS server. A node listens with one wildcard
// subscription and hands out by topic itself, so that a subscription costs no round trip
// and no goroutine. While the server cannot be reached the node is alone; it comes back by
// itself, and what was said meanwhile is lost, as the package says.
type NATS struct {
	own    *Memory
	conn   *nats.Conn
	prefix string
	closed atomic.Bool
	warned atomic.Int64 // when the log last told of an error, in nanoseconds
}

// warnEvery is how often the log tells of what goes wrong between nodes.
const warnEvery = 10 * time.Second

// pending bounds what waits to be handed out of what came from other nodes, in messages and
// bytes; the rest is lost.
const (
	pendingMessages = 1 << 16
	pendingBytes    = 64 << 20
)

// DialNATS joins the nodes that name the same cluster, a word of letters, digits, '-' and
// '_', at the NATS servers of urls, separated by commas (nats://user:password@host:4222,
// tls://…). A server that cannot be reached now, or refuses the user, is tried for ever in
// the background: its users may come after it, or change. Errors: an address that is none.
func DialNATS(urls, cluster string, log *slog.Logger) (*NATS, error) {
	if err := CheckTopic(cluster); err != nil || strings.Contains(cluster, ".") {
		return nil, fmt.Errorf("broker: %q is no name of a cluster", cluster)
	}
	b := &NATS{own: NewMemory(), prefix: "entente." + cluster + "."}
	var err error
	b.conn, err = nats.Connect(urls, nats.Name("entente"), nats.NoEcho(), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(), nats.ReconnectBufSize(-1),
		nats.ReconnectWait(250*time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond), nats.Timeout(3*time.Second), nats.PingInterval(10*time.Second), nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if !b.closed.Load() {
				log.Warn("the other nodes cannot be reached", "err", err)
			}
		}),
		nats.ConnectHandler(func(c *nats.Conn) { b.joined(c, log) }),
		nats.ReconnectHandler(func(c *nats.Conn) { b.joined(c, log) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if now := time.Now(); now.Sub(time.Unix(0, b.warned.Load())) > warnEvery { // a user that is refused is tried every moment
				b.warned.Store(now.UnixNano())
				log.Warn("messages between nodes", "err", err)
			}
		}))
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	sub, err := b.conn.Subscribe(b.prefix+">", func(m *nats.Msg) {
		_ = b.own.Publish(context.Background(), strings.TrimPrefix(m.Subject, b.prefix), m.Data)
	})
	if err == nil {
		err = sub.SetPendingLimits(pendingMessages, pendingBytes)
	}
	if err != nil {
		b.conn.Close()
		return nil, fmt.Errorf("broker: %w", err)
	}
	return b, nil
}

func (b *NATS) joined(c *nats.Conn, log *slog.Logger) {
	log.Info("joined the other nodes", "server", c.ConnectedUrlRedacted())
	if most := c.MaxPayload(); most < MaxData {
		log.Warn("the NATS server takes only small messages: set its max_payload", "bytes", most, "wanted", MaxData)
	}
}

// Check says whether the server is reached now.
func (b *NATS) Check(context.Context) error {
	if s := b.conn.Status(); s != nats.CONNECTED {
		return fmt.Errorf("broker: NATS %s", strings.ToLower(s.String()))
	}
	return nil
}

// Publish implements Broker.
func (b *NATS) Publish(ctx context.Context, topic string, data []byte) error {
	if err := b.own.Publish(ctx, topic, data); err != nil {
		return err
	}
	if err := b.conn.Publish(b.prefix+topic, data); errors.Is(err, nats.ErrConnectionClosed) {
		return ErrClosed
	}
	return nil // what could not be sent now is lost
}

// Subscribe implements Broker.
func (b *NATS) Subscribe(topic string, h func([]byte)) (Subscription, error) {
	return b.own.Subscribe(topic, h)
}

// Close implements Broker. What was published just before is sent first.
func (b *NATS) Close() error {
	if !b.closed.Swap(true) {
		if b.conn.IsConnected() {
			_ = b.conn.FlushTimeout(time.Second)
		}
		b.conn.Close()
	}
	return b.own.Close()
}
