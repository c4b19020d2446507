package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/fault"
	"entente/static"
)

// article is one help article in one language. Title is its first heading, About
// its first sentence.
type article struct {
	name, title, about string
	html               template.HTML
}

// library holds the articles by name and language, rendered once.
type library struct {
	names []string
	texts map[string]map[locale.Language]article
}

// newLibrary renders the embedded articles. They are our own: raw HTML in them is
// left out all the same.
func newLibrary() (*library, error) {
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	files, err := fs.Glob(static.Docs, "docs/*.md")
	if err != nil {
		return nil, fmt.Errorf("web: help: %w", err)
	}
	lib := &library{texts: map[string]map[locale.Language]article{}}
	for _, file := range files {
		src, err := static.Docs.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("web: help: %w", err)
		}
		name, lang := strings.TrimSuffix(path.Base(file), ".md"), locale.English
		if stem, ok := strings.CutSuffix(name, "."+string(locale.Chinese)); ok {
			name, lang = stem, locale.Chinese
		}
		a, err := renderArticle(md, name, src)
		if err != nil {
			return nil, err
		}
		if lib.texts[name] == nil {
			lib.texts[name] = map[locale.Language]article{}
			lib.names = append(lib.names, name)
		}
		lib.texts[name][lang] = a
	}
	sort.Strings(lib.names)
	return lib, nil
}

func renderArticle(md goldmark.Markdown, name string, src []byte) (article, error) {
	doc := md.Parser().Parse(text.NewReader(src))
	a := article{name: name, title: name}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		switch n.(type) {
		case *ast.Heading:
			if a.title == name {
				a.title = plain(n, src)
			}
		case *ast.Paragraph:
			if a.about == "" {
				a.about = plain(n, src)
			}
		}
	}
	alignByClass(doc)
	localLinks(doc)
	var buf bytes.Buffer
	if err := md.Renderer().Render(&buf, src, doc); err != nil {
		return article{}, fmt.Errorf("web: help %s: %w", name, err)
	}
	a.html = template.HTML(buf.String()) // from our own files; goldmark drops raw HTML
	return a, nil
}

// plain is the text of a node without its marks.
func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, in bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && in {
			b.Write(t.Segment.Value(src))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// alignByClass keeps style attributes out of tables, which the content security
// policy would drop: alignment goes into a class.
func alignByClass(doc ast.Node) {
	_ = ast.Walk(doc, func(n ast.Node, in bool) (ast.WalkStatus, error) {
		if c, ok := n.(*east.TableCell); ok && in {
			if c.Alignment == east.AlignRight {
				c.SetAttributeString("class", []byte("r"))
			}
			c.Alignment = east.AlignNone
		}
		return ast.WalkContinue, nil
	})
}

// localLinks points links between articles at their pages.
func localLinks(doc ast.Node) {
	_ = ast.Walk(doc, func(n ast.Node, in bool) (ast.WalkStatus, error) {
		if l, ok := n.(*ast.Link); ok && in {
			to, mark, _ := strings.Cut(string(l.Destination), "#")
			if name, ok := strings.CutSuffix(to, ".md"); ok && !strings.Contains(name, "/") && name != "" {
				to = "/help/" + name
				if mark != "" {
					to += "#" + mark
				}
				l.Destination = []byte(to)
			}
		}
		return ast.WalkContinue, nil
	})
}

// find is the article in the reader's language, else in English, else in any.
func (l *library) find(name string, lang locale.Language) (article, bool) {
	by, ok := l.texts[name]
	if !ok {
		return article{}, false
	}
	for _, want := range []locale.Language{lang, locale.English} {
		if a, ok := by[want]; ok {
			return a, true
		}
	}
	for _, a := range by {
		return a, true
	}
	return article{}, false
}

// helpIndex is /help.
func helpIndex(v *visit) error {
	return v.render(&view.HelpPage{Base: v.shell(), Articles: v.articles("")}, nil)
}

// helpArticle is /help/{name}.
func helpArticle(v *visit) error {
	name := v.Params("name")
	a, ok := v.w.help.find(name, v.p.Language())
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return v.render(&view.HelpPage{Base: v.shell(), Title: a.title, HTML: a.html, Articles: v.articles(name)}, nil)
}

func (v *visit) articles(open string) []view.HelpLink {
	var out []view.HelpLink
	for _, name := range v.w.help.names {
		a, _ := v.w.help.find(name, v.p.Language())
		out = append(out, view.HelpLink{URL: "/help/" + name, Title: a.title, About: a.about, On: name == open})
	}
	return out
}
