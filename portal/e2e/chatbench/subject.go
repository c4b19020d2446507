package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// subject is a server under test, a process of its own, and its clients.
type subject struct {
	name, addr string
	rooms      []string // ids by which clients join
	count      int      // of rooms
	cmd        *exec.Cmd
	in         io.WriteCloser
	dir        string
	tell       *tally
	mu         sync.Mutex
	clients    []*client
	before     int64   // memory without connections
	perConn    float64 // KiB of a connection at rest
	sent       int64   // messages published
}

func (o *options) start(name string, rooms, people int) (*subject, error) {
	dir, err := os.MkdirTemp(o.dir, "chatbench-")
	if err != nil {
		return nil, err
	}
	return o.startOn(name, dir, "sqlite:"+filepath.Join(dir, "db"), rooms, people)
}

// startOn starts a server over a database; dir is removed in the end.
func (o *options) startOn(name, dir, dsn string, rooms, people int) (*subject, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &subject{name: name, dir: dir, tell: &tally{}, count: rooms,
		cmd: exec.Command(exe, "-serve", name, "-dsn", dsn, "-addr", o.addr, "-profiles", o.profiles, "-gogc", strconv.Itoa(o.garbage), "-rooms", strconv.Itoa(rooms), "-people", strconv.Itoa(people))}
	s.cmd.Stderr = os.Stderr
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReaderSize(out, 1<<20).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("%s did not start: %w", name, err)
	}
	addr, ids, _ := strings.Cut(strings.TrimSpace(line), " ")
	s.addr, s.rooms = addr, strings.Split(ids, ",")
	return s, nil
}

func (s *subject) pid() int      { return s.cmd.Process.Pid }
func (s *subject) halt() error   { return s.cmd.Process.Signal(syscall.SIGSTOP) }
func (s *subject) resume() error { return s.cmd.Process.Signal(syscall.SIGCONT) }

func (s *subject) stop() {
	_ = s.in.Close() // it ends by itself
	_ = s.resume()
	kill := time.AfterFunc(10*time.Second, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait()
	kill.Stop()
	for _, c := range s.clients {
		c.nc.Close()
	}
	_ = os.RemoveAll(s.dir)
}

// join connects person i to a room.
func (s *subject) join(i, room int, after int64, each func([]byte)) (*client, error) {
	n := strconv.Itoa(room)
	switch s.name {
	case "bare", "bare-same":
		return open(s.addr, "/?room="+n, "", nil, `"joined"`, s.tell, each)
	case "centrifuge":
		return open(s.addr, "/?user="+strconv.Itoa(i), "", []string{`{"id":1,"connect":{}}`, `{"id":2,"subscribe":{"channel":"r` + n + `"}}`}, `"subscribe":`, s.tell, each)
	}
	// the answer to a ping comes once the room is live
	return open(s.addr, "/live", "session="+strconv.Itoa(i), []string{
		`{"type":"join","room":"` + s.rooms[room] + `","after":` + strconv.FormatInt(after, 10) + `}`, `{"type":"ping"}`}, `"pong"`, s.tell, each)
}

// fill connects n clients, evenly over the rooms.
func (s *subject) fill(n int) error {
	s.before = resident(s.pid())
	var next atomic.Int64
	var all sync.WaitGroup
	var failed error
	for range 32 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				c, err := s.join(i, i%s.count, 0, nil)
				s.mu.Lock()
				if err != nil {
					failed = err
					s.mu.Unlock()
					return
				}
				s.clients = append(s.clients, c)
				s.mu.Unlock()
			}
		})
	}
	all.Wait()
	return failed
}

// quiet waits until nothing came for two seconds, half a minute at most, and notes the memory.
func (s *subject) quiet() {
	last, same := int64(-1), 0
	for range 120 {
		if now := s.tell.bytes.Load(); now == last {
			if same++; same == 8 {
				break
			}
		} else {
			last, same = now, 0
		}
		time.Sleep(250 * time.Millisecond)
	}
	if n := len(s.clients); n > 0 {
		s.perConn = float64(resident(s.pid())-s.before) / 1024 / float64(n)
	}
}

func (s *subject) publish(size, n int) error {
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "%d %s\n", int(s.sent)%s.count, text(size))
		s.sent++
	}
	_, err := io.WriteString(s.in, b.String())
	return err
}

// drained waits until all that was published has arrived.
func (s *subject) drained(members int, base, sent int64) error {
	want := base + (s.sent-sent)*int64(members)
	for end := time.Now().Add(30 * time.Second); s.tell.got.Load() < want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) || s.tell.lost.Load() > 0 {
			return fmt.Errorf("%d of %d deliveries arrived, %d connections lost", s.tell.got.Load()-base, want-base, s.tell.lost.Load())
		}
	}
	return nil
}

// saturate publishes as fast as deliveries arrive.
func (s *subject) saturate(o *options, members int, f *figures) error {
	base, sent := s.tell.got.Load(), s.sent
	begun := time.Now()
	var from time.Time
	var got, size, writes int64
	var cpu time.Duration
	for {
		now := time.Now()
		if from.IsZero() && now.Sub(begun) >= o.warm {
			from, got, size, cpu, writes = now, s.tell.got.Load(), s.tell.bytes.Load(), spent(s.pid()), wrote(s.pid())
		}
		if !from.IsZero() && now.Sub(from) >= o.slice {
			break
		}
		room := int64(o.flight) - ((s.sent-sent)*int64(members) - (s.tell.got.Load() - base))
		if n := min(room/int64(members), 64); n > 0 {
			if err := s.publish(o.size, int(n)); err != nil {
				return err
			}
			continue
		}
		if s.tell.lost.Load() > 0 {
			break
		}
		time.Sleep(200 * time.Microsecond)
	}
	n, t := float64(s.tell.got.Load()-got), time.Since(from)
	f.rate = append(f.rate, n/t.Seconds())
	f.cpu = append(f.cpu, float64((spent(s.pid())-cpu).Microseconds())/max(n, 1))
	f.writes = append(f.writes, n/float64(max(wrote(s.pid())-writes, 1)))
	f.bytes = append(f.bytes, float64(s.tell.bytes.Load()-size)/max(n, 1))
	return s.drained(members, base, sent)
}

// pace publishes at a fixed rate and takes the delays.
func (s *subject) pace(o *options, members int, f *figures) error {
	base, sent := s.tell.got.Load(), s.sent
	s.tell.delay.reset()
	begun := time.Now()
	s.tell.since.Store(begun.Add(o.warm).UnixNano())
	each := time.Duration(float64(time.Second) * float64(members) / float64(o.rate))
	for due := begun; ; {
		now := time.Now()
		if now.Sub(begun) >= o.warm+o.slice {
			break
		}
		n := 0
		for ; !due.After(now); due = due.Add(each) {
			n++
		}
		if n > 0 {
			if err := s.publish(o.size, n); err != nil {
				return err
			}
		}
		time.Sleep(max(time.Until(due), 500*time.Microsecond))
	}
	err := s.drained(members, base, sent)
	s.tell.since.Store(0)
	f.p50, f.p99 = append(f.p50, s.tell.delay.at(0.5)), append(f.p99, s.tell.delay.at(0.99))
	return err
}
