package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"entente/portal/e2e/browser"
)

// picture is one of the README: who looks at what, and how.
type picture struct {
	file, email, language string
	look                  browser.Look
	path                  string   // where the person begins
	links                 []string // what is followed from there
}

var wide, narrow = browser.Looks[0], browser.Looks[2]

var pictures = []picture{
	{"order.png", "maya@kestrel.example", "en", wide, "/c/kestrel/orders?q=4500187342", []string{"#rows a"}},
	{"home.png", "maya@kestrel.example", "en", wide, "/c/kestrel/", nil},
	{"room-dark.png", "maya@kestrel.example", "en", browser.Looks[1], "/c/kestrel/orders?q=4500187342", []string{"#rows a", "#room h2 ~ .act a"}},
	{"message.png", "tomas@aurelia.example", "en", wide, "/c/aurelia/edi?q=4500187519", []string{"#rows a[href*='/edi/']"}},
	{"home-zh.png", "wen@aurelia.example", "zh-CN", wide, "/c/aurelia/", nil},
	{"orders-zh-390.png", "chen@huadong.example", "zh-CN", narrow, "/c/huadong/orders", nil},
}

// readme takes the pictures of the README: one window each, with fewer colours
// where ImageMagick is there.
func readme(page *browser.Page, url, out string) error {
	for _, p := range pictures {
		if err := page.SignIn(url, p.email, browser.Password); err != nil {
			return err
		}
		if err := page.Speak(p.language); err != nil {
			return err
		}
		if _, err := page.Go(url + p.path); err != nil {
			return err
		}
		for _, link := range p.links {
			if err := page.Leave(link); err != nil {
				return fmt.Errorf("%s: %w", p.file, err)
			}
		}
		if err := page.Show(p.look); err != nil {
			return err
		}
		if err := page.Until(`document.documentElement.dataset.live === "live"`); err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
		raw, err := page.Window()
		if err != nil {
			return err
		}
		file := filepath.Join(out, p.file)
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			return err
		}
		if convert, err := exec.LookPath("convert"); err == nil {
			if said, err := exec.Command(convert, file, "+dither", "-colors", "200", "-strip", "-define", "png:compression-level=9", "PNG8:"+file).CombinedOutput(); err != nil {
				return fmt.Errorf("convert: %w: %s", err, said)
			}
		}
	}
	return nil
}
