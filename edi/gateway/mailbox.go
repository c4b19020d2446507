package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/sftp"
	"entente/prm/access"
	"entente/prm/fault"
)

// DoorSFTP is the door of what came by SFTP.
const DoorSFTP = "sftp"

// Bounds of what is kept of refused files.
const (
	MaxRefusals = 50      // files of one company; the oldest go first
	maxEvidence = 1 << 20 // bytes of one file
	maxListed   = 5000    // names in /out
)

// Refusal is a file that could not be read, kept so that its sender can see why.
type Refusal struct {
	ID, Name string
	Size     int64 // of the file as it was sent; at most maxEvidence of it are kept
	Kept     int64
	Key      string // why, a message key with its values
	Args     map[string]any
	At       time.Time
}

// Words writes what a company is told beside a refused file, in its language. It is
// implemented by portal/app.
type Words interface {
	Refused(ctx context.Context, org string, r Refusal) (string, error)
}

// Mailbox is the gateway as a company sees it through SFTP.
type Mailbox struct {
	s     *Service
	words Words
}

var _ sftp.Mailbox = (*Mailbox)(nil)

// NewMailbox makes the mailbox of a gateway.
func NewMailbox(s *Service, w Words) *Mailbox { return &Mailbox{s, w} }

// Limit is the largest file taken, in bytes.
func (m *Mailbox) Limit() int64 { return m.s.opt.Limit }

// Take takes a complete file in as Receive does. A file that Receive refuses is kept
// with the reason, in place of an earlier one of its name.
func (m *Mailbox) Take(ctx context.Context, actor access.Actor, name string, body io.ReadSeeker) error {
	fail.At(fail.SFTPClaimed)
	err := m.s.take(ctx, actor, body, DoorSFTP, name)
	fail.At(fail.SFTPTaken)
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.TooLarge, fault.Conflict:
		return m.keep(ctx, actor, name, body, fault.As(err))
	}
	return err
}

func (m *Mailbox) keep(ctx context.Context, actor access.Actor, name string, body io.ReadSeeker, why *fault.Error) error {
	size, err := body.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	var head []byte
	if err == nil {
		head, err = io.ReadAll(io.LimitReader(body, maxEvidence))
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	r := refusalRow{OrgID: actor.Org, Name: plainName(name), Size: size, Data: head, Reason: why.Key, Args: db.Text(plain(why.Args))}
	return m.s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r.ID, r.Made = db.NewID(), db.Micros(db.Now(ctx))
		return keepRefusal(ctx, &r)
	})
}

// maxName is the longest name of a file that is listed, in bytes, so that ".txt" fits
// behind it.
const maxName = 200

// plainName is a name as it is listed: of one file, in no other folder, whoever fetches it
// and whatever the server that it came from called it.
func plainName(name string) string {
	name = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, name), "_")
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	if strings.Trim(name, ".") == "" {
		return strings.Repeat("_", max(1, len(name)))
	}
	return name
}

// plain keeps of a message's values what JSON gives back alike.
func plain(args map[string]any) map[string]string {
	out := make(map[string]string, len(args))
	for k, v := range args {
		out[k] = text(fmt.Sprint(v), 200)
	}
	return out
}

// List lists what waits for the company, oldest first, or what of its files could not
// be read, each with its text.
func (m *Mailbox) List(ctx context.Context, actor access.Actor, folder sftp.Folder) ([]sftp.File, error) {
	if folder == sftp.Errors {
		return m.refused(ctx, actor)
	}
	var out []sftp.File
	for after := ""; ; {
		box, err := m.s.Outbox(ctx, actor, after, 200)
		if err != nil {
			return nil, err
		}
		for _, it := range box.Items {
			out = append(out, outFile(it))
		}
		if after = box.Next; after == "" || len(out) >= maxListed {
			return out, nil
		}
	}
}

// outFile names an interchange: type, control number and id, so that the name is
// stable, tells what it is, and never comes twice.
func outFile(it OutboxItem) sftp.File {
	kind, more, _ := strings.Cut(it.Type, ",")
	if more != "" {
		kind += "+"
	}
	kind = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '+' {
			return r
		}
		return '_'
	}, kind)
	return sftp.File{ID: it.ID, Name: kind + "-" + it.Control + "-" + it.ID + Ending(it.Format), Size: it.Size, At: it.At}
}

const outEnding = ".edi"

// Stat finds one file of a folder by its name. Codes: NotFound.
func (m *Mailbox) Stat(ctx context.Context, actor access.Actor, folder sftp.Folder, name string) (sftp.File, error) {
	if folder == sftp.Errors {
		files, err := m.refused(ctx, actor)
		if err != nil {
			return sftp.File{}, err
		}
		for _, f := range files {
			if f.Name == name {
				return f, nil
			}
		}
		return sftp.File{}, notFound()
	}
	stem := strings.TrimSuffix(name, path.Ext(name))
	i := strings.LastIndexByte(stem, '-')
	if i < 0 {
		return sftp.File{}, notFound()
	}
	it, err := m.s.Waiting(ctx, actor, stem[i+1:])
	if err != nil {
		return sftp.File{}, err
	}
	f := outFile(it)
	if f.Name != name {
		return sftp.File{}, notFound()
	}
	return f, nil
}

// Open opens a file that Stat or List gave.
func (m *Mailbox) Open(ctx context.Context, actor access.Actor, folder sftp.Folder, f sftp.File) (sftp.Body, error) {
	if folder == sftp.Out {
		body, _, err := m.s.Raw(ctx, actor, f.ID)
		if err != nil {
			return nil, err
		}
		if at, ok := body.(sftp.Body); ok {
			return at, nil
		}
		_ = body.Close()
		return nil, fault.New(fault.Internal, "error.internal", "Cause", "a payload that cannot be read at an offset")
	}
	id, isText := strings.CutSuffix(f.ID, textEnding)
	r, err := m.refusal(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if !isText {
		return memory{bytes.NewReader(r.Data)}, nil
	}
	words, err := m.words.Refused(ctx, actor.Org, r.view())
	return memory{bytes.NewReader([]byte(words))}, err
}

type memory struct{ *bytes.Reader }

// Close does nothing.
func (memory) Close() error { return nil }

const textEnding = ".txt"

// Remove takes a file off a folder: from Out as Fetched does; of a refused file both
// parts go with either.
func (m *Mailbox) Remove(ctx context.Context, actor access.Actor, folder sftp.Folder, f sftp.File) error {
	if folder == sftp.Out {
		return m.s.Fetched(ctx, actor, f.ID)
	}
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return err
	}
	id := strings.TrimSuffix(f.ID, textEnding)
	return m.s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		return deleteRefusal(ctx, actor.Org, id)
	})
}

func (m *Mailbox) refused(ctx context.Context, actor access.Actor) ([]sftp.File, error) {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var rows []refusalRow
	err := m.s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		rows, err = refusalsOf(ctx, actor.Org)
		return err
	})
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	out := make([]sftp.File, 0, 2*len(rows))
	for _, r := range rows {
		v := r.view()
		out = append(out, sftp.File{ID: r.ID, Name: r.Name, Size: v.Kept, At: v.At})
		taken[r.Name] = true
	}
	for _, r := range rows {
		name := r.Name + textEnding
		if taken[name] {
			continue // a refused file is called so itself
		}
		v := r.view()
		words, err := m.words.Refused(ctx, actor.Org, v)
		if err != nil {
			return nil, err
		}
		out = append(out, sftp.File{ID: r.ID + textEnding, Name: name, Size: int64(len(words)), At: v.At})
	}
	return out, nil
}

func (m *Mailbox) refusal(ctx context.Context, actor access.Actor, id string) (r refusalRow, err error) {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return r, err
	}
	err = m.s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		r, err = refusalByID(ctx, actor.Org, id)
		return err
	})
	return r, err
}

func (r *refusalRow) view() Refusal {
	v := Refusal{ID: r.ID, Name: r.Name, Size: r.Size, Kept: min(r.Size, maxEvidence), Key: r.Reason, At: instant(r.Made), Args: map[string]any{}}
	var args map[string]string
	if json.Unmarshal([]byte(r.Args), &args) == nil {
		for k, a := range args {
			v.Args[k] = a
		}
	}
	return v
}

// Waiting finds one interchange of the actor's outbox. Codes: NotFound.
func (s *Service) Waiting(ctx context.Context, actor access.Actor, id string) (OutboxItem, error) {
	if err := access.Check(actor, access.EDIFetch, access.Own(actor.Org)); err != nil {
		return OutboxItem{}, err
	}
	var out OutboxItem
	err := s.db.View(ctx, func(ctx context.Context) error {
		r, err := interchangeByID(ctx, id)
		if err != nil {
			return err
		}
		theirs := r.Way == RouteNetwork && r.DelegateID == actor.Org // it is their network
		if r.Delivery != DeliveryWaiting && !r.refusedThere() || !theirs && (r.ReceiverID != actor.Org || r.Network != "" || r.Way != "") {
			return notFound()
		}
		out = r.outboxItem()
		return nil
	})
	return out, err
}
