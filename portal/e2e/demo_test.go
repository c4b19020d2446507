package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// demo is the demo companies, made once for a kind of database: making them costs seconds
// of processor, and nearly every story wants them.
type demo struct {
	once sync.Once
	dir  string // data folder
	name string // of the database on PostgreSQL
	err  error
}

var demos = map[string]*demo{"sqlite": {}, "postgres": {}}

// takeDemo gives a server that is to have the demo companies a copy of its own, made as
// another server left it that was stopped.
func (s *server) takeDemo() {
	s.t.Helper()
	if !slices.Contains(s.args, "--demo") {
		return
	}
	d, dsn := demos[s.db.name], os.Getenv("ENTENTE_TEST_POSTGRES")
	d.once.Do(func() { d.err = d.make(s.db.name, dsn) })
	if d.err != nil {
		s.t.Fatalf("the demo companies: %v", d.err)
	}
	if out, err := exec.Command("cp", "-a", d.dir+"/.", s.data).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	if s.db.url != "" {
		s.db.url = newDatabase(s.t, dsn, d.name)
	}
}

func (d *demo) make(kind, dsn string) error {
	d.dir = filepath.Join(filepath.Dir(binary), "demo-"+kind)
	args := []string{"serve", "--demo", "--addr", "127.0.0.1:0", "--data", d.dir}
	if kind == "postgres" {
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		d.name = fmt.Sprintf("e2e_demo_%d", os.Getpid())
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+d.name); err != nil {
			return err
		}
		args = append(args, "--database-url", addressOf(conn.Config(), d.name))
	}
	cmd := exec.Command(binary, args...)
	logs := &lines{}
	cmd.Stderr = logs
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ready := false
	for sc := bufio.NewScanner(out); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "entente ready ") {
			ready = true
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				return err
			}
		}
	}
	if err := cmd.Wait(); err != nil || !ready {
		return fmt.Errorf("serve ended, ready %t: %v\n%s", ready, err, logs)
	}
	return nil
}

// drop takes the database away that copies were made of.
func (d *demo) drop() {
	if d.name != "" {
		dropDatabase(os.Getenv("ENTENTE_TEST_POSTGRES"), d.name)
	}
}
