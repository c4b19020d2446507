package main

import (
	"strings"
	"testing"
)

const whole = `<svg><defs><symbol id="tabler-home" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"><path stroke="none" d="M0 0h24v24H0z" fill="none" /><path d="M5 12h2"/></symbol><symbol id="tabler-bell" viewBox="0 0 24 24"><path d="M1 1"/></symbol></defs></svg>`

func TestCut(t *testing.T) {
	out, err := cut([]byte(whole), []string{"home", "bell"})
	if err != nil {
		t.Fatal(err)
	}
	want := `<svg xmlns="http://www.w3.org/2000/svg">
<symbol id="bell" viewBox="0 0 24 24"><path d="M1 1"/></symbol>
<symbol id="home" viewBox="0 0 24 24"><path d="M5 12h2"/></symbol>
</svg>
`
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

func TestCutRefuses(t *testing.T) {
	for _, names := range [][]string{{"none"}, {"home", "home"}} {
		if out, err := cut([]byte(whole), names); err == nil || !strings.Contains(err.Error(), names[0]) {
			t.Errorf("%v gave %q, %v", names, out, err)
		}
	}
}
