package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var binary string

// TestMain builds the program once; every test runs the real binary.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "entente-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "entente")
	build := exec.Command("go", "build", "-o", binary, "entente")
	build.Dir = "../.."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	demos["postgres"].drop()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// database is where a server keeps its data.
type database struct {
	name string
	url  string // empty: SQLite in the data folder
}

// eachDatabase runs fn on SQLite and on a fresh schema of PostgreSQL. Without
// PostgreSQL it fails in CI and says so elsewhere.
func eachDatabase(t *testing.T, fn func(t *testing.T, d database)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); fn(t, database{name: "sqlite"}) })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, onPostgres(t))
	})
}

// onPostgres is a fresh schema of PostgreSQL.
func onPostgres(t *testing.T) database {
	t.Helper()
	dsn := os.Getenv("ENTENTE_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("ENTENTE_TEST_POSTGRES is not set: CI tests both databases")
		}
		t.Skip("left out: PostgreSQL is not there (set ENTENTE_TEST_POSTGRES or use make test)")
	}
	return database{name: "postgres", url: freshPostgres(t, dsn)}
}

// server is a running entente.
type server struct {
	t    *testing.T
	db   database
	data string
	args []string
	bin  string   // other than binary, if set
	env  []string // further settings
	url  string
	cmd  *exec.Cmd
	logs *lines
	done chan error
}

type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs serve on a free port and waits for the ready line.
func start(t *testing.T, d database, args ...string) *server {
	t.Helper()
	s := &server{t: t, db: d, data: t.TempDir(), args: args}
	s.takeDemo()
	s.run()
	t.Cleanup(s.kill)
	return s
}

func (s *server) run() {
	s.t.Helper()
	args := append([]string{"serve", "--addr", "127.0.0.1:0", "--data", s.data}, s.args...)
	if s.db.url != "" {
		args = append(args, "--database-url", s.db.url)
	}
	s.cmd = exec.Command(s.program(), args...)
	s.cmd.Env = append(os.Environ(), s.env...)
	s.logs = &lines{}
	s.cmd.Stderr = s.logs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.done = make(chan error, 1)
	ready := make(chan string, 1)
	go func() {
		sc := bufio.NewScanner(out)
		for sc.Scan() {
			if url, ok := strings.CutPrefix(sc.Text(), "entente ready "); ok {
				ready <- url
			}
		}
		s.done <- s.cmd.Wait()
	}()
	select {
	case s.url = <-ready:
	case err := <-s.done:
		s.t.Fatalf("serve ended: %v\n%s", err, s.logs)
	case <-time.After(3 * time.Minute):
		s.kill()
		s.t.Fatalf("no ready line within three minutes\n%s", s.logs)
	}
}

func (s *server) program() string {
	if s.bin != "" {
		return s.bin
	}
	return binary
}

// died waits until the process has ended by itself.
func (s *server) died(patience time.Duration) bool {
	select {
	case <-s.done:
		s.cmd = nil
		return true
	case <-time.After(patience):
		return false
	}
}

// kill ends the process as a power cut would.
func (s *server) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.done
	s.cmd = nil
}

// command runs another command of the binary on the same data.
func (s *server) command(args ...string) string {
	s.t.Helper()
	args = append(args, "--data", s.data)
	if s.db.url != "" {
		args = append(args, "--database-url", s.db.url)
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(s.program(), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("entente %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(out.String())
}

// token makes an API token by the command line.
func (s *server) token(email, scopes string) *client {
	s.t.Helper()
	return &client{t: s.t, s: s, token: s.command("token", "create", "--user", email, "--name", "test", "--scopes", scopes)}
}

// client calls the API with a token.
type client struct {
	t     *testing.T
	s     *server
	token string
}

type answer struct {
	status int
	body   []byte
	header http.Header
}

func (a answer) json(t *testing.T, out any) {
	t.Helper()
	if err := json.Unmarshal(a.body, out); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

func (c *client) try(ctx context.Context, method, path, kind string, body []byte, headers ...string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.s.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, raw, res.Header}, err
}

func (c *client) do(method, path, kind string, body []byte, headers ...string) answer {
	c.t.Helper()
	a, err := c.try(c.t.Context(), method, path, kind, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", method, path, err, c.s.logs)
	}
	return a
}

// get reads JSON and wants 200.
func (c *client) get(path string, out any) {
	c.t.Helper()
	a := c.do("GET", path, "", nil)
	if a.status != 200 {
		c.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	a.json(c.t, out)
}

// post sends JSON and wants the status.
func (c *client) post(path, body string, want int, out any) {
	c.t.Helper()
	a := c.do("POST", path, "application/json", []byte(body))
	if a.status != want {
		c.t.Fatalf("POST %s: %d %s, want %d", path, a.status, a.body, want)
	}
	if out != nil {
		a.json(c.t, out)
	}
}

// eventually asks until fn says yes, less often the longer it takes: each question costs
// the server processor that its work wants too.
func eventually(t *testing.T, what string, fn func() bool) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second) // a killed worker's claim lapses after 30 s on PostgreSQL
	for pause := 10 * time.Millisecond; !fn(); pause = min(pause*3/2, 200*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(pause)
	}
}
