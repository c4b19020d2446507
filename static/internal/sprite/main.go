// Command sprite cuts the icons the pages use out of the Tabler sprite, which is a hundred times larger.
//
//	go run ./static/internal/sprite -in node_modules/@tabler/icons-sprite/dist/tabler-sprite.svg -names static/internal/sprite/icons.txt -out static/img/icons.svg
//
// Stroke and fill attributes of the symbols are dropped, so that the style sheet decides them. An unknown name stops it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"
)

func main() {
	in := flag.String("in", "", "the whole sprite, dist/tabler-sprite.svg of @tabler/icons-sprite")
	names := flag.String("names", "icons.txt", "one icon name a line")
	out := flag.String("out", "icons.svg", "the sprite to write")
	flag.Parse()
	if err := run(*in, *names, *out); err != nil {
		fmt.Fprintln(os.Stderr, "sprite:", err)
		os.Exit(1)
	}
}

func run(in, names, out string) error {
	whole, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	list, err := os.ReadFile(names)
	if err != nil {
		return err
	}
	cut, err := cut(whole, strings.Fields(string(list)))
	if err != nil {
		return err
	}
	return os.WriteFile(out, cut, 0o644)
}

var symbol = regexp.MustCompile(`(?s)<symbol id="tabler-([a-z0-9-]+)"[^>]*>(.*?)</symbol>`)
var nothing = regexp.MustCompile(`<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>`)

// cut keeps the named symbols, sorted, under their plain names. A name the sprite does not hold is an error.
func cut(whole []byte, names []string) ([]byte, error) {
	found := map[string][]byte{}
	for _, m := range symbol.FindAllSubmatch(whole, -1) {
		found[string(m[1])] = nothing.ReplaceAll(m[2], nil)
	}
	names = append([]string(nil), names...)
	sort.Strings(names)
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">` + "\n")
	for i, n := range names {
		if i > 0 && names[i-1] == n {
			return nil, fmt.Errorf("%s is listed twice", n)
		}
		body, ok := found[n]
		if !ok {
			return nil, fmt.Errorf("the sprite has no icon %q", n)
		}
		fmt.Fprintf(&b, "<symbol id=%q viewBox=\"0 0 24 24\">%s</symbol>\n", n, bytes.TrimSpace(body))
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}
