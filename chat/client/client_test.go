package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"entente/chat/client"
)

const patience = 20 * time.Second

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// server takes connections and gives each to serve, with its number from 1.
func server(t testing.TB, serve func(n int64, ws *websocket.Conn)) string {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = ws.CloseNow() }()
		serve(n.Add(1), ws)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestCloseCodes: after every documented code the client does what is documented, and
// names it.
func TestCloseCodes(t *testing.T) {
	t.Parallel()
	for _, want := range []*client.CloseError{client.ErrNormal, client.ErrAway, client.ErrProtocol, client.ErrData, client.ErrNoText, client.ErrTooBig,
		client.ErrInternal, client.ErrEnded, client.ErrSlow, client.ErrCrowd, client.ErrSilent, client.ErrFlood} {
		t.Run(want.Error(), func(t *testing.T) {
			t.Parallel()
			back := make(chan struct{}, 10)
			at := server(t, func(n int64, ws *websocket.Conn) {
				if n == 1 {
					_ = ws.Close(websocket.StatusCode(want.Code), "")
					return
				}
				back <- struct{}{}
				_, _, _ = ws.Read(context.Background())
			})
			lost := make(chan error, 10)
			waits := make(chan time.Duration, 10)
			c, err := client.Dial(soon(t), client.Options{URL: at, Token: "x", MinWait: time.Millisecond, Lost: func(err error, wait time.Duration) { lost <- err; waits <- wait }})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if want.Final {
				if _, err := c.Next(soon(t)); !errors.Is(err, want) {
					t.Fatalf("got %v", err)
				}
				<-c.Done()
				if !errors.Is(c.Err(), want) || len(lost) > 0 || len(back) > 0 {
					t.Fatalf("%v, and it came back %d times", c.Err(), len(back))
				}
				return
			}
			if err := <-lost; !errors.Is(err, want) {
				t.Fatalf("got %v", err)
			}
			if wait := <-waits; wait < want.After {
				t.Fatalf("it comes back after %v", wait)
			}
			if want.After == 0 {
				<-back
			}
			if c.Err() != nil {
				t.Fatal(c.Err())
			}
		})
	}
}

// TestRefusals: what the server answers in place of a connection.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for status, final := range map[int]bool{301: true, 401: true, 403: true, 404: true, 426: true, 429: false, 500: false, 503: false} {
		var asked atomic.Int64
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/live" || r.Header.Get("Authorization") != "Bearer secret" {
				t.Errorf("%s %v", r.URL, r.Header)
			}
			if asked.Add(1) > 1 {
				if ws, err := websocket.Accept(w, r, nil); err == nil {
					_, _, _ = ws.Read(context.Background())
				}
				return
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		c, err := client.Dial(soon(t), client.Options{URL: s.URL, Token: "secret", MinWait: time.Millisecond})
		var no *client.RefusedError
		if final != errors.As(err, &no) || final && no.Status != status {
			t.Errorf("%d: %v", status, err)
		}
		if c != nil {
			c.Close()
		}
		s.Close()
	}
	for _, bad := range []client.Options{{URL: "portal.example", Token: "x"}, {URL: "https://"}, {URL: "https://portal.example"}, {URL: "https://portal.example?x=1", Token: "x"},
		{URL: "https://portal.example", Token: "x", Ticket: func(context.Context) (string, error) { return "", nil }}} {
		if _, err := client.Dial(soon(t), bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	// nobody there: until the context ends, with what the network said
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := client.Dial(ctx, client.Options{URL: "http://127.0.0.1:1", Token: "x", MinWait: time.Millisecond}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestSilentLine: a server that takes everything and says nothing is left.
func TestSilentLine(t *testing.T) {
	t.Parallel()
	back := make(chan struct{}, 100)
	at := server(t, func(_ int64, ws *websocket.Conn) {
		back <- struct{}{}
		for {
			if _, _, err := ws.Read(context.Background()); err != nil {
				return
			}
		}
	})
	c, err := client.Dial(soon(t), client.Options{URL: at, Token: "x", MinWait: time.Millisecond, Ping: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	<-back
	<-back
}

// TestCloseEndsAll: Close ends what waits, and leaves no goroutine. It runs alone.
func TestCloseEndsAll(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("run", func(t *testing.T) {
		at := server(t, func(_ int64, ws *websocket.Conn) {
			for { // never answers
				if _, _, err := ws.Read(context.Background()); err != nil {
					return
				}
			}
		})
		c, err := client.Dial(soon(t), client.Options{URL: at, Token: "x"})
		if err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 203)
		ctx := soon(t)
		go func() { _, err := c.Next(ctx); errs <- err }()
		go func() { _, err := c.Join(ctx, "r", 0); errs <- err }()
		go func() { errs <- c.Edit(ctx, "r", 1, "x") }()
		for range 200 { // more than may wait at once
			go func() { _, err := c.Post(ctx, client.Draft{Room: "r", Key: "k", Text: "x"}); errs <- err }()
		}
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		if _, err := c.Post(short, client.Draft{Room: "r", Key: "k", Text: "x"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		c.Close()
		c.Close()
		for range cap(errs) {
			if err := <-errs; !errors.Is(err, client.ErrClosed) {
				t.Errorf("%v", err)
			}
		}
	})
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			b := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, were %d\n%s", runtime.NumGoroutine(), before, b[:runtime.Stack(b, true)])
		}
	}
}
