// Package view renders pages: one typed struct per page, html/template behind it.
//
// A handler fills a page struct with plain values and calls Renderer.Render. Templates hold no rules and no text: words come from portal/locale,
// addresses and rights come in the struct. A page and its htmx fragments are the same named blocks.
//
// Template functions are bound to the page being rendered, so that a part deep inside can write money or a date without being handed a printer.
package view

import (
	"io"
)

// Page is a struct of this package that embeds Base. Pages are rendered by pointer.
type Page interface {
	base() *Base
	meta() meta
}

// Renderer holds the parsed templates. It is safe for concurrent use.
type Renderer struct{ sets *sets }

// New parses the embedded templates once. An error is a fault of the build.
func New() (*Renderer, error) {
	s, err := parse()
	if err != nil {
		return nil, err
	}
	return &Renderer{sets: s}, nil
}

// Render writes the whole page, or with a fragment name ("orders.list") that block alone. Nothing is written unless the template ran to its end.
func (r *Renderer) Render(w io.Writer, page Page, fragment string) error {
	return r.sets.render(w, page, fragment)
}
