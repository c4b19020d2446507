package forum

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/prm/fault"
)

type eicar struct{}

func (eicar) Scan(_ context.Context, _ string, body io.Reader) error {
	b, err := io.ReadAll(body)
	if strings.Contains(string(b), "EICAR") {
		return fault.InvalidField("file", "room.file_infected")
	}
	if strings.Contains(string(b), "unscannable") {
		return io.ErrUnexpectedEOF
	}
	return err
}

// TestFiles: judged before they are kept, seen with what they belong to by who may read it,
// and before the post by nobody.
func TestFiles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := setup(t, d), context.Background()
		blobs, err := blob.New(d, t.TempDir())
		must(t, err)
		h.s.Keep(blobs, eicar{})
		maya, kaarel, ingrid, chen := h.actors["maya"], h.actors["kaarel"], h.actors["ingrid"], h.actors["chen"]
		c := h.shared(t, "Files", false)
		other := h.shared(t, "Other", false)
		f, err := h.s.Bring(ctx, maya, c, "", "../照片\u202e.png", strings.NewReader("\x89PNG\x0d\x0a\x1a\x0a rest"))
		if err != nil || f.Name != "照片.png" || f.Type != "image/png" {
			t.Fatalf("%+v %v", f, err)
		}
		for body, want := range map[string]fault.Code{"": fault.Invalid, "MZ": fault.Invalid, "EICAR": fault.Invalid, "unscannable": fault.Unavailable} {
			isCode(t, body, second(h.s.Bring(ctx, maya, c, "", "x.pdf", strings.NewReader(body))), want)
		}
		isCode(t, "without a seat", second(h.s.Bring(ctx, chen, c, "", "x.pdf", strings.NewReader("x"))), fault.NotFound)
		isCode(t, "may not create", second(h.s.Bring(ctx, kaarel, c, "", "x.pdf", strings.NewReader("x"))), fault.Forbidden)
		ask := TopicCmd{Category: c, Kind: Question, Title: "x", Body: "y", Key: db.NewID(), Files: []FileID{f.ID}}
		stolen, wrong := ask, ask
		stolen.Key, wrong.Key, wrong.Category = db.NewID(), db.NewID(), other
		isCode(t, "another's file", second(h.s.Ask(ctx, ingrid, stolen)), fault.Invalid)
		isCode(t, "in another category", second(h.s.Ask(ctx, maya, wrong)), fault.Invalid)
		topic, err := h.s.Ask(ctx, maya, ask)
		must(t, err)
		again := ask
		again.Key = db.NewID()
		isCode(t, "posted twice", second(h.s.Ask(ctx, maya, again)), fault.Invalid)
		g, err := h.s.Bring(ctx, kaarel, "", topic.ID, "answer.pdf", strings.NewReader("%PDF-1.7"))
		must(t, err)
		_, _, err = h.s.Open(ctx, kaarel, topic.ID, g.ID)
		isCode(t, "not posted yet", err, fault.NotFound)
		post, err := h.s.ReplyWith(ctx, kaarel, topic.ID, "see there", db.NewID(), []FileID{g.ID})
		must(t, err)
		got, posts, _, err := h.s.Topic(ctx, maya, topic.ID, "", 0)
		if err != nil || len(got.Files) != 1 || len(posts) != 1 || len(posts[0].Files) != 1 || posts[0].Files[0].Name != "answer.pdf" || !posts[0].From.Hidden() {
			t.Fatalf("%+v %+v %v", got, posts, err)
		}
		for _, file := range []FileID{f.ID, g.ID} {
			_, body, err := h.s.Open(ctx, maya, topic.ID, file)
			must(t, err)
			_ = body.Close()
			_, _, err = h.s.Open(ctx, chen, topic.ID, file)
			isCode(t, "a stranger", err, fault.NotFound)
		}
		elsewhere := h.ask(t, "maya", c, Question, "elsewhere")
		_, _, err = h.s.Open(ctx, maya, elsewhere.ID, f.ID)
		isCode(t, "of another topic", err, fault.NotFound)
		isCode(t, "not the author", h.s.RemoveFile(ctx, maya, topic.ID, g.ID), fault.Forbidden)
		must(t, h.s.RemoveFile(ctx, maya, topic.ID, f.ID))
		_, _, err = h.s.Open(ctx, maya, topic.ID, f.ID)
		isCode(t, "removed", err, fault.NotFound)
		must(t, h.s.Remove(ctx, ingrid, topic.ID, post))
		_, _, err = h.s.Open(ctx, kaarel, topic.ID, g.ID)
		isCode(t, "of a removed reply", err, fault.NotFound)
		loose, err := h.s.Bring(ctx, maya, c, "", "x.txt", strings.NewReader("x"))
		must(t, err)
		must(t, h.s.SweepFiles(db.WithNow(ctx, time.Now().Add(48*time.Hour))))
		again.Files = []FileID{loose.ID}
		isCode(t, "swept", second(h.s.Ask(ctx, maya, again)), fault.Invalid)
	})
}
