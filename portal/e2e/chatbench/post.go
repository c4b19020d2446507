package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"entente/db"
)

// post times messages that are stored, answered and fanned out, and then cuts
// connections while others post.
func (o *options) post() error {
	fmt.Printf("\n== %d stored messages of %d bytes from %d connections, each answered after its commit and seen by two more\n", o.posts, o.size, o.writers)
	fmt.Fprintln(o.out, "database\trooms\tposts/s\tgoal\tp50 ms\tp99 ms\tcpu us each\t")
	var cuts []string
	for _, kind := range []string{"sqlite", "postgres"} {
		if kind == "postgres" && o.postgres == "" {
			fmt.Println("LEFT OUT: PostgreSQL, since -postgres names none")
			continue
		}
		for _, c := range []struct {
			rooms int
			goal  float64
		}{{50, 1500}, {1, 500}} {
			if err := o.posting(kind, c.rooms, c.goal, &cuts); err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
		}
	}
	o.out.Flush()
	for _, c := range cuts {
		fmt.Println(c)
	}
	return nil
}

// database makes one and returns how it is reached and taken away.
func (o *options) database(kind, dir string) (dsn string, drop func(), err error) {
	if kind == "sqlite" {
		return "sqlite:" + filepath.Join(dir, "db"), func() {}, nil
	}
	name := "chatbench_" + strings.ToLower(db.NewID())
	run := func(sql string) error {
		ctx := context.Background()
		c, err := pgx.Connect(ctx, o.postgres)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		_, err = c.Exec(ctx, sql)
		return err
	}
	if err := run("CREATE DATABASE " + name); err != nil {
		return "", nil, err
	}
	dsn = o.postgres + " dbname=" + name
	if u, err := url.Parse(o.postgres); err == nil && u.Scheme != "" {
		u.Path = "/" + name
		dsn = u.String()
	}
	return dsn, func() {
		if err := run("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			fmt.Fprintln(os.Stderr, "chatbench: the database", name, "stayed:", err)
		}
	}, nil
}

func (o *options) posting(kind string, rooms int, goal float64, cuts *[]string) error {
	dir, err := os.MkdirTemp(o.dir, "chatbench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	dsn, drop, err := o.database(kind, dir)
	if err != nil {
		return err
	}
	defer drop()
	s, err := o.startOn("entente", dir, dsn, rooms, o.writers+2*rooms+1)
	if err != nil {
		return err
	}
	defer s.stop()
	for r := range rooms {
		for k := range 2 {
			c, err := s.join(o.writers+2*r+k, r, 0, nil)
			if err != nil {
				return err
			}
			s.clients = append(s.clients, c)
		}
	}
	w := make([]*writer, o.writers)
	for i := range w {
		w[i] = &writer{i: i, said: make(chan string, 1)}
		if w[i].c, err = s.join(i, i%rooms, 0, w[i].heard); err != nil {
			return err
		}
		s.clients = append(s.clients, w[i].c)
	}
	if _, err := o.write(s, w, o.posts/10, nil); err != nil {
		return err
	}
	s.tell.delay.reset()
	cpu, begun := spent(s.pid()), time.Now()
	n, err := o.write(s, w, o.posts, &s.tell.delay)
	if err != nil {
		return err
	}
	rate := float64(n) / time.Since(begun).Seconds()
	fmt.Fprintf(o.out, "%s\t%d\t%.0f\t%s\t%.1f\t%.1f\t%.0f\t\n", kind, rooms, rate, strings.TrimPrefix(judged(rate, goal, true), fmt.Sprintf("%.2f ", rate)),
		s.tell.delay.at(0.5), s.tell.delay.at(0.99), float64((spent(s.pid())-cpu).Microseconds())/float64(n))
	if rooms > 1 {
		return nil
	}
	told, err := o.cutting(s, w)
	*cuts = append(*cuts, kind+": "+told)
	return err
}

// writer posts one message at a time and waits for the answer.
type writer struct {
	i    int
	n    int
	c    *client
	said chan string
}

var posted, refused = []byte(`{"type":"posted"`), []byte(`{"type":"error"`)

func (w *writer) heard(p []byte) {
	if bytes.HasPrefix(p, posted) || bytes.HasPrefix(p, refused) {
		w.said <- string(p)
	}
}

// write has the writers post n messages in all.
func (o *options) write(s *subject, writers []*writer, n int, delay *hist) (int, error) {
	var next, done atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, len(writers))
	for _, w := range writers {
		all.Go(func() {
			for next.Add(1) <= int64(n) {
				w.n++
				at := time.Now()
				if err := w.c.say(fmt.Sprintf(`{"type":"post","room":%q,"key":"%d-%d","text":%q}`, s.rooms[(w.i+w.n*len(writers))%s.count], w.i, w.n, text(o.size))); err != nil {
					errs <- err
					return
				}
				select {
				case a := <-w.said:
					if strings.HasPrefix(a, string(refused)) {
						errs <- fmt.Errorf("refused: %s", a)
						return
					}
				case <-w.c.over:
					errs <- fmt.Errorf("writer %d lost its connection", w.i)
					return
				}
				if delay != nil {
					delay.add(time.Since(at))
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		return int(done.Load()), err
	default:
		return int(done.Load()), nil
	}
}

// cutting joins a room again 50 times with the last number seen while others post,
// and looks at every number that came.
func (o *options) cutting(s *subject, w []*writer) (string, error) {
	var mu sync.Mutex
	last, repeats, holes := int64(-1), 0, 0
	see := func(p []byte) {
		var m struct {
			Type, Epoch string
			Seq         int64
		}
		if json.Unmarshal(p, &m) != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case last < 0 && m.Type == "joined":
			last = m.Seq // from here on
		case m.Type == "reload":
			holes++ // more than may be missing at once
		case m.Type != "message" || last < 0:
		case m.Seq <= last:
			repeats++
		default:
			if m.Seq > last+1 {
				holes++
			}
			last = m.Seq
		}
	}
	at := func() int64 { mu.Lock(); defer mu.Unlock(); return max(last, 0) }
	const most = 1 << 40 // more than there are: it is brought to the present
	c, err := s.join(o.writers+2, 0, most, see)
	if err != nil {
		return "", err
	}
	mu.Lock()
	holes = 0 // the answer to the first join was to reload
	mu.Unlock()
	first := at()
	done := make(chan error, 1)
	var sent int
	go func() {
		n, err := o.write(s, w[:min(4, len(w))], max(o.posts/2, 500), nil)
		sent = n
		done <- err
	}()
	times := 0
	for end := false; times < 50 || !end; {
		if !end {
			select {
			case err := <-done:
				if err != nil {
					return "", err
				}
				end = true
			case <-time.After(10 * time.Millisecond):
			}
		}
		if times < 50 {
			c.cut()
			if c, err = s.join(o.writers+2, 0, at(), see); err != nil {
				return "", err
			}
			times++
		}
	}
	defer c.cut()
	for end := time.Now().Add(20 * time.Second); at() < first+int64(sent) && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	mu.Lock()
	defer mu.Unlock()
	told := fmt.Sprintf("%d forced reconnects while %d messages were stored: %d missing, %d gaps, %d repeats", times, sent, first+int64(sent)-last, holes, repeats)
	if last != first+int64(sent) || holes > 0 || repeats > 0 {
		return told, fmt.Errorf("%s", told)
	}
	return told, nil
}
