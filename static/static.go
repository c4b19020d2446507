// Package static holds the files a browser loads and gives each an address that changes with its content.
//
// URL("css/entente.css") is "/static/css/entente.<hash>.css": it may be cached for ever. Nothing is fetched from elsewhere; VENDOR.md names what is not ours.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed css js img font
var files embed.FS

// Prefix is where the files are served.
const Prefix = "/static/"

// CacheControl is the header of every file served by its fingerprinted address.
const CacheControl = "public, max-age=31536000, immutable"

// File is one file as it is served.
type File struct {
	Body []byte
	Type string // Content-Type
	ETag string // strong, quoted
}

type shelf struct {
	urls  map[string]string // css/entente.css -> /static/css/entente.<hash>.css
	files map[string]File   // css/entente.<hash>.css -> content
	icons map[string]bool
}

var load = sync.OnceValue(func() shelf {
	s := shelf{urls: map[string]string{}, files: map[string]File{}, icons: map[string]bool{}}
	var names []string
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		panic(fmt.Errorf("static: %w", err))
	}
	// Style sheets name fonts and scripts import scripts, so everything else is fingerprinted first.
	for _, late := range []bool{false, true} {
		for _, name := range names {
			if strings.HasSuffix(name, ".css") == late {
				s.add(name)
			}
		}
	}
	return s
})

var inCSS = regexp.MustCompile(`url\("\.\./([a-z0-9/._-]+)"\)`)
var inSprite = regexp.MustCompile(`<symbol id="([a-z0-9-]+)"`)

func (s *shelf) add(name string) {
	body, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Errorf("static: %w", err))
	}
	if strings.HasSuffix(name, ".css") {
		body = inCSS.ReplaceAllFunc(body, func(m []byte) []byte {
			target := string(inCSS.FindSubmatch(m)[1])
			url, ok := s.urls[target]
			if !ok {
				panic(fmt.Errorf("static: %s names %s, which is not there", name, target))
			}
			return []byte(`url("` + url + `")`)
		})
	}
	if name == "img/icons.svg" {
		for _, m := range inSprite.FindAllSubmatch(body, -1) {
			s.icons[string(m[1])] = true
		}
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:6])
	ext := path.Ext(name)
	marked := strings.TrimSuffix(name, ext) + "." + hash + ext
	s.urls[name] = Prefix + marked
	s.files[marked] = File{Body: body, Type: contentType(ext), ETag: `"` + hash + `"`}
}

func contentType(ext string) string {
	switch ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// URL is the fingerprinted address of a file, named by its path in this folder. An unknown name is a fault of the caller and panics.
func URL(name string) string {
	url, ok := load().urls[name]
	if !ok {
		panic("static: no file " + name)
	}
	return url
}

// Has tells whether the file is there.
func Has(name string) bool { _, ok := load().urls[name]; return ok }

// Open finds a file by its fingerprinted path after Prefix ("css/entente.<hash>.css"). Serve it with CacheControl; anything else is not found.
func Open(marked string) (File, bool) {
	f, ok := load().files[marked]
	return f, ok
}

// HasIcon tells whether the sprite holds the symbol.
func HasIcon(name string) bool { return load().icons[name] }
