package browser

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Password is that of every person of the demo companies.
const Password = "entente-demo-1"

// Root is the folder of the product's module: the nearest one above the working
// folder whose go.mod says "module entente".
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(raw, []byte("module entente\n")) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod of module entente above the working folder")
		}
		dir = up
	}
}

// Build builds the program into a folder and gives the path of the binary.
func Build(ctx context.Context, folder string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "entente")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "entente")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return binary, nil
}

// Server is a running program with the demo companies.
type Server struct {
	URL string // http://127.0.0.1:PORT, the same after a restart

	binary, data string
	cmd          *exec.Cmd
	logs         *logs
	done         chan error
}

type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Serve starts the program on a free port with a fresh data folder and waits
// for its ready line.
func Serve(binary, data string) (*Server, error) {
	s := &Server{binary: binary, data: data, logs: &logs{}}
	return s, s.start("127.0.0.1:0")
}

func (s *Server) start(addr string) error {
	// the third person has a call go through the server
	s.cmd = exec.Command(s.binary, "serve", "--demo", "--addr", addr, "--data", s.data, "--calls-mesh", "2")
	s.cmd.Stderr = s.logs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	ready := make(chan string, 1)
	s.done = make(chan error, 1)
	go func(done chan<- error, wait func() error) {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "entente ready "); ok {
				ready <- url
			}
		}
		done <- wait()
	}(s.done, s.cmd.Wait)
	select {
	case s.URL = <-ready:
		return nil
	case err := <-s.done:
		return fmt.Errorf("serve ended: %v\n%s", err, s.logs)
	case <-time.After(90 * time.Second):
		s.Kill()
		return fmt.Errorf("no ready line within 90 s\n%s", s.logs)
	}
}

// Kill ends the program as a power cut would.
func (s *Server) Kill() { s.end(os.Kill) }

// Stop ends the program in order.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

func (s *Server) end(sig os.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(sig)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	s.cmd = nil
}

// Again starts the program on the same port and data.
func (s *Server) Again() error { return s.start(strings.TrimPrefix(s.URL, "http://")) }

// Logs is what the program wrote to standard error.
func (s *Server) Logs() string { return s.logs.String() }
