package demo

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"entente/chat/library"
	"entente/db"
	"entente/prm/access"
)

// papers are the manufacturer's documents: to whom, and how long ago each version came.
var papers = []struct {
	cmd      library.Cmd
	only     string // a chosen partner
	name     string
	versions []time.Duration
	note     string // of the second version
	text     string
}{
	{library.Cmd{Title: "Partner terms 2026", About: "Payment, delivery and returns.", Kind: library.Terms, Language: "en", Confirm: true, Audience: library.Audience{Everyone: true}}, "", "partner-terms-2026.pdf", []time.Duration{2200 * hour, 90 * hour}, "Returns: 30 days instead of 14", "Partner terms 2026"},
	{library.Cmd{Title: "AUR-D18B: installation and safety manual", Kind: library.Manual, Language: "en", Audience: library.Audience{Everyone: true, Countries: []string{"GB", "EE"}}}, "", "aur-d18b-manual.pdf", []time.Duration{900 * hour}, "", "AUR-D18B installation and safety"},
	{library.Cmd{Title: "AUR-D18B 安装与安全手册", Kind: library.Manual, Language: "zh-CN", Audience: library.Audience{Everyone: true, Countries: []string{"CN"}}}, "", "aur-d18b-手册.txt", []time.Duration{800 * hour}, "", ""},
	{library.Cmd{Title: "Branch display kit", About: "Artwork for the counter and the window.", Kind: library.Brochure, Language: "en"}, "kestrel", "display-kit.pdf", []time.Duration{60 * hour}, "", "Branch display kit"},
}

// Library publishes the manufacturer's documents; one partner has read and confirmed some.
func Library(ctx context.Context, s Services, l *library.Service) error {
	now, actors := db.Now(ctx), map[string]access.Actor{}
	ingrid, err := actor(ctx, s.Accounts, actors, "ingrid@aurelia.example")
	if err != nil {
		return err
	}
	maya, err := actor(ctx, s.Accounts, actors, "maya@kestrel.example")
	if err != nil {
		return err
	}
	for i, p := range papers {
		cmd := p.cmd
		cmd.Key = fmt.Sprintf("demo-%d", i)
		if p.only != "" {
			org, err := s.Accounts.Directory().OrgBySlug(ctx, p.only)
			if err != nil {
				return err
			}
			cmd.Audience.Orgs = []string{org.ID}
		}
		body := []byte("AUR-D18B 安装与安全手册\n\n1. 使用前请阅读全部说明。\n2. 仅使用原装电池。\n")
		if p.text != "" {
			body = plainPDF(p.text, "Aurelia Tools")
		}
		id, err := l.Publish(db.WithNow(ctx, now.Add(-p.versions[0])), ingrid, cmd, p.name, bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("demo: library: %w", err)
		}
		if i < 2 {
			at := db.WithNow(ctx, now.Add(-p.versions[0]+30*hour))
			if _, err := l.Read(at, maya, id); err != nil {
				return err
			}
			if cmd.Confirm {
				if err := l.Confirm(at, maya, id, 1); err != nil {
					return err
				}
			}
		}
		for _, ago := range p.versions[1:] {
			if _, err := l.Renew(db.WithNow(ctx, now.Add(-ago)), ingrid, id, p.note, p.name, bytes.NewReader(plainPDF(p.text, p.note))); err != nil {
				return err
			}
		}
	}
	return nil
}

// plainPDF is a page of PDF with some lines of ASCII.
func plainPDF(lines ...string) []byte {
	var text strings.Builder
	text.WriteString("BT /F 20 Tf 72 720 Td 30 TL ")
	escape := strings.NewReplacer("(", `\(`, ")", `\)`, `\`, `\\`)
	for _, l := range lines {
		fmt.Fprintf(&text, "(%s) Tj T* ", escape.Replace(l))
	}
	text.WriteString("ET")
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", text.Len(), text.String()), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, out.Len())
		fmt.Fprintf(&out, "%d 0 obj%s\nendobj\n", i+1, o)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&out, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return out.Bytes()
}
