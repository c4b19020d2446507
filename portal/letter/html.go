package letter

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The parts of an HTML mail that its program made, by class or id. Those of quotes are
// quoted, after those of cuts everything is, those of signatures are left out.
var (
	quotes     = []string{"gmail_quote", "gmail_quote_container", "gmail_extra", "yahoo_quoted", "ntes-mailmaster-quote", "protonmail_quote", "moz-cite-prefix", "zmail_extra", "isreplycontent", "isforwardcontent", "moz-forward-container", "tutanota_quote", "mailbox_signature_quote"}
	cuts       = []string{"divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container", "outlookmessageheader", "olk_src_body_section", "reply-intro", "foxmail_original"}
	signatures = []string{"gmail_signature", "moz-signature", "signature", "ms-outlook-mobile-signature", "ms-outlook-ios-signature", "protonmail_signature_block", "applemailsignature", "mailmastersignature", "ntes-mailmaster-signature", "ntes-pcmac-signature", "foxmailsign", "mailsignature"}
)

// plain is an HTML mail as text: what is hidden, and what would run, is left out; a link is
// its words and its address; what is quoted begins with "> ".
func plain(src string) string {
	doc, err := html.Parse(strings.NewReader(src))
	if err != nil { // nested beyond what the parser takes
		return ""
	}
	w := &writer{}
	w.node(doc, 0)
	w.end()
	return strings.Join(w.lines, "\n")
}

// writer puts words into lines.
type writer struct {
	lines  []string
	line   strings.Builder
	blank  bool // an empty line is to come before the next words
	space  bool // a space is to come before the next word
	quoted int
	pre    int
	cut    bool
	items  []int // the number of each open list's last item; -1 without numbers
}

const deepest = 600

// end ends the line that has begun.
func (w *writer) end() {
	w.space = false
	if w.line.Len() == 0 {
		return
	}
	l := strings.TrimRight(w.line.String(), " ")
	w.line.Reset()
	w.put(l)
}

func (w *writer) put(l string) {
	if w.quoted > 0 {
		l = "> " + l
	}
	w.lines = append(w.lines, l)
}

// gap ends the line and leaves one empty before what follows.
func (w *writer) gap() {
	w.end()
	w.blank = len(w.lines) > 0
}

// write adds words; spaces between them count once.
func (w *writer) write(s string) {
	if w.pre > 0 {
		for i, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if i > 0 {
				if w.line.Len() == 0 {
					w.put("")
				}
				w.end()
			}
			w.begin()
			w.line.WriteString(l)
		}
		return
	}
	for _, r := range s {
		if unicode.IsSpace(r) && r != '\u00a0' {
			w.space = w.space || w.line.Len() > 0
			continue
		}
		w.begin()
		w.line.WriteRune(r)
	}
}

func (w *writer) begin() {
	if w.blank {
		w.blank = false
		if n := len(w.lines); n > 0 && w.lines[n-1] != "" && w.lines[n-1] != "> " {
			w.put("")
		}
	}
	if w.space && w.line.Len() > 0 {
		w.line.WriteByte(' ')
	}
	w.space = false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// named says that one of the element's classes, or its id, is among names. Outlook's web
// page puts x_ before those of the mail it quotes.
func named(n *html.Node, names []string) bool {
	for _, word := range append(strings.Fields(strings.ToLower(attr(n, "class"))), strings.ToLower(attr(n, "id"))) {
		if slices.Contains(names, strings.TrimPrefix(word, "x_")) {
			return true
		}
	}
	return false
}

func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" {
			return true
		}
	}
	style := strings.ToLower(strings.ReplaceAll(attr(n, "style"), " ", ""))
	for _, s := range []string{"display:none", "visibility:hidden", "font-size:0;", "font-size:0px", "max-height:0;", "max-height:0px", "mso-hide:all", "opacity:0;"} {
		if strings.Contains(style+";", s) {
			return true
		}
	}
	return false
}

func (w *writer) children(n *html.Node, depth int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c, depth+1)
	}
}

func (w *writer) node(n *html.Node, depth int) {
	if w.cut || depth > deepest {
		return
	}
	switch n.Type {
	case html.TextNode:
		w.write(n.Data)
		return
	case html.DocumentNode:
		w.children(n, depth)
		return
	case html.ElementNode:
	default:
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Noscript, atom.Template, atom.Svg, atom.Math, atom.Object, atom.Iframe, atom.Embed, atom.Applet, atom.Video, atom.Audio, atom.Select, atom.Textarea, atom.Button, atom.Input, atom.Img:
		return
	}
	if hidden(n) {
		return
	}
	if named(n, signatures) {
		return
	}
	if named(n, cuts) {
		w.end()
		w.put("-----Original Message-----")
		w.cut = true
		return
	}
	if n.DataAtom == atom.Blockquote || named(n, quotes) {
		w.end()
		w.quoted++
		w.children(n, depth)
		w.end()
		w.quoted--
		return
	}
	switch n.DataAtom {
	case atom.Br:
		if w.line.Len() == 0 {
			w.blank = false
			w.put("")
		}
		w.end()
	case atom.Hr:
		w.gap()
	case atom.P:
		if strings.Contains(strings.ToLower(attr(n, "class")), "mso") { // Outlook writes each line as one
			w.end()
			before := len(w.lines)
			w.children(n, depth)
			w.end()
			if len(w.lines) == before {
				w.put("")
			}
			return
		}
		w.gap()
		w.children(n, depth)
		w.gap()
	case atom.Ul, atom.Ol:
		first := -1
		if n.DataAtom == atom.Ol {
			first = 0
			if at, err := strconv.Atoi(attr(n, "start")); err == nil && at > 0 && at < 1e6 {
				first = at - 1
			}
		}
		w.end()
		w.items = append(w.items, first)
		w.children(n, depth)
		w.items = w.items[:len(w.items)-1]
		w.end()
	case atom.Li:
		w.end()
		mark := "- "
		if k := len(w.items) - 1; k >= 0 && w.items[k] >= 0 {
			w.items[k]++
			mark = strconv.Itoa(w.items[k]) + ". "
		}
		w.begin()
		w.line.WriteString(mark)
		w.children(n, depth)
		w.end()
	case atom.Pre:
		w.end()
		w.pre++
		w.children(n, depth)
		w.pre--
		w.end()
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.gap()
		w.children(n, depth)
		w.gap()
	case atom.Div, atom.Table, atom.Tr, atom.Body, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dl, atom.Dt, atom.Dd, atom.Center, atom.Address:
		w.end()
		w.children(n, depth)
		w.end()
	case atom.Td, atom.Th:
		w.space = w.line.Len() > 0
		w.children(n, depth)
		w.space = w.line.Len() > 0
	case atom.A:
		w.link(n, depth)
	default:
		w.children(n, depth)
	}
}

// link writes the words of a link and, where they are others, its address.
func (w *writer) link(n *html.Node, depth int) {
	w.children(n, depth)
	to := strings.TrimSpace(attr(n, "href"))
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || len(to) > 500 || strings.ContainsAny(to, " \n\t<>") {
		return
	}
	said := strings.TrimSpace(inner(n, 0))
	if said == "" || strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(said, "https://"), "http://"), "/") == strings.TrimRight(u.Host+u.RequestURI(), "/") || said == to {
		return
	}
	w.write(" <" + to + ">")
}

// inner are the words of an element.
func inner(n *html.Node, depth int) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	out := ""
	for c := n.FirstChild; c != nil && depth < deepest && len(out) < 1000; c = c.NextSibling {
		out += inner(c, depth+1)
	}
	return out
}
