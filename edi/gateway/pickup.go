package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/sftp"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

// source is a folder that others write to and we look into: on a company's own SFTP
// server, or on this machine. Nobody there tells when a file is complete.
type source interface {
	list(ctx context.Context) ([]sftp.File, error)
	stat(name string) (sftp.File, error)
	get(name string, w io.Writer, limit int64) (int64, error)
	// done puts a file away that was taken, or that was refused and kept.
	done(name string) error
	// refused puts a file away that could not be read, with the reason.
	refused(name, why string) error
}

// The states of a file at a source.
const (
	pickupSeen    = "seen"    // it may still grow
	pickupTaken   = "taken"   // it is ours; it may still lie there
	pickupRefused = "refused" // it could not be read, and lies there
)

// settleTime is how long a file must look the same before it is taken (CONTRACT 5).
const settleTime = 5 * time.Second

// maxPicked bounds the files looked at in one turn.
const maxPicked = 500

// pickup is one turn at a source. A file is taken when it has looked the same for
// settleTime, still does after it was copied, and its last interchange has its
// trailer. That it was taken is remembered before it is put away: who finds it again
// puts it away and no more.
func (p *Pickup) pickup(ctx context.Context, actor access.Actor, id string, src source) error {
	files, err := src.list(ctx)
	if err != nil {
		return err
	}
	var known map[string]pickupRow
	ctx = db.WithOrgs(ctx, actor.Org)
	if err := p.s.db.View(ctx, func(ctx context.Context) (err error) {
		known, err = pickupsOf(ctx, actor.Org, id)
		return err
	}); err != nil {
		return err
	}
	var failure error
	for _, f := range files[:min(len(files), maxPicked)] {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		row, seen := known[f.Name]
		delete(known, f.Name)
		if sftp.Hidden(f.Name) {
			continue
		}
		if !seen || row.Size != f.Size || row.Changed != db.Micros(f.At) {
			row = pickupRow{OrgID: actor.Org, Source: id, Name: f.Name, Size: f.Size, Changed: db.Micros(f.At), State: pickupSeen, Seen: db.Micros(p.s.db.Clock())}
			if err := p.remember(ctx, row); err != nil {
				return err
			}
		}
		if err := p.pick(ctx, actor, src, row); err != nil {
			failure = errors.Join(failure, err) // the next file may be better
		}
	}
	var gone []string
	if len(files) <= maxPicked {
		for name := range known {
			gone = append(gone, name)
		}
	}
	return errors.Join(failure, p.s.db.InTx(ctx, func(ctx context.Context) error { return dropPickups(ctx, actor.Org, id, gone) }))
}

func (p *Pickup) remember(ctx context.Context, row pickupRow) error {
	return p.s.db.InTx(ctx, func(ctx context.Context) error { return keepPickup(ctx, row) })
}

// Unnamed makes a file for what must not stay: it has no name, so that whatever happens it
// is gone with the process. An empty folder is that of the system.
func Unnamed(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "unnamed-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// pick takes one file, if it is time.
func (p *Pickup) pick(ctx context.Context, actor access.Actor, src source, row pickupRow) error {
	switch row.State {
	case pickupTaken:
		return src.done(row.Name)
	case pickupRefused:
		return nil
	}
	if p.s.db.Clock().Sub(instant(row.Seen)) < fail.Pace(settleTime) || row.Size == 0 {
		return nil
	}
	f, err := Unnamed(p.temp)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	defer f.Close()
	hash := sha256.New()
	n, err := src.get(row.Name, io.MultiWriter(f, hash), p.s.opt.Limit)
	if err != nil && fault.CodeOf(err) != fault.TooLarge {
		return err
	}
	if err == nil {
		now, there := src.stat(row.Name)
		if there != nil {
			return there
		}
		if n != row.Size || now.Size != row.Size || db.Micros(now.At) != row.Changed {
			return nil // it changed meanwhile; the next turn sees it anew
		}
		if whole, broken := p.whole(f); broken != nil || !whole {
			return broken
		}
		fail.At(fail.PickupCopied)
		if remote, ok := src.(remoteSource); ok && remote.r.Network {
			err = p.unpack(ctx, actor, f, remote.r.Name, row.Name)
		} else {
			err = p.box.s.take(ctx, actor, f, p.door(row.Source), row.Name)
		}
		fail.At(fail.PickupTaken)
	}
	row.State, row.Sha256 = pickupTaken, hex.EncodeToString(hash.Sum(nil))
	switch fault.CodeOf(err) {
	case "":
		if err := p.remember(ctx, row); err != nil {
			return err
		}
		fail.At(fail.PickupRemembered)
		err := src.done(row.Name)
		fail.At(fail.PickupDone)
		return err
	case fault.Invalid, fault.TooLarge, fault.Conflict:
		return p.refuse(ctx, actor, src, row, f, fault.As(err))
	}
	return err
}

// refuse keeps the reason where the company looks for it, and leaves the file.
func (p *Pickup) refuse(ctx context.Context, actor access.Actor, src source, row pickupRow, body io.ReadSeeker, why *fault.Error) error {
	if err := p.box.keep(ctx, actor, row.Name, body, why); err != nil {
		return err
	}
	words, err := p.box.words.Refused(ctx, actor.Org, Refusal{Name: row.Name, Size: row.Size, Kept: min(row.Size, maxEvidence), Key: why.Key, Args: why.Args, At: p.s.db.Clock()})
	if err != nil {
		return err
	}
	row.State = pickupRefused
	if err := p.remember(ctx, row); err != nil {
		return err
	}
	return src.refused(row.Name, words)
}

// take is Receive of a file by a door.
func (s *Service) take(ctx context.Context, actor access.Actor, body io.ReadSeeker, door, name string) error {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	_, err := s.Receive(ctx, actor, Submission{Reader: body, Door: door, Forms: true, Name: name})
	return err
}

// whole says that the last interchange of a file has its trailer, or that it holds
// none: waiting would not help.
func (p *Pickup) whole(f io.ReadSeeker) (bool, error) {
	head := make([]byte, sniffSize)
	_, err := f.Seek(0, io.SeekStart)
	var n int
	if err == nil {
		if n, err = io.ReadFull(f, head); errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return false, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	found, err := scan(f, head[:n], p.s.opt.Limits)
	if len(found) == 0 {
		return true, nil
	}
	last := &found[len(found)-1]
	if errors.Is(err, wire.ErrTruncated) {
		return false, nil
	}
	ended, err := terminated(f, last.offset)
	return ended || !refused(last.findings), err
}

// terminated says that a file ends with the terminator of the interchange at offset,
// blanks aside. Readers forgive its absence; a trailer that is cut off lacks it too.
func terminated(f io.ReadSeeker, offset int64) (bool, error) {
	ends := make([]byte, 106)
	_, err := f.Seek(offset, io.SeekStart)
	if err == nil {
		if _, err = io.ReadFull(f, ends); errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
	}
	tail := make([]byte, 64)
	var size int64
	if err == nil {
		size, err = f.Seek(0, io.SeekEnd)
	}
	if err == nil {
		_, err = f.Seek(max(0, size-int64(len(tail))), io.SeekStart)
	}
	n := 0
	if err == nil {
		if n, err = io.ReadFull(f, tail); errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
	}
	if err != nil {
		return false, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	end := byte('\'')
	switch {
	case bytes.HasPrefix(ends, []byte("ISA")):
		end = ends[105]
	case bytes.HasPrefix(ends, []byte("UNA")):
		end = ends[8]
	}
	tail = bytes.TrimRight(tail[:n], " \r\n\t\x1a")
	return len(tail) > 0 && tail[len(tail)-1] == end || end == '\n' || end == '\r', nil
}

func (p *Pickup) door(id string) string {
	if id == folderSource {
		return DoorFolder
	}
	return DoorSFTP
}

// push delivers what waits for a company to its own server, oldest first. A name never
// comes twice, so that delivering again after a crash replaces and does not add.
func (p *Pickup) push(ctx context.Context, actor access.Actor, put func(name string, r io.Reader) error) error {
	files, err := p.box.List(ctx, actor, sftp.Out)
	if err != nil {
		return err
	}
	for _, f := range files[:min(len(files), maxPicked)] {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		body, err := p.box.Open(ctx, actor, sftp.Out, f)
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(io.NewSectionReader(body, 0, f.Size))
		_ = body.Close()
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		if err := put(f.Name, bytes.NewReader(raw)); err != nil {
			return err
		}
		fail.At(fail.PushPut)
		if err := p.s.taken(ctx, actor, f.ID, RouteUsual, DeliveryDelivered, DoorSFTP); err != nil {
			return err
		}
		fail.At(fail.PushRemoved)
	}
	return nil
}
