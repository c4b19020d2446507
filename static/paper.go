package static

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"sync"
)

//go:embed paper/*.gz
var paperFiles embed.FS

// PaperFonts are the TrueType fonts of PDFs, unpacked once. They are not served to
// browsers; internal/fonts/subset.py made them.
type PaperFonts struct{ Regular, Bold, Chinese []byte }

// Paper gives the fonts. The bytes are shared: they must not be changed.
var Paper = sync.OnceValue(func() PaperFonts {
	read := func(name string) []byte {
		b, err := paperFiles.ReadFile("paper/" + name)
		if err != nil {
			panic(fmt.Errorf("static: %w", err))
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			panic(fmt.Errorf("static: %s: %w", name, err))
		}
		out, err := io.ReadAll(z)
		if err != nil {
			panic(fmt.Errorf("static: %s: %w", name, err))
		}
		return out
	}
	return PaperFonts{read("NotoSans-Regular.ttf.gz"), read("NotoSans-Bold.ttf.gz"), read("NotoSansSC-Regular.ttf.gz")}
})
