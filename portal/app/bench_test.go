package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/portal/session"
	"entente/prm/access"
	"entente/prm/account"
)

// bench is the whole program on a database, with a client in the same process.
type bench struct {
	*App
	b      *testing.B
	addr   string
	tokens []string // one for each sender: a token's requests are counted
	next   atomic.Int64
}

// onEach runs fn on SQLite with synchronous FULL, and on PostgreSQL, which is durable
// if the server is: see docker/ci/postgres.sh.
func onEach(b *testing.B, fn func(b *testing.B, w *bench)) {
	b.Run("sqlite", func(b *testing.B) { fn(b, newBench(b, "")) })
	b.Run("postgres", func(b *testing.B) {
		if os.Getenv("ENTENTE_TEST_POSTGRES") == "" {
			b.Skip("left out: PostgreSQL is not there (set ENTENTE_TEST_POSTGRES)")
		}
		fn(b, newBench(b, dbtest.EmptyPostgresDSN(b)))
	})
}

func newBench(b *testing.B, dsn string) *bench {
	b.Helper()
	many := session.Rate{PerSecond: 1e6, Burst: 1e6}
	cfg := Config{Addr: "127.0.0.1:0", Data: b.TempDir(), DatabaseURL: dsn, Demo: true, SFTPAddr: "off", Limits: session.Limits{Session: many, Open: many, Token: many}}
	a, err := New(b.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- a.Run(ctx, func(addr string) { ready <- addr }) }()
	b.Cleanup(func() { stop(); <-done })
	w := &bench{App: a, b: b}
	select {
	case at := <-ready:
		w.addr = strings.TrimPrefix(at, "http://")
	case err := <-done:
		done <- err // for the cleanup
		b.Fatal(err)
	}
	p, seats, err := a.accounts.Directory().PersonByEmail(b.Context(), "maya@kestrel.example")
	if err != nil {
		b.Fatal(err)
	}
	maya := access.Actor{Person: p.ID, Org: seats[0].Org.ID, Roles: seats[0].Roles, Via: "session:bench"}
	for i := range 32 {
		secret, _, err := a.accounts.CreateToken(b.Context(), maya, account.TokenCmd{Name: fmt.Sprint("bench ", i), Days: 30, Scopes: []string{"edi:read", "edi:write", "orders:read"}})
		if err != nil {
			b.Fatal(err)
		}
		w.tokens = append(w.tokens, secret)
	}
	if err := a.jobs.Idle(b.Context()); err != nil {
		b.Fatal(err)
	}
	return w
}

// order850 is one 850 of about 1,150 bytes in an interchange of its own.
func order850(n int) []byte {
	return interchange850(n, []string{fmt.Sprintf("BENCH-%08d", n)})
}

// interchange850 is one interchange of a set for each number.
func interchange850(control int, numbers []string) []byte { return longOrders(control, numbers, 5) }

// longOrders is interchange850 with so many lines in each order.
func longOrders(control int, numbers []string, lines int) []byte {
	var b bytes.Buffer
	writeOrders(&b, control, len(numbers), func(i int) string { return numbers[i] }, lines)
	return b.Bytes()
}

// writeOrders writes an interchange of so many orders.
func writeOrders(b io.Writer, control, orders int, number func(i int) string, lines int) {
	fmt.Fprintf(b, "ISA*00*          *00*          *ZZ*%-15s*ZZ*%-15s*261122*1030*^*00501*%09d*0*P*>~", "KESTRELSUPPLY", "AURELIATOOLS", control)
	fmt.Fprintf(b, "GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*1030*%d*X*005010~", control)
	for i := range orders {
		segments := []string{fmt.Sprintf("ST*850*%04d", i+1), "BEG*00*SA*" + number(i) + "**20261122", "CUR*BY*GBP", "REF*DP*HAND TOOLS AND SUPPLIES", "PER*BD*MAYA OSEI*TE*+44 113 496 0111", "DTM*002*20261215",
			"TD5**2*DHLX*M*DHL EXPRESS WORLDWIDE", "N1*BY*KESTREL SUPPLY LTD*92*KS-LEEDS", "N3*14 WELLINGTON STREET", "N4*LEEDS**LS1 4LT*GB", "N1*ST*KESTREL DC WAKEFIELD*92*KS-WKF1", "N3*UNIT 7 SILKWOOD PARK", "N4*WAKEFIELD**WF5 9TJ*GB"}
		for l := range lines {
			item, price, _ := strings.Cut([]string{"AUR-D18B*84.00", "AUR-G125*46.50"}[l%2], "*")
			segments = append(segments, fmt.Sprintf("PO1*%d*%d*EA*%s*PE*VP*%s", l+1, 10+l, price, item), "PID*F****CORDLESS DRILL DRIVER 18V BRUSHLESS")
		}
		segments = append(segments, fmt.Sprint("CTT*", lines))
		segments = append(segments, fmt.Sprintf("SE*%d*%04d", len(segments)+1, i+1))
		_, _ = io.WriteString(b, strings.Join(segments, "~")+"~")
	}
	fmt.Fprintf(b, "GE*%d*%d~IEA*1*%09d~", orders, control, control)
}

// floor measures what the machine allows just now, per second: an append and fsync of a
// document's size beside the database, or a bare commit of one row.
func (w *bench) floor(d time.Duration) float64 {
	w.b.Helper()
	n, began := 0, time.Now()
	if w.db.Dialect() == db.Postgres {
		c, err := w.db.Pool().Acquire(w.b.Context())
		if err != nil {
			w.b.Fatal(err)
		}
		defer c.Release()
		if _, err := c.Exec(w.b.Context(), "CREATE TABLE IF NOT EXISTS bench_floor (id bigserial PRIMARY KEY, body bytea)"); err != nil {
			w.b.Fatal(err)
		}
		body := make([]byte, 1150)
		for ; time.Since(began) < d; n++ {
			if _, err := c.Exec(w.b.Context(), "INSERT INTO bench_floor (body) VALUES ($1)", body); err != nil {
				w.b.Fatal(err)
			}
		}
		return float64(n) / time.Since(began).Seconds()
	}
	f, err := os.CreateTemp(w.cfg.Data, "floor-")
	if err != nil {
		w.b.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	body := make([]byte, 1150)
	for ; time.Since(began) < d; n++ {
		if _, err := f.Write(body); err != nil {
			w.b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			w.b.Fatal(err)
		}
	}
	return float64(n) / time.Since(began).Seconds()
}

// sender is one keep-alive connection of a program that sends orders: no HTTP library,
// so that the client costs little beside the server.
type sender struct {
	conn net.Conn
	in   *bufio.Reader
	head string
}

func (w *bench) sender(token string) *sender {
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		w.b.Fatal(err)
	}
	return &sender{conn, bufio.NewReaderSize(conn, 4<<10), "POST /api/v1/edi/interchanges HTTP/1.1\r\nHost: bench\r\nContent-Type: application/edi-x12\r\nAuthorization: Bearer " + token + "\r\nContent-Length: "}
}

func (s *sender) post(body []byte) error {
	req := append([]byte(s.head), fmt.Sprintf("%d\r\n\r\n", len(body))...)
	if _, err := s.conn.Write(append(req, body...)); err != nil {
		return err
	}
	res, err := http.ReadResponse(s.in, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("%d %s", res.StatusCode, text)
	}
	return err
}

// send has some senders post count orders and returns how long each took.
func (w *bench) send(senders, count int) []time.Duration {
	var left atomic.Int64
	left.Store(int64(count))
	took := make([][]time.Duration, senders)
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			s := w.sender(w.tokens[i%len(w.tokens)])
			defer s.conn.Close()
			for left.Add(-1) >= 0 {
				body := order850(int(w.next.Add(1)))
				at := time.Now()
				if err := s.post(body); err != nil {
					w.b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(at))
			}
		})
	}
	all.Wait()
	out := slices.Concat(took...)
	slices.Sort(out)
	return out
}

// BenchmarkIntake posts single 850s over HTTP, each answered after its commit; nothing
// processes them meanwhile. of-floor is the rate to that of bare commits, measured
// before and after.
func BenchmarkIntake(b *testing.B) {
	onEach(b, func(b *testing.B, w *bench) {
		w.gateway.Stop() // intake alone
		for _, senders := range []int{1, 32} {
			b.Run(fmt.Sprint(senders, " senders"), func(b *testing.B) {
				w.b = b
				w.send(senders, 50*senders)
				before := w.floor(400 * time.Millisecond)
				run, used := w.db.Counts(), spent()
				b.ReportAllocs()
				b.ResetTimer()
				took := w.send(senders, b.N)
				b.StopTimer()
				b.ReportMetric(1000*(spent()-used).Seconds()/float64(b.N), "cpu-ms/document")
				now := w.db.Counts()
				b.ReportMetric(float64(now.Run-run.Run)/float64(b.N), "statements/document")
				b.ReportMetric(float64(now.Commits-run.Commits)/float64(b.N), "commits/document")
				floor := (before + w.floor(400*time.Millisecond)) / 2
				rate := float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(rate, "documents/s")
				b.ReportMetric(rate/floor, "of-floor")
				b.ReportMetric(floor, "floor/s")
				if len(took) > 0 {
					b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				}
			})
		}
	})
}

// BenchmarkOrders takes single 850s all the way: order, 997, and every subscriber served.
// Intake and processing run at once; the rate counts until the last event is handled.
func BenchmarkOrders(b *testing.B) {
	onEach(b, func(b *testing.B, w *bench) {
		b.Run("32 senders", func(b *testing.B) {
			w.b = b
			before := w.floor(400 * time.Millisecond)
			run, used := w.db.Counts(), spent()
			b.ReportAllocs()
			b.ResetTimer()
			w.send(32, b.N)
			taken := b.Elapsed()
			for at := 0; w.waiting() > 0; at++ {
				<-time.After(50 * time.Millisecond) // it asks the database too
			}
			booked := b.Elapsed()
			if err := w.jobs.Idle(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			n := float64(b.N)
			b.ReportMetric(1000*(spent()-used).Seconds()/n, "cpu-ms/order")
			if now := w.db.Counts(); now.Run > run.Run {
				b.ReportMetric(float64(now.Run-run.Run)/n, "statements/order")
				b.ReportMetric(float64(now.Compiled-run.Compiled)/n, "compiled/order")
				b.ReportMetric(float64(now.Commits-run.Commits)/n, "commits/order")
			}
			floor := (before + w.floor(400*time.Millisecond)) / 2
			b.ReportMetric(n/b.Elapsed().Seconds(), "delivered/s")
			b.ReportMetric(n/booked.Seconds(), "orders/s")
			b.ReportMetric(n/taken.Seconds(), "taken/s")
			b.ReportMetric(n/b.Elapsed().Seconds()/floor, "of-floor")
		})
	})
}

// BenchmarkAS2 sends signed and encrypted messages of one order of 20 kB, a hundred a second
// by the clock, and takes the time from when each was due until its signed receipt was
// proved: client and server in one process, orders booked meanwhile.
func BenchmarkAS2(b *testing.B) {
	onEach(b, func(b *testing.B, w *bench) {
		p := &erp{env: &env{out: io.Discard}, base: "http://" + w.addr, company: erpCompanies["kestrel"]}
		var err error
		if p.token, err = p.signIn(b.Context(), p.company.email, p.company.slug, "bench AS2", "edi:read", "edi:write", "partners:read", "stations:read", "stations:write"); err != nil {
			b.Fatal(err)
		}
		to, err := p.dialAS2(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		defer to.close()
		b.Run("100 a second", func(b *testing.B) {
			w.b = b
			body := func() []byte {
				n := int(w.next.Add(1))
				return longOrders(n+700_000, []string{fmt.Sprintf("AS2-%08d", n)}, 270)
			}
			for range 20 { // connections and keys are warm
				if _, err := to.send(b.Context(), body()); err != nil {
					b.Fatal(err)
				}
			}
			used := spent()
			took := make([]time.Duration, b.N)
			var all sync.WaitGroup
			b.SetBytes(int64(len(body())))
			b.ResetTimer()
			began := time.Now()
			for i := range b.N {
				due := began.Add(time.Duration(i) * 10 * time.Millisecond)
				<-time.After(time.Until(due))
				raw := body()
				all.Go(func() {
					if _, err := to.send(b.Context(), raw); err != nil {
						b.Error(err)
					}
					took[i] = time.Since(due)
				})
			}
			all.Wait()
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(1000*(spent()-used).Seconds()/float64(b.N), "cpu-ms/message")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	})
}

// spent is the processor time of this process: server and client, and not PostgreSQL.
func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// waiting counts what was received and is not processed.
func (w *bench) waiting() int64 {
	return w.count("SELECT count(*) FROM interchange WHERE state = 'received'")
}

func (w *bench) count(query string) (n int64) {
	if err := w.db.View(w.b.Context(), func(ctx context.Context) error { return db.Tx(ctx).Raw(query).Scan(&n).Error }); err != nil {
		w.b.Fatal(err)
	}
	return n
}

// BenchmarkLarge takes one interchange of 10,000 orders, and one of 100,000 (about 115 MB),
// until the last was booked and the 997 made, and asks for pages meanwhile: how long a
// person waits. The most memory that is resident in that time counts the client too, which
// holds nothing of the file. Run it with -benchtime 1x.
func BenchmarkLarge(b *testing.B) {
	onEach(b, func(b *testing.B, w *bench) {
		for _, orders := range []int{10_000, 100_000} {
			b.Run(fmt.Sprint(orders, " orders"), func(b *testing.B) {
				w.b = b
				for range b.N {
					w.large(orders)
				}
			})
		}
	})
}

func (w *bench) large(orders int) {
	b := w.b
	had := w.count("SELECT count(*) FROM purchase_order")
	answered := w.count("SELECT count(*) FROM interchange WHERE origin = 'made' AND types = '997' AND result = 'accepted'")
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // VmHWM begins anew
		b.Log(err)
	}
	Collect() // as serve does
	debug.FreeOSMemory()
	run, used, began := w.db.Counts(), spent(), time.Now()
	control := int(w.next.Add(1)) + 500_000
	body, out := io.Pipe()
	go func() {
		at := bufio.NewWriterSize(out, 64<<10)
		writeOrders(at, control, orders, func(i int) string { return fmt.Sprintf("LARGE-%d-%06d", control, i) }, 5)
		_ = at.Flush()
		_ = out.Close()
	}()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+w.addr+"/api/v1/edi/interchanges", body)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens[0])
	req.Header.Set("Content-Type", "application/edi-x12")
	get := func(path string) time.Duration {
		at := time.Now()
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+w.addr+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+w.tokens[1])
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			b.Fatalf("%s: %d", path, res.StatusCode)
		}
		return time.Since(at)
	}
	posted := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			text, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusAccepted {
				err = fmt.Errorf("%d %s", res.StatusCode, text)
			}
		}
		posted <- err
	}()
	var took []time.Duration
	var taken time.Duration
	for taken == 0 || w.waiting() > 0 {
		took = append(took, get("/signin"), get("/api/v1/orders?limit=20"))
		select {
		case err := <-posted:
			if err != nil {
				b.Fatal(err)
			}
			taken = time.Since(began)
		case <-time.After(20 * time.Millisecond):
		}
	}
	booked := time.Since(began)
	n := float64(orders)
	b.ReportMetric(taken.Seconds(), "taken-s")
	b.ReportMetric(booked.Seconds(), "booked-s")
	b.ReportMetric(1000*(spent()-used).Seconds()/n, "cpu-ms/order")
	b.ReportMetric(float64(w.db.Counts().Run-run.Run)/n, "statements/order")
	b.ReportMetric(peak(), "peak-MB")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "page-p95-ms")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "page-worst-ms")
	if got := w.count("SELECT count(*) FROM purchase_order") - had; got != int64(orders) {
		b.Errorf("%d of %d orders were booked", got, orders)
	}
	if got := w.count("SELECT count(*) FROM interchange WHERE origin = 'made' AND types = '997' AND result = 'accepted'") - answered; got != 1 {
		b.Errorf("%d 997s accept it", got)
	}
	if err := w.jobs.Idle(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "delivered-s")
	b.ReportMetric(peak(), "peak-end-MB")
}

// peak is the most memory that was resident, in MB.
func peak() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	for l := range strings.Lines(string(text)) {
		var kb float64
		if _, err := fmt.Sscanf(l, "VmHWM: %f kB", &kb); err == nil {
			return kb / 1024
		}
	}
	return 0
}
