package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/gofiber/fiber/v2"
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

// handbook holds the articles by name and language, rendered once.
type handbook struct {
	names []string
	texts map[string]map[locale.Language]article
}

// newHandbook renders the embedded articles. They are our own: raw HTML in them is
// left out all the same.
func newHandbook() (*handbook, error) {
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	files, err := fs.Glob(static.Docs, "docs/*.md")
	if err != nil {
		return nil, fmt.Errorf("web: help: %w", err)
	}
	lib := &handbook{texts: map[string]map[locale.Language]article{}}
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
func (l *handbook) find(name string, lang locale.Language) (article, bool) {
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

// The parts of an OpenAPI document that the page shows.
type (
	openAPI struct {
		Info struct {
			Version string `json:"version"`
		} `json:"info"`
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Components struct {
			Schemas map[string]schemaNode `json:"schemas"`
		} `json:"components"`
	}
	operation struct {
		Summary     string   `json:"summary"`
		Description string   `json:"description"`
		Tags        []string `json:"tags"`
		Scope       string   `json:"x-scope"`
		Parameters  []struct {
			Name        string     `json:"name"`
			In          string     `json:"in"`
			Description string     `json:"description"`
			Required    bool       `json:"required"`
			Schema      schemaNode `json:"schema"`
		} `json:"parameters"`
		RequestBody struct {
			Content map[string]struct {
				Schema schemaNode `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
		Responses map[string]struct {
			Description string `json:"description"`
		} `json:"responses"`
	}
	schemaNode struct {
		Ref        string                `json:"$ref"`
		Type       any                   `json:"type"`
		Format     string                `json:"format"`
		Items      *schemaNode           `json:"items"`
		Properties map[string]schemaNode `json:"properties"`
		Enum       []any                 `json:"enum"`
	}
)

// apiSpec is /api/openapi.json.
func apiSpec(v *visit) error {
	raw, err := v.openAPI()
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, "application/openapi+json; charset=utf-8")
	return v.Send(raw)
}

func (v *visit) openAPI() ([]byte, error) {
	if v.w.spec == nil {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	raw, err := v.w.spec()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return raw, nil
}

// apiDocs is /api/docs: the same document for people.
func apiDocs(v *visit) error {
	raw, err := v.openAPI()
	if err != nil {
		return err
	}
	var spec openAPI
	if err := json.Unmarshal(raw, &spec); err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	page := &view.APIPage{Base: v.shell(), Version: spec.Info.Version, SpecURL: "/api/openapi.json"}
	if page.Groups, err = spec.groups(); err != nil {
		return err
	}
	return v.render(page, nil)
}

var methodOrder = map[string]int{"get": 0, "post": 1, "put": 2, "patch": 3, "delete": 4}

func (s *openAPI) groups() ([]view.APIGroup, error) {
	paths := make([]string, 0, len(s.Paths))
	for p := range s.Paths {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	at := map[string]int{}
	var out []view.APIGroup
	for _, path := range paths {
		methods := make([]string, 0, len(s.Paths[path]))
		for m := range s.Paths[path] {
			if _, ok := methodOrder[m]; ok {
				methods = append(methods, m)
			}
		}
		sort.Slice(methods, func(i, j int) bool { return methodOrder[methods[i]] < methodOrder[methods[j]] })
		for _, m := range methods {
			var op operation
			if err := json.Unmarshal(s.Paths[path][m], &op); err != nil {
				return nil, fault.Wrap(err, fault.Internal, "error.internal")
			}
			tag := "api"
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			i, ok := at[tag]
			if !ok {
				i = len(out)
				at[tag] = i
				out = append(out, view.APIGroup{Name: tag, Anchor: "api-" + tag})
			}
			out[i].Endpoints = append(out[i].Endpoints, s.endpoint(m, path, op))
		}
	}
	return out, nil
}

func (s *openAPI) endpoint(method, path string, op operation) view.Endpoint {
	about, _, _ := strings.Cut(op.Description, "Scope: `")
	e := view.Endpoint{Method: strings.ToUpper(method), Path: path, Summary: op.Summary, About: strings.TrimSpace(about), Scope: op.Scope}
	for _, p := range op.Parameters {
		e.Params = append(e.Params, view.Param{Name: p.Name, In: p.In, Type: p.Schema.word(), About: p.Description, Required: p.Required})
	}
	kinds := make([]string, 0, len(op.RequestBody.Content))
	for kind := range op.RequestBody.Content {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	if len(kinds) > 0 {
		e.Body = kinds[0]
		if kinds[0] == "application/json" {
			e.Body = s.example(op.RequestBody.Content[kinds[0]].Schema, 0)
		}
	}
	codes := make([]string, 0, len(op.Responses))
	for code := range op.Responses {
		codes = append(codes, code)
	}
	sort.Strings(codes)
	for _, code := range codes {
		e.Answers = append(e.Answers, view.Answer{Status: code, About: op.Responses[code].Description})
	}
	return e
}

// word is the type in one word.
func (n schemaNode) word() string {
	t := ""
	switch v := n.Type.(type) {
	case string:
		t = v
	case []any:
		for _, one := range v {
			if w, ok := one.(string); ok && w != "null" {
				t = w
			}
		}
	}
	if n.Format != "" {
		t += " " + n.Format
	}
	return t
}

const maxDepth = 5

// example draws the shape of a body: names, with the type in the place of values.
func (s *openAPI) example(n schemaNode, depth int) string {
	if name, ok := strings.CutPrefix(n.Ref, "#/components/schemas/"); ok {
		n = s.Components.Schemas[name]
	}
	indent := strings.Repeat("  ", depth)
	switch {
	case depth > maxDepth:
		return "…"
	case n.Items != nil:
		return "[" + s.example(*n.Items, depth) + "]"
	case len(n.Properties) > 0:
		names := make([]string, 0, len(n.Properties))
		for name := range n.Properties {
			names = append(names, name)
		}
		sort.Strings(names)
		var b strings.Builder
		b.WriteString("{\n")
		for i, name := range names {
			b.WriteString(indent + `  "` + name + `": ` + s.example(n.Properties[name], depth+1))
			if i < len(names)-1 {
				b.WriteByte(',')
			}
			b.WriteByte('\n')
		}
		return b.String() + indent + "}"
	case len(n.Enum) > 0:
		words := make([]string, 0, len(n.Enum))
		for _, w := range n.Enum {
			if t, ok := w.(string); ok {
				words = append(words, t)
			}
		}
		return strings.Join(words, " | ")
	}
	return n.word()
}
