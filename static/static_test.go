package static

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestEveryFileIsServedByItsFingerprint(t *testing.T) {
	seen := map[string]bool{}
	for name, url := range load().urls {
		path, ok := strings.CutPrefix(url, Prefix)
		if !ok || seen[url] {
			t.Fatalf("%s has the address %s", name, url)
		}
		seen[url] = true
		f, ok := Open(path)
		if !ok || len(f.Body) == 0 || f.Type == "" || !strings.Contains(path, strings.Trim(f.ETag, `"`)) {
			t.Errorf("%s is not served as %s", name, url)
		}
		if _, bare := Open(name); bare {
			t.Errorf("%s is served without a fingerprint", name)
		}
	}
	for _, want := range []string{"css/entente.css", "css/pages.css", "css/tabler.min.css", "js/htmx.min.js", "js/entente.js", "img/icons.svg", "img/icon.svg"} {
		if !Has(want) {
			t.Errorf("%s is missing", want)
		}
	}
	if _, ok := Open("../static.go"); ok {
		t.Error("a path leads out of the folder")
	}
}

// TestNothingIsFetchedFromElsewhere: style sheets name only our own fingerprinted files and data: pictures.
func TestNothingIsFetchedFromElsewhere(t *testing.T) {
	address := regexp.MustCompile(`url\(["']?([^"')]*)`)
	for name, url := range load().urls {
		if !strings.HasSuffix(name, ".css") {
			continue
		}
		f, _ := Open(strings.TrimPrefix(url, Prefix))
		for _, m := range address.FindAllSubmatch(f.Body, -1) {
			at := string(m[1])
			if strings.HasPrefix(at, "data:") || strings.HasPrefix(at, "#") {
				continue
			}
			if _, ok := Open(strings.TrimPrefix(at, Prefix)); !ok {
				t.Errorf("%s names %s", name, at)
			}
		}
		if bytes.Contains(f.Body, []byte("@import")) {
			t.Errorf("%s imports another sheet", name)
		}
	}
	js, _ := files.ReadFile("js/entente.js")
	for _, banned := range []string{"eval(", "new Function", "innerHTML", "document.write", ".setAttribute(\"style\"", "http://", "https://"} {
		if bytes.Contains(js, []byte(banned)) {
			t.Errorf("entente.js uses %s", banned)
		}
	}
}

func TestURLOfAnUnknownFilePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an unknown file has an address")
		}
	}()
	URL("css/none.css")
}
