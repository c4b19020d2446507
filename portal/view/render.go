package view

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"runtime"
	"sync"
)

//go:embed templates/*/*.html
var files embed.FS

// sets hands out template sets. A set carries functions bound to one page at a time, so each is used by one render at once.
type sets struct {
	master *template.Template
	mu     sync.Mutex
	free   []*set
}

// set is one copy of the templates with the page it is rendering.
type set struct {
	t    *template.Template
	page Page
	base *Base
	meta meta
	ids  int
}

func parse() (*sets, error) {
	var none *set
	t, err := template.New("view").Funcs(none.funcs()).ParseFS(files, "templates/*/*.html")
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	return &sets{master: t}, nil
}

func (s *sets) take() (*set, error) {
	s.mu.Lock()
	if n := len(s.free); n > 0 {
		out := s.free[n-1]
		s.free = s.free[:n-1]
		s.mu.Unlock()
		return out, nil
	}
	t, err := s.master.Clone()
	s.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	out := &set{}
	out.t = t.Funcs(out.funcs())
	return out, nil
}

func (s *sets) give(one *set) {
	one.page, one.base = nil, nil
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) < 2*runtime.GOMAXPROCS(0) {
		s.free = append(s.free, one)
	}
}

func (s *sets) render(w io.Writer, page Page, fragment string) error {
	one, err := s.take()
	if err != nil {
		return err
	}
	defer s.give(one)
	one.page, one.base, one.meta, one.ids = page, page.base(), page.meta(), 0
	if one.base.P == nil {
		return fmt.Errorf("view: %s has no printer", one.meta.block)
	}
	if one.base.Person == nil && one.meta.layout == "app" {
		one.meta.layout = "open"
	}
	name := fragment
	if name == "" {
		name = "layout." + one.meta.layout
	}
	var buf bytes.Buffer
	if err := one.t.ExecuteTemplate(&buf, name, page); err != nil {
		return fmt.Errorf("view: %s: %w", one.meta.block, err)
	}
	_, err = w.Write(buf.Bytes())
	return err
}

// block runs another block of the set with the page; a block that does not exist is empty.
func (s *set) block(suffix string) (template.HTML, error) {
	name := s.meta.block + suffix
	if s.t.Lookup(name) == nil {
		return "", nil
	}
	var buf bytes.Buffer
	if err := s.t.ExecuteTemplate(&buf, name, s.page); err != nil {
		return "", err
	}
	return template.HTML(buf.String()), nil // the output of html/template in a place of the same kind
}
