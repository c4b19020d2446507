package sftp

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"entente/prm/access"
)

// Config is what a Server works with.
type Config struct {
	Users   Users
	Mailbox Mailbox
	HostKey ed25519.PrivateKey
	Spool   string       // folder for unfinished uploads
	Log     *slog.Logger // default: discard
	Idle    time.Duration
}

// The bounds of the door.
const (
	maxConns     = 512              // at once
	maxGreeting  = 64               // not signed in yet
	maxFromAddr  = 8                // not signed in yet, from one address
	maxOfLogin   = 16               // of one login
	maxChannels  = 4                // of one connection
	greetingTime = 30 * time.Second // until somebody has signed in
	writeTime    = 2 * time.Minute  // for one packet to go out
	takeTime     = 60 * time.Second // for one file to become durable
	stopTime     = 3 * time.Second  // for what is being taken when we stop
	defaultIdle  = 10 * time.Minute
)

// Server is the SFTP door.
type Server struct {
	users   Users
	mailbox Mailbox
	spool   *spool
	log     *slog.Logger
	key     ssh.Signer
	refused *ledger
	idle    time.Duration
	began   time.Time

	ctx    context.Context // of everything asked for in sessions
	cancel context.CancelFunc
	all    sync.WaitGroup // goroutines
	takes  sync.WaitGroup // files being taken

	mu       sync.Mutex
	listener net.Listener
	stopping bool
	conns    map[net.Conn]struct{}
	greeting map[string]int // by address
	logins   map[string]int // by Via
	read     map[string]time.Time
}

// New makes the door; Start opens it.
func New(c Config) (*Server, error) {
	key, err := ssh.NewSignerFromKey(c.HostKey)
	if err != nil {
		return nil, err
	}
	sp, err := newSpool(c.Spool, c.Mailbox.Limit())
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Idle <= 0 {
		c.Idle = defaultIdle
	}
	s := &Server{
		users: c.Users, mailbox: c.Mailbox, spool: sp, log: c.Log, idle: c.Idle, began: time.Now().UTC(),
		conns: map[net.Conn]struct{}{}, greeting: map[string]int{}, logins: map[string]int{}, read: map[string]time.Time{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.key, s.refused = key, newLedger(c.Users, c.Log)
	return s, nil
}

// config is that of one connection, whose tries t gathers.
func (s *Server) config(t *trial) *ssh.ServerConfig {
	c := &ssh.ServerConfig{
		MaxAuthTries:  6,
		ServerVersion: "SSH-2.0-Entente",
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return permit(s.users.Password(s.ctx, c.User(), string(password), host(c.RemoteAddr())))
		},
		// The first only lets a key be tried; who holds it is decided by the second, after
		// its signature was checked.
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			return &ssh.Permissions{}, s.users.Knows(s.ctx, c.User(), key.Marshal())
		},
		VerifiedPublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey, _ *ssh.Permissions, _ string) (*ssh.Permissions, error) {
			return permit(s.users.Key(s.ctx, c.User(), key.Marshal(), host(c.RemoteAddr())))
		},
		AuthLogCallback: t.log,
	}
	c.AddHostKey(s.key)
	return c
}

// actorKey is where a signed-in connection carries its actor.
type actorKey struct{}

func permit(a access.Actor, err error) (*ssh.Permissions, error) {
	if err != nil {
		return nil, err
	}
	return &ssh.Permissions{ExtraData: map[any]any{actorKey{}: a}}, nil
}

func host(a net.Addr) string {
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return h
}

// Start serves l until Stop.
func (s *Server) Start(l net.Listener) error {
	if err := s.spool.sweep(time.Now()); err != nil {
		return err
	}
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	s.all.Go(func() { s.accept(l) })
	s.all.Go(s.tidy)
	s.all.Go(func() { s.refused.tell(s.ctx) })
	return nil
}

// tidy throws away, hourly, what nobody came back for.
func (s *Server) tidy() {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-tick.C:
			if err := s.spool.sweep(now); err != nil {
				s.log.Error("unfinished uploads cannot be swept", "err", err)
			}
			s.mu.Lock()
			for k, at := range s.read {
				if now.Sub(at) > keepFor {
					delete(s.read, k)
				}
			}
			s.mu.Unlock()
		}
	}
}

// Stop takes nothing new, lets what is being taken become durable, and ends every
// connection; a second call does nothing.
func (s *Server) Stop() {
	s.mu.Lock()
	again := s.stopping
	s.stopping = true
	l := s.listener
	s.mu.Unlock()
	if again {
		return
	}
	if l != nil {
		_ = l.Close()
	}
	done := make(chan struct{})
	go func() { s.takes.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(stopTime):
	}
	s.cancel()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.all.Wait()
}

// busy counts a file being taken; it fails when we are stopping.
func (s *Server) busy() (done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil, errFailed
	}
	s.takes.Add(1)
	return s.takes.Done, nil
}

// wasRead notes that a company has read a file of /out to its end.
func (s *Server) wasRead(org, id string) {
	s.mu.Lock()
	s.read[org+" "+id] = time.Now()
	s.mu.Unlock()
}

func (s *Server) hasRead(org, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.read[org+" "+id]
	return ok
}

func (s *Server) accept(l net.Listener) {
	wait := time.Duration(0)
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil {
				return
			}
			wait = min(max(2*wait, 5*time.Millisecond), time.Second) // out of descriptors: wait for some
			select {
			case <-time.After(wait):
			case <-s.ctx.Done():
				return
			}
			continue
		}
		wait = 0
		if !s.admit(c) {
			s.refused.add("", host(c.RemoteAddr()), Crowded)
			_ = c.Close()
			continue
		}
		s.all.Go(func() { s.serve(c) })
	}
}

// admit counts a new connection in, unless there are too many.
func (s *Server) admit(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := 0
	for _, n := range s.greeting {
		waiting += n
	}
	addr := host(c.RemoteAddr())
	if s.stopping || len(s.conns) >= maxConns || waiting >= maxGreeting || s.greeting[addr] >= maxFromAddr {
		return false
	}
	s.conns[c] = struct{}{}
	s.greeting[addr]++
	return true
}

func (s *Server) greeted(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.greeting[addr]--; s.greeting[addr] <= 0 {
		delete(s.greeting, addr)
	}
}

// enter counts a session of a login in, unless it has too many.
func (s *Server) enter(via string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logins[via] >= maxOfLogin {
		return false
	}
	s.logins[via]++
	return true
}

func (s *Server) leave(via string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logins[via]--; s.logins[via] <= 0 {
		delete(s.logins, via)
	}
}

// serve is one connection from its greeting to its end.
func (s *Server) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	_ = c.SetDeadline(time.Now().Add(greetingTime))
	timed := &timedConn{Conn: c}
	tried, addr := &trial{}, host(c.RemoteAddr())
	conn, chans, reqs, err := ssh.NewServerConn(timed, s.config(tried))
	s.greeted(addr)
	if err == nil || s.ctx.Err() == nil { // that we stop is nobody's failure
		for _, why := range tried.refusals(err) {
			s.refused.add(tried.name, addr, why)
		}
	}
	if err != nil {
		return
	}
	defer conn.Close()
	actor, ok := conn.Permissions.ExtraData[actorKey{}].(access.Actor)
	if !ok {
		return
	}
	if !s.enter(actor.Via) {
		s.refused.add(conn.User(), addr, Sessions)
		return
	}
	defer s.leave(actor.Via)
	timed.start(s.idle)
	go ssh.DiscardRequests(reqs)
	var sessions sync.WaitGroup
	slots := make(chan struct{}, maxChannels)
	for nc := range chans {
		if nc.ChannelType() != "session" {
			_ = nc.Reject(ssh.UnknownChannelType, "")
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			_ = nc.Reject(ssh.ResourceShortage, "")
			continue
		}
		ch, in, err := nc.Accept()
		if err != nil {
			<-slots
			continue
		}
		sessions.Go(func() {
			defer func() { <-slots }()
			s.session(ch, in, actor)
		})
	}
	sessions.Wait()
}

// session serves one channel: the subsystem sftp and nothing else.
func (s *Server) session(ch ssh.Channel, in <-chan *ssh.Request, actor access.Actor) {
	defer ch.Close()
	for req := range in {
		var sub struct{ Name string }
		if req.Type != "subsystem" || ssh.Unmarshal(req.Payload, &sub) != nil || sub.Name != "sftp" {
			_ = req.Reply(false, nil)
			continue
		}
		_ = req.Reply(true, nil)
		go ssh.DiscardRequests(in)
		t := &tree{srv: s, actor: actor, taken: map[string]entry{}}
		srv := sftp.NewRequestServer(ch, t.handlers())
		err := srv.Serve()
		_ = srv.Close()
		if err == nil || errors.Is(err, io.EOF) {
			_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
		}
		return
	}
}

// timedConn ends a connection on which nothing comes in for too long, or whose other
// side takes nothing.
type timedConn struct {
	net.Conn
	mu   sync.Mutex
	idle time.Duration
}

func (c *timedConn) start(idle time.Duration) {
	c.mu.Lock()
	c.idle = idle
	c.mu.Unlock()
	_ = c.SetDeadline(time.Time{})
	_ = c.SetReadDeadline(time.Now().Add(idle))
}

func (c *timedConn) limit() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idle
}

// Read reads and gives the next Read its time.
func (c *timedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if d := c.limit(); d > 0 && n > 0 {
		_ = c.SetReadDeadline(time.Now().Add(d))
	}
	return n, err
}

// Write writes within its time.
func (c *timedConn) Write(p []byte) (int, error) {
	if c.limit() > 0 {
		_ = c.SetWriteDeadline(time.Now().Add(writeTime))
	}
	return c.Conn.Write(p)
}
