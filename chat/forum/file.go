package forum

import (
	"context"
	"io"
	"time"

	"entente/chat/attach"
	"entente/db"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/fault"
)

// FileID names a file of a topic or a reply.
type FileID string

// Limits of files.
const (
	MaxFiles = 10 // of a topic's text or a reply
	maxLoose = 50 // files a person brought and put into nothing
)

// File is a file of a topic or a reply. Whose it is says what it is with.
type File struct {
	ID   FileID
	Name string
	Type string // by its content
	Size int64
	Hash string
}

// Keep gives the service a place for files; scan may be nil. Without it none are taken.
func (s *Service) Keep(blobs *blob.Store, scan attach.Scanner) { s.blobs, s.scan = blobs, scan }

// Bring takes a file for what the same person writes next: a topic in the category, or
// where in is given a reply to it. It is judged by its content and by the scanner before
// anything is kept; nobody sees it until it is posted.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (closed, too many), Invalid,
// TooLarge, Unavailable (not scanned).
func (s *Service) Bring(ctx context.Context, actor access.Actor, category CategoryID, in TopicID, name string, body io.Reader) (File, error) {
	may := func(ctx context.Context) (Category, error) {
		c, topic := Category{}, topicRow{}
		var err error
		if in != "" {
			c, topic, err = load(ctx, actor, access.ForumWrite, in)
		} else {
			c, err = enter(ctx, actor, access.ForumWrite, category, true)
		}
		switch {
		case err != nil:
			return c, err
		case actor.Person == "" || s.blobs == nil || topic.Removed != 0:
			return c, notFound()
		case c.Closed || State(topic.State) == Closed:
			return c, fault.New(fault.Conflict, "forum.closed")
		case in != "" && !c.Reply:
			return c, fault.New(fault.Forbidden, "forum.may_not_reply")
		case in == "" && !c.Create:
			return c, fault.New(fault.Forbidden, "forum.may_not_create")
		}
		loose, err := countLoose(ctx, actor.Person)
		if err == nil && loose >= maxLoose {
			err = fault.New(fault.Conflict, "room.too_many_files", "most", maxLoose)
		}
		return c, err
	}
	// before the bytes are read
	if err := s.view(ctx, actor, func(ctx context.Context) error { _, err := may(ctx); return err }); err != nil {
		return File{}, err
	}
	f := File{ID: FileID(db.NewID()), Name: attach.CleanName(name)}
	bare := attach.Bare(body) // others may not know who writes here
	defer func() { _ = bare.Close() }()
	st, err := s.blobs.StageIf(ctx, bare, attach.MaxFile, func(in io.ReadSeeker) (err error) {
		f.Type, err = attach.Pass(ctx, s.scan, f.Name, in)
		return err
	})
	if err != nil {
		return File{}, err
	}
	f.Size, f.Hash = st.Size, st.Hash
	err = s.change(ctx, actor, func(ctx context.Context) error {
		c, err := may(ctx)
		if err != nil {
			return err
		}
		if err := st.InsertFor(ctx, actor.Org); err != nil {
			return err
		}
		return insertFile(ctx, fileRow{ID: string(f.ID), CategoryID: string(c.ID), OrgID: actor.Org, PersonID: actor.Person, Name: f.Name, Type: f.Type, Size: f.Size, Hash: f.Hash, Made: db.Micros(db.Now(ctx))})
	})
	if err != nil {
		return File{}, err
	}
	return f, nil
}

// Open gives a file of a topic, or of a reply in it, to who may read it.
// Codes: Unauthenticated, NotFound.
func (s *Service) Open(ctx context.Context, actor access.Actor, id TopicID, file FileID) (File, io.ReadSeekCloser, error) {
	var f File
	err := s.view(ctx, actor, func(ctx context.Context) error {
		_, topic, err := load(ctx, actor, access.ForumRead, id)
		if err != nil {
			return err
		}
		r, err := readFile(ctx, id, file)
		if err != nil {
			return err
		}
		if topic.Removed != 0 || r.Removed != 0 {
			return notFound()
		}
		if r.PostID != "" {
			p, err := readPost(ctx, id, PostID(r.PostID))
			if err != nil {
				return err
			}
			if p.Removed != 0 {
				return notFound()
			}
		}
		f = r.file()
		return nil
	})
	if err == nil && s.blobs == nil {
		err = notFound()
	}
	if err != nil {
		return File{}, nil, err
	}
	body, err := s.blobs.Open(ctx, f.Hash)
	return f, body, err
}

// RemoveFile takes a file away: its author, or a moderator of the owner. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (the topic is removed).
func (s *Service) RemoveFile(ctx context.Context, actor access.Actor, id TopicID, file FileID) error {
	return s.step(ctx, actor, access.ForumWrite, id, func(ctx context.Context, c Category, _ topicRow) error {
		r, err := readFile(ctx, id, file)
		if err != nil || r.Removed != 0 {
			return err
		}
		if !own(actor, r.OrgID, r.PersonID) && !access.Allowed(actor, access.ForumManage, c.resource(actor.Org)) {
			return fault.New(fault.Forbidden, "room.not_yours")
		}
		if err := removeFile(ctx, r.ID, db.Micros(db.Now(ctx))); err != nil {
			return err
		}
		return note(ctx, actor, "forum.file_removed", r.ID)
	})
}

// SweepFiles forgets files that were brought and never posted.
func (s *Service) SweepFiles(ctx context.Context) error {
	return s.db.InTx(ctx, func(ctx context.Context) error { return dropLoose(ctx, db.Micros(db.Now(ctx).Add(-24*time.Hour))) })
}

// put puts files the actor brought into this category with what he writes.
func put(ctx context.Context, actor access.Actor, category, topic, post string, ids []FileID) error {
	if len(ids) > MaxFiles {
		return fault.InvalidField("file", "form.too_many", "most", MaxFiles)
	}
	for _, id := range ids {
		ok, err := placeFile(ctx, id, category, actor.Org, actor.Person, topic, post)
		if err != nil {
			return err
		}
		if !ok {
			return fault.InvalidField("files", "room.file_unknown")
		}
	}
	return nil
}
