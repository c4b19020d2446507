// Chatbench compares the chat's live side with a bare coder/websocket loop and
// with the centrifuge library, and times the path through the database.
//
// Each server is a process of its own, with the collector set as the command serve
// sets it. The bare loop is there twice: with the least that a message needs, and
// (bare-same) with a message of as many bytes as ours, which judges the loop alone.
// All stand at once with the same
// clients; one is measured at a time, in turn, while the others are halted, so
// that what disturbs the machine disturbs all of them. Ratios are medians of the
// ratios within a round.
//
//	fanout   1 room x 1,000 and 200 rooms x 20: deliveries a second with at most
//	         -flight on the way, how many of them one write takes, processor time of
//	         a delivery, delay at -rate
//	idle     10,000 connections, each in a room of 20
//	post     messages stored and answered, over 50 rooms and in one, with
//	         50 connections cut and joined again meanwhile
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// softMemory bounds the heaps of all servers alike; the command serve bounds how far its own may
// grow between two collections instead (portal/app).
const softMemory = 224 << 20

type options struct {
	size, flight, rate  int
	rounds, conns       int
	warm, slice         time.Duration
	posts, writers      int
	addr, dir, postgres string
	profiles            string
	garbage             int
	part                float64
	out                 *tabwriter.Writer
	limit               int
}

func main() {
	var o options
	var name, dsn, what, only string
	var rooms, people int
	flag.StringVar(&what, "what", "fanout,idle,post", "what to measure")
	flag.StringVar(&only, "servers", "bare,bare-same,entente,centrifuge", "which servers fan out")
	flag.IntVar(&o.size, "size", 128, "bytes of a text")
	flag.IntVar(&o.flight, "flight", 64000, "deliveries on the way at saturation")
	flag.IntVar(&o.rate, "rate", 100000, "deliveries a second at which the delay is taken")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds")
	flag.DurationVar(&o.warm, "warm", time.Second, "beginning of a measurement that does not count")
	flag.DurationVar(&o.slice, "slice", 3*time.Second, "length of a measurement")
	flag.IntVar(&o.conns, "conns", 10000, "idle connections")
	flag.IntVar(&o.posts, "posts", 10000, "messages to store")
	flag.IntVar(&o.writers, "writers", 64, "connections that post at once")
	flag.IntVar(&o.garbage, "gogc", 400, "percent the heap of every server may grow between two collections, as the command serve sets it")
	flag.Float64Var(&o.part, "part", 1, "share of the subscribers, for a try")
	flag.StringVar(&o.addr, "addr", "127.0.0.1:0", "where servers listen")
	flag.StringVar(&o.dir, "dir", os.TempDir(), "where SQLite files are made; a disk for an honest time of posts")
	flag.StringVar(&o.postgres, "postgres", os.Getenv("ENTENTE_TEST_POSTGRES"), "DSN of a PostgreSQL where databases may be made; none: SQLite alone")
	flag.StringVar(&o.profiles, "profiles", "", "folder for profiles of the servers' processor and memory")
	flag.StringVar(&name, "serve", "", "be that server (the command starts itself)")
	flag.StringVar(&dsn, "dsn", "", "of -serve")
	flag.IntVar(&rooms, "rooms", 0, "of -serve")
	flag.IntVar(&people, "people", 0, "of -serve")
	flag.Parse()
	o.limit = files()
	if name != "" {
		debug.SetGCPercent(o.garbage)
		debug.SetMemoryLimit(softMemory)
		child(name, dsn, o.addr, rooms, people, o.profiles)
		return
	}
	o.out = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Printf("load of the machine %s; %d open files allowed\n", load(), o.limit)
	servers := strings.Split(only, ",")
	var err error
	for _, w := range strings.Split(what, ",") {
		switch w {
		case "fanout":
			if err = o.fanout(1, 1000, servers); err == nil {
				err = o.fanout(200, 20, servers)
			}
		case "idle":
			err = o.idle(servers)
		case "post":
			err = o.post()
		default:
			err = fmt.Errorf("nothing called %q to measure", w)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "chatbench:", err)
			os.Exit(1)
		}
	}
	fmt.Printf("load of the machine %s\n", load())
}

// figures are those of one server, a value a round.
type figures struct{ rate, cpu, bytes, writes, p50, p99, rss []float64 }

func (o *options) fanout(rooms, members int, names []string) error {
	members = max(1, int(float64(members)*o.part))
	if need := len(names)*rooms*members + 100; need > o.limit {
		was := members
		members = max(1, (o.limit-100)/len(names)/rooms)
		fmt.Printf("LESS: %d members a room where %d were asked, since a process may open %d files (ulimit -n)\n", members, was, o.limit)
	}
	fmt.Printf("\n== %d rooms x %d, %d bytes, %d rounds of %v\n", rooms, members, o.size, o.rounds, o.slice)
	var subjects []*subject
	defer func() {
		for _, s := range subjects {
			s.stop()
		}
	}()
	all := map[string]*figures{}
	for _, n := range names {
		s, err := o.start(n, rooms, rooms*members)
		if err != nil {
			return err
		}
		subjects = append(subjects, s)
		all[n] = &figures{}
		if err := s.fill(rooms * members); err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
		s.quiet()
		if err := s.halt(); err != nil {
			return err
		}
	}
	for round := range o.rounds {
		for i := range subjects {
			s := subjects[(i+round)%len(subjects)]
			if err := s.resume(); err != nil {
				return err
			}
			f := all[s.name]
			if err := s.saturate(o, members, f); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if err := s.pace(o, members, f); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			f.rss = append(f.rss, float64(resident(s.pid()))/(1<<20))
			if err := s.halt(); err != nil {
				return err
			}
		}
	}
	fmt.Fprintln(o.out, "server\tdeliveries/s\tbytes each\ta write\tcpu us each\tp50 ms\tp99 ms\tMiB at the end\tMiB a round, most\tKiB/conn idle\tlost\t")
	for _, s := range subjects {
		f := all[s.name]
		fmt.Fprintf(o.out, "%s\t%.0f\t%.0f\t%.1f\t%.2f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t\n", s.name, median(f.rate), median(f.bytes), median(f.writes), median(f.cpu), median(f.p50), median(f.p99),
			f.rss[len(f.rss)-1], slices.Max(f.rss), s.perConn, s.tell.lost.Load())
	}
	o.out.Flush()
	our := all["entente"]
	for _, c := range []struct {
		to                string
		rate, p99, memory float64
	}{{"bare", 0.85, 1.5, 0}, {"bare-same", 0, 0, 0}, {"centrifuge", 1, 0, 0.5}} {
		f := all[c.to]
		if our == nil || f == nil {
			continue
		}
		fmt.Printf("entente to %s: deliveries/s %s, processor time of one %.2f, p99 %s, memory %s\n", c.to,
			judged(ratios(our.rate, f.rate), c.rate, true), ratios(our.cpu, f.cpu), judged(ratios(our.p99, f.p99), c.p99, false), judged(ratios(our.rss, f.rss), c.memory, false))
	}
	return nil
}

func ratios(a, b []float64) float64 {
	var r []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			r = append(r, a[i]/b[i])
		}
	}
	return median(r)
}

// judged is a figure with its goal: at least, or at most. Zero: there is none.
func judged(v, goal float64, least bool) string {
	s := fmt.Sprintf("%.2f", v)
	if goal == 0 {
		return s
	}
	word, met := "at most", v <= goal
	if least {
		word, met = "at least", v >= goal
	}
	if !met {
		word = "MISSED, " + word
	}
	return fmt.Sprintf("%s (%s %g)", s, word, goal)
}

func (o *options) idle(names []string) error {
	n := o.conns
	if n+100 > o.limit {
		n = o.limit - 100
		fmt.Printf("LESS: %d connections where %d were asked, since a process may open %d files (ulimit -n)\n", n, o.conns, o.limit)
	}
	fmt.Printf("\n== %d connections at rest, rooms of 20\n", n)
	fmt.Fprintln(o.out, "server\tKiB/conn\tMiB before\tMiB\tjoined/s\tlost\t")
	got := map[string]float64{}
	for _, name := range names {
		s, err := o.start(name, max(1, n/20), n)
		if err != nil {
			return err
		}
		begun, before := time.Now(), resident(s.pid())
		if err = s.fill(n); err == nil {
			took := time.Since(begun)
			s.quiet()
			got[name] = s.perConn
			fmt.Fprintf(o.out, "%s\t%.1f\t%.1f\t%.1f\t%.0f\t%d\t\n", name, s.perConn, float64(before)/(1<<20), float64(resident(s.pid()))/(1<<20), float64(n)/took.Seconds(), s.tell.lost.Load())
		}
		s.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	o.out.Flush()
	if v, ok := got["entente"]; ok {
		fmt.Printf("entente: KiB a connection %s", judged(v, 18, false))
		if c := got["centrifuge"]; c > 0 {
			fmt.Printf(", to centrifuge %s", judged(v/c, 0.5, false))
		}
		fmt.Println()
	}
	return nil
}
