package room

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"entente/chat/attach"
	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/prm/fault"
)

// TestFiles: judged by content, seen by members only, and before the post by nobody else.
func TestFiles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		r := h.shared(t, "1")
		maya, ingrid := h.actor("maya"), h.actor("ingrid")
		bring := func(name, body string) (File, error) {
			return h.s.Bring(ctx, maya, r.ID, name, strings.NewReader(body))
		}
		f, err := bring(`..\..\价目表 2026‮.png`, "\x89PNG\x0d\x0a\x1a\x0a rest")
		if err != nil || f.Type != "image/png" || f.Name != "价目表 2026.png" || !f.Shown() {
			t.Fatalf("%+v %v", f, err)
		}
		for body, want := range map[string]string{
			"<html><script>alert(1)</script>":           "text/plain",
			"<?xml version='1.0'?><svg onload='x'/>":    "text/plain",
			"ISA*00*" + strings.Repeat(" ", 120):        attach.TypeX12,
			"UNB+UNOC:3+A+B+260101:1200+1'":             attach.TypeEDIFACT,
			"%PDF-1.7 x":                                "application/pdf",
			"GIF89a not really a picture but named one": "image/gif",
		} {
			if got, err := bring("x.exe", body); err != nil || got.Type != want {
				t.Errorf("%q: %+v %v", body, got, err)
			}
		}
		for body, want := range map[string]fault.Code{"MZ program": fault.Invalid, "#!/bin/sh": fault.Invalid, "": fault.Invalid, "EICAR": fault.Invalid, "no scanner": fault.Unavailable} {
			_, err := bring("order.pdf", body)
			isCode(t, err, want)
		}
		for _, body := range []string{"MZ", "EICAR", "no scanner"} { // refused files are not left on the disk
			if _, err := bring("order.pdf", body+strings.Repeat("x", 2*blob.Inline)); err == nil {
				t.Errorf("%s is taken", body)
			}
		}
		if left, err := os.ReadDir(h.blobs); err != nil || len(left) != 0 {
			t.Errorf("%v %v", left, err)
		}
		_, _, err = h.s.Open(ctx, ingrid, r.ID, f.ID)
		isCode(t, err, fault.NotFound)
		_, _, err = h.s.Post(ctx, ingrid, Draft{Room: r.ID, Key: "steal", Files: []FileID{f.ID}})
		isCode(t, err, fault.Invalid)
		m, _, err := h.s.Post(ctx, maya, Draft{Room: r.ID, Key: "k", Files: []FileID{f.ID}})
		if err != nil || len(m.Files) != 1 {
			t.Fatalf("%+v %v", m, err)
		}
		again, repeated, err := h.s.Post(ctx, maya, Draft{Room: r.ID, Key: "k", Files: []FileID{f.ID}})
		if err != nil || !repeated || len(again.Files) != 1 {
			t.Fatalf("%+v %v %v", again, repeated, err)
		}
		_, _, err = h.s.Post(ctx, maya, Draft{Room: r.ID, Key: "twice", Files: []FileID{f.ID}})
		isCode(t, err, fault.Invalid)
		got, body, err := h.s.Open(ctx, ingrid, r.ID, f.ID)
		if err != nil || got.Name != f.Name {
			t.Fatalf("%+v %v", got, err)
		}
		b, _ := io.ReadAll(body)
		_ = body.Close()
		if string(b) != "\x89PNG\x0d\x0a\x1a\x0a rest" {
			t.Errorf("%q", b)
		}
		other := h.shared(t, "2")
		_, _, err = h.s.Open(ctx, ingrid, other.ID, f.ID) // of another room
		isCode(t, err, fault.NotFound)
		if list, _, err := h.s.Search(ctx, ingrid, Find{Query: "价目"}); err != nil || len(list) != 1 || list[0].In.ID != r.ID {
			t.Errorf("by the name of a file: %+v %v", list, err)
		}
		if err := second(h.s.Edit(ctx, maya, r.ID, m.Seq, "for July")); err != nil {
			t.Fatal(err)
		}
		if list, _, err := h.s.Search(ctx, ingrid, Find{Query: "价目 july"}); err != nil || len(list) != 1 {
			t.Errorf("by the name of a file after an edit: %+v %v", list, err)
		}
		if err := h.s.SweepFiles(db.WithNow(ctx, time.Now().Add(48*time.Hour))); err != nil {
			t.Fatal(err)
		}
		if _, err := h.s.Remove(ctx, maya, r.ID, m.Seq); err != nil {
			t.Fatal(err)
		}
		_, _, err = h.s.Open(ctx, ingrid, r.ID, f.ID)
		isCode(t, err, fault.NotFound)
	})
}
