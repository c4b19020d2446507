package browser

import (
	"os"
	"testing"
)

func TestZZShots(t *testing.T) {
	ingrid := as(t, right, "ingrid@aurelia.example")
	take := func(p *Page, name string, l Look) {
		must(t, p.Show(l))
		png, err := p.Shot(l)
		must(t, err)
		_ = os.WriteFile("/tmp/shots/"+name+".png", png, 0o644)
	}
	open(t, ingrid, "/c/aurelia/edi/connections")
	url := read[string](t, ingrid, `[...document.querySelectorAll("#rows a")].find((a) => a.textContent.includes("Kestrel")).getAttribute("href")`)
	hd := read[string](t, ingrid, `[...document.querySelectorAll("#rows a")].find((a) => a.textContent.includes("华东")).getAttribute("href")`)
	desk, phone := Look{1440, 900, false}, Look{390, 844, true}
	for _, s := range []string{"way&way=as2", "test", "live"} {
		open(t, ingrid, url+"/connect?step="+s)
		take(ingrid, "desk-"+s, desk)
	}
	open(t, ingrid, "/c/aurelia/partners")
	take(ingrid, "partners", desk)
	must(t, ingrid.Speak("zh-CN"))
	for _, s := range []string{"ids", "way&way=http", "test"} {
		open(t, ingrid, hd+"/connect?step="+s)
		take(ingrid, "phone-"+s, phone)
	}
	open(t, ingrid, url+"/bench")
	take(ingrid, "phone-bench", phone)
	must(t, ingrid.Speak("en"))
}
