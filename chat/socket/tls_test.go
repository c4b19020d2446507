package socket_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gofiber/fiber/v2"

	"entente/chat/socket"
)

// TestOverTLS: a connection that cannot be written to without waiting takes everything, as
// a plain one does.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{PingEvery: 20 * time.Millisecond})
	keys := httptest.NewTLSServer(http.NotFoundHandler())
	defer keys.Close()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Server().KeepHijackedConns = true
	app.Get("/live", n.live.Handle)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- app.Listener(tls.NewListener(ln, &tls.Config{Certificates: keys.TLS.Certificates}))
	}()
	t.Cleanup(func() {
		n.live.Stop()
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	r := n.room(t, "1")
	n.fill(t, "ingrid", r.ID, 200, "before")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client := keys.Client()
	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com"
	ws, _, err := websocket.Dial(ctx, "wss://"+ln.Addr().String()+"/live", &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Cookie": {"session=maya"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(1 << 20)
	p := &peer{ws: ws}
	p.cond = sync.NewCond(&p.mu)
	go p.read()
	p.join(t, r.ID, 0)
	n.fill(t, "ingrid", r.ID, 200, "live")
	p.exactly(t, r.ID, 1, 400)
}
