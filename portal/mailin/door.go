package mailin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"entente/prm/fault"
)

// Limits of the door. One mail server may stand before it, so that all come from one
// address.
const (
	mostConns   = 60
	mostFrom    = 20               // connections from one address
	connLife    = 10 * time.Minute // of one connection, whatever it does
	lineWait    = 2 * time.Minute
	wrongTo     = 10              // unknown addresses of one connection
	perMinute   = 600             // mails from one address
	personMost  = 120             // mails to the addresses of one person in a minute
	personOnce  = 2               // of them at once
	inMemory    = 64 << 20        // bytes of all bodies that are being read
	dataLife    = 2 * time.Minute // of one body, however it is brought
	longestLine = 64 << 10        // some programs write a paragraph as a line (RFC 5321 4.5.3.1.6 bids 1000 at least)
	storeWait   = 20 * time.Second
	certRecheck = time.Minute
)

// DoorOptions tune the door. Cert and Key are PEM files; without them it offers no
// STARTTLS.
type DoorOptions struct {
	Cert, Key string
	Log       *slog.Logger
}

// Door is the SMTP server that takes answers (RFC 5321). It relays nothing: an address
// that is none of ours is refused at RCPT.
type Door struct {
	s    *Service
	log  *slog.Logger
	smtp *smtp.Server

	mu     sync.Mutex
	open   net.Listener
	conns  map[net.Conn]string // by address
	from   map[string]int
	mails  map[string]int // in this minute, by address and by person
	since  time.Time
	held   int            // bytes of bodies
	bodies map[string]int // that are being read, by person
	done   chan struct{}
}

// NewDoor makes the door.
func NewDoor(s *Service, o DoorOptions) (*Door, error) {
	d := &Door{s: s, log: o.Log, conns: map[net.Conn]string{}, from: map[string]int{}, mails: map[string]int{}, bodies: map[string]int{}}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{d: d, conn: c, addr: hostOf(c.Conn().RemoteAddr())}, nil
	}))
	d.smtp.Domain, d.smtp.MaxMessageBytes, d.smtp.MaxRecipients = s.Domain, MaxSize, maxTo
	d.smtp.MaxLineLength = longestLine
	d.smtp.ReadTimeout, d.smtp.WriteTimeout = lineWait, lineWait
	d.smtp.ErrorLog = chatter{d.log}
	if o.Cert != "" {
		c := &certificate{cert: o.Cert, key: o.Key}
		if _, err := c.get(nil); err != nil {
			return nil, fmt.Errorf("the certificate of the mail door: %w", err)
		}
		d.smtp.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
	}
	return d, nil
}

// Start serves on a listener. Safe to call once.
func (d *Door) Start(l net.Listener) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done != nil {
		return nil
	}
	d.done, d.open = make(chan struct{}), l
	go func() {
		defer close(d.done)
		if err := d.smtp.Serve(&listener{l, d}); err != nil && !errors.Is(err, net.ErrClosed) {
			d.log.Error("the mail door", "err", err)
		}
	}()
	return nil
}

// Stop lets no mail in any more. One that is under way was not answered and comes again.
// Safe to call twice.
func (d *Door) Stop() {
	_ = d.smtp.Close()
	d.mu.Lock()
	done := d.done
	if d.open != nil { // the server may not know of it yet
		_ = d.open.Close()
	}
	for c := range d.conns {
		_ = c.Close()
	}
	d.mu.Unlock()
	if done != nil {
		<-done
	}
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

// listener lets in no more connections than there may be.
type listener struct {
	net.Listener
	d *Door
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if in, ok := l.d.enter(c); ok {
			return in, nil
		}
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(c, "421 4.3.2 Too many connections, come again later\r\n")
		_ = c.Close()
	}
}

// enter counts a connection.
func (d *Door) enter(c net.Conn) (net.Conn, bool) {
	host := hostOf(c.RemoteAddr())
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.conns) >= mostConns || d.from[host] >= mostFrom {
		return nil, false
	}
	in := &counted{Conn: c, d: d}
	d.conns[in] = host
	d.from[host]++
	in.end = time.AfterFunc(connLife, func() { _ = c.Close() })
	return in, true
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	d    *Door
	end  *time.Timer
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.end.Stop()
		go c.d.leave(c) // Stop holds the lock while it closes
	})
	return c.Conn.Close()
}

func (d *Door) leave(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	host := d.conns[c]
	delete(d.conns, c)
	if d.from[host]--; d.from[host] <= 0 {
		delete(d.from, host)
	}
}

// mayBring counts a mail of an address for some persons, and takes the seats of its body,
// which leave gives back. A person's own flood does not count for the address: one mail
// server may stand before the door for everybody.
func (d *Door) mayBring(host string, persons []string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.Sub(d.since) >= time.Minute {
		d.since = now
		clear(d.mails)
	}
	for _, p := range persons {
		if d.mails["to "+p]++; d.mails["to "+p] > personMost || d.bodies[p] >= personOnce {
			return false
		}
	}
	if d.mails[host]++; d.mails[host] > perMinute {
		return false
	}
	for _, p := range persons {
		d.bodies[p]++
	}
	return true
}

// brought gives back what a body took.
func (d *Door) brought(persons []string, held int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held -= held
	for _, p := range persons {
		if d.bodies[p]--; d.bodies[p] <= 0 {
			delete(d.bodies, p)
		}
	}
}

// hold takes room for n more bytes of a body.
func (d *Door) hold(n int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held+n > inMemory {
		return false
	}
	d.held += n
	return true
}

// body reads a mail into memory, as far as there is room for all. A line that brings it
// too slowly is closed, however many commands it sends between.
func (s *session) body(in io.Reader) (raw []byte, held int, err error) {
	end := time.AfterFunc(dataLife, func() { _ = s.conn.Conn().Close() })
	defer end.Stop()
	const step = 64 << 10
	for {
		if len(raw) == held {
			if !s.d.hold(step) {
				return nil, held, errLater
			}
			held += step
			raw = slices.Grow(raw, step)
		}
		n, err := in.Read(raw[len(raw):held])
		raw = raw[:len(raw)+n]
		switch {
		case errors.Is(err, io.EOF):
			return raw, held, nil
		case err != nil: // too large or broken off, among others
			return nil, held, err
		}
	}
}

// session is one connection's talk.
type session struct {
	d      *Door
	conn   *smtp.Conn
	addr   string
	nobody bool
	to     []Reply
	wrong  int
}

var (
	errUnknown = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such address here"}
	errLater   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Come again later"}
	errOften   = &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Too many mails, come again later"}
	errNoMail  = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "This is not a mail"}
)

// Reset begins anew.
func (s *session) Reset() { s.to, s.nobody = nil, false }

// Logout ends.
func (s *session) Logout() error { return nil }

// Mail says who sends.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.Reset()
	s.nobody = from == ""
	return nil
}

// Rcpt says for whom it is: an address we made, that is good.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	ctx, stop := context.WithTimeout(context.Background(), storeWait)
	defer stop()
	r, err := s.d.s.Known(ctx, to)
	if fault.IsNotFound(err) {
		if s.wrong++; s.wrong >= wrongTo {
			s.d.log.Warn("mail door: unknown addresses", "addr", s.addr, "times", s.wrong)
			_ = s.conn.Conn().Close()
		}
		return errUnknown
	}
	if err != nil {
		s.d.log.Error("mail door", "err", err)
		return errLater
	}
	s.to = append(s.to, r)
	return nil
}

// Data keeps the mail, then says yes.
func (s *session) Data(in io.Reader) error {
	to := s.to // a session that is reset while a body comes has other ones
	var persons []string
	for _, r := range to {
		if !slices.Contains(persons, r.row.PersonID) {
			persons = append(persons, r.row.PersonID)
		}
	}
	if !s.d.mayBring(s.addr, persons) {
		return errOften
	}
	held := 0
	defer func() { s.d.brought(persons, held) }()
	raw, held, err := s.body(in)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), storeWait)
	defer stop()
	switch err := s.d.s.Take(ctx, to, s.nobody, raw); fault.CodeOf(err) {
	case "":
		return nil
	case fault.Invalid:
		return errNoMail
	case fault.RateLimited:
		return errOften
	default:
		s.d.log.Error("mail door", "err", err)
		return errLater
	}
}

// chatter is what the server says of broken connections.
type chatter struct{ log *slog.Logger }

// Printf implements smtp.Logger.
func (c chatter) Printf(format string, v ...any) {
	c.log.Debug("mail door", "said", fmt.Sprintf(format, v...))
}

// Println implements smtp.Logger.
func (c chatter) Println(v ...any) { c.log.Debug("mail door", "said", fmt.Sprint(v...)) }

// certificate is read anew when its file changed: who renews it restarts nothing.
type certificate struct {
	cert, key string

	mu     sync.Mutex
	loaded *tls.Certificate
	asked  time.Time
	made   time.Time // of the file
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.loaded != nil && now.Sub(c.asked) < certRecheck {
		return c.loaded, nil
	}
	c.asked = now
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.made) {
		return c.loaded, nil
	}
	fresh, loadErr := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil {
		err = loadErr
	}
	if err != nil {
		if c.loaded != nil { // half written: the old one is good still
			return c.loaded, nil
		}
		return nil, err
	}
	c.loaded, c.made = &fresh, info.ModTime()
	return c.loaded, nil
}
