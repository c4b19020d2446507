// Package prose turns the Markdown that people type into HTML that is safe to show to
// people of other companies: no HTML of their own, links of three schemes only and marked
// as foreign, pictures only as links (none is fetched because somebody reads), headings
// below those of the page.
package prose

import (
	"bytes"
	"html/template"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Bounds of what is rendered: beyond one of them a text is shown as typed. They keep out
// what costs far more to render than to type: quotes and lists in one another, brackets
// each of which may begin a link, and tables, whose short rows are filled up.
const (
	longest  = 20_000 // characters
	deepest  = 12     // quotes and lists that a line begins with
	brackets = 2_000
	cells    = 10_000
)

var md = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(tame{}, 100))),
)

// Render renders a text. Line breaks inside a paragraph stay one paragraph, as Markdown
// has it.
func Render(source string) template.HTML {
	if utf8.RuneCountInString(source) > longest || strings.Count(source, "[") > brackets || nested(source) > deepest || tabled(source) > cells {
		return template.HTML("<pre>" + template.HTMLEscapeString(source) + "</pre>")
	}
	var b bytes.Buffer
	if err := md.Convert([]byte(source), &b); err != nil {
		return template.HTML("<pre>" + template.HTMLEscapeString(source) + "</pre>")
	}
	return template.HTML(b.String()) // goldmark leaves raw HTML out, and tame what may not be linked
}

// nested counts the marks of quotes and lists that any line begins with. The mark of a
// list is followed by a blank.
func nested(source string) int {
	most := 0
	for line := range strings.Lines(source) {
		n := 0
		for rest := strings.TrimLeft(line, " \t"); rest != ""; n++ {
			if after, is := strings.CutPrefix(rest, ">"); is {
				rest = strings.TrimLeft(after, " \t")
				continue
			}
			after := strings.TrimLeft(rest, "0123456789")
			marks := ".)"
			if after == rest {
				marks = "-*+"
			}
			if after == "" || !strings.Contains(marks, after[:1]) || len(after) > 1 && !strings.Contains(" \t\n", after[1:2]) {
				break
			}
			rest = strings.TrimLeft(after[1:], " \t\n")
		}
		most = max(most, n)
	}
	return most
}

// tabled is how many cells the tables of a text have at most: a table ends at an empty
// line, and each of its rows is as wide as the widest.
func tabled(source string) int {
	all, rows, wide := 0, 0, 0
	for line := range strings.Lines(source) {
		if strings.TrimSpace(line) == "" {
			all, rows, wide = all+rows*wide, 0, 0
			continue
		}
		rows, wide = rows+1, max(wide, strings.Count(line, "|")+1)
	}
	return all + rows*wide
}

// tame changes the tree before it is rendered.
type tame struct{}

// Transform implements parser.ASTTransformer.
func (tame) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var pictures, refused []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch x := n.(type) {
		case *ast.Heading:
			x.Level = min(x.Level+2, 6)
		case *ast.Image:
			pictures = append(pictures, n)
		case *ast.Link:
			if !allowed(string(x.Destination)) {
				refused = append(refused, n)
			} else {
				mark(n)
			}
		case *ast.AutoLink:
			if x.AutoLinkType == ast.AutoLinkURL && !allowed(string(x.URL(reader.Source()))) {
				refused = append(refused, n)
			} else {
				mark(n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range pictures {
		img := n.(*ast.Image)
		link := ast.NewLink()
		link.Destination, link.Title = img.Destination, img.Title
		move(n, link)
		n.Parent().ReplaceChild(n.Parent(), n, link)
		if allowed(string(link.Destination)) {
			mark(link)
		} else {
			refused = append(refused, link)
		}
	}
	for _, n := range refused { // its words stay
		plain := ast.NewEmphasis(1)
		if a, ok := n.(*ast.AutoLink); ok {
			plain.AppendChild(plain, ast.NewString(bytes.Clone(a.Label(reader.Source()))))
		} else {
			move(n, plain)
		}
		n.Parent().ReplaceChild(n.Parent(), n, plain)
	}
}

func move(from, to ast.Node) {
	for c := from.FirstChild(); c != nil; c = from.FirstChild() {
		to.AppendChild(to, c)
	}
}

func mark(n ast.Node) { n.SetAttributeString("rel", []byte("nofollow noopener noreferrer")) }

// unseen are marks that turn what stands after them around, or are not seen at all.
func unseen(r rune) bool { return unicode.In(r, unicode.Cf, unicode.Cc) }

// allowed lets addresses of the web and of mail be linked: not those with a name and a
// password before the host, with signs that nobody sees, or with a backslash, which lead
// elsewhere than they seem to.
func allowed(to string) bool {
	u, err := url.Parse(strings.TrimSpace(to))
	if err != nil || u.User != nil || strings.ContainsFunc(to, unseen) || strings.Contains(to, `\`) { // not where it seems to lead
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return u.Host != ""
	case "mailto":
		return true
	}
	return false
}
