package gateway

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
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
	// list gives the first files by name that are wanted, at most maxPicked+1.
	list(ctx context.Context, wanted func(sftp.File) bool) ([]sftp.File, error)
	stat(name string) (sftp.File, error)
	get(name string, w io.Writer, limit int64) (int64, error)
	// done puts a file away that was taken, or that was refused and kept; errStays: it is to
	// stay.
	done(name string) error
	// refused puts a file away that could not be read, with the reason.
	refused(name, why string) error
}

// The states of a file at a source.
const (
	pickupSeen    = "seen"    // it may still grow
	pickupHalf    = "half"    // it has no trailer
	pickupPart    = "part"    // it has the name of one that is not finished
	pickupStuck   = "stuck"   // it stays so, and its company is to be told
	pickupTold    = "told"    // its company was told
	pickupTaken   = "taken"   // it is ours; it may still lie there
	pickupLeft    = "left"    // it is ours, and stays: its server lets nobody put it away, or its company wants so
	pickupRefused = "refused" // it could not be read, and lies there
)

// settleTime is how long a file must look the same before it is taken (CONTRACT 5).
const settleTime = 5 * time.Second

// halfTime is how long a file without a trailer is left alone while it looks the same.
const halfTime = time.Hour

// partTime is how long a file may keep the name of an unfinished one before its company is told;
// of at most maxParts in a folder.
const (
	partTime = 24 * time.Hour
	maxParts = 100
)

// maxPicked bounds the files taken, and those delivered, in one turn.
const maxPicked = 500

// progress is how far a turn came.
type progress struct {
	did, well int  // what it had to do with a server for, and what went well of it
	more      bool // there is more to do at once
	gone      bool // the line to the server is
}

func (g *progress) add(o progress) {
	g.did, g.well, g.more = g.did+o.did, g.well+o.well, g.more || o.more
}

// over says whether a turn that did something is to end, at a time; none: never.
func (g *progress) over(until time.Time) bool {
	over := g.did > 0 && !until.IsZero() && !time.Now().Before(until)
	g.more = g.more || over
	return over
}

// pickup is one turn at a source, until a time. A file is taken when it has looked the same
// for settleTime, still does after it was copied, and its last interchange has its
// trailer. That it was taken is remembered before it is put away: who finds it again
// puts it away and no more. What lies there and is of no use is passed over, however much.
func (p *Pickup) pickup(ctx context.Context, actor access.Actor, id string, src source, until time.Time) (got progress, err error) {
	var known map[string]pickupRow
	ctx = db.WithOrgs(ctx, actor.Org)
	if err := p.s.db.View(ctx, func(ctx context.Context) (err error) {
		known, err = pickupsOf(ctx, actor.Org, id)
		return err
	}); err != nil {
		return got, err
	}
	gone := make(map[string]bool, len(known))
	for name := range known {
		gone[name] = true
	}
	now, probed := p.s.db.Clock(), false
	var parts []pickupRow // to remember
	unfinished := 0
	files, err := src.list(ctx, func(f sftp.File) bool {
		delete(gone, f.Name)
		row, seen := known[f.Name]
		switch {
		case sftp.Hidden(f.Name):
			if f.Name[0] == '.' {
				return false
			}
			if unfinished++; unfinished > maxParts {
				return false
			}
			switch {
			case !seen || !row.like(f):
				parts = append(parts, seenNow(actor.Org, id, f, pickupPart, now))
			case row.State == pickupPart && now.Sub(instant(row.Seen)) >= partTime:
				row.State = pickupStuck
				parts = append(parts, row)
			}
			return false
		case f.Size == 0:
			return false
		case !seen || !row.like(f):
			return true
		case row.State == pickupHalf || row.State == pickupStuck || row.State == pickupTold:
			return now.Sub(instant(row.Seen)) >= halfTime
		case row.State == pickupLeft && !probed: // one of them says whether it is allowed by now
			probed = true
			return true
		}
		return row.State == pickupSeen || row.State == pickupTaken
	})
	if err != nil {
		return got, err
	}
	got.more = len(files) > maxPicked
	var failure error
	for _, f := range files[:min(len(files), maxPicked)] {
		if ctx.Err() != nil {
			return got, ctx.Err()
		}
		if got.over(until) {
			break
		}
		row, seen := known[f.Name]
		if !seen || !row.like(f) {
			row = seenNow(actor.Org, id, f, pickupSeen, p.s.db.Clock())
			if err := p.remember(ctx, row); err != nil {
				return got, err
			}
		}
		did, err := p.pick(ctx, actor, src, row)
		if did {
			got.did++
			if err == nil {
				got.well++
			}
			got.more = got.more || row.State == pickupLeft // the others may go too
		}
		failure = errors.Join(failure, err) // the next file may be better
	}
	return got, errors.Join(failure, p.s.db.InTx(ctx, func(ctx context.Context) error {
		for _, row := range parts {
			if err := keepPickup(ctx, row); err != nil {
				return err
			}
		}
		if err := dropPickups(ctx, actor.Org, id, slices.Collect(maps.Keys(gone))); err != nil {
			return err
		}
		return p.tellStuck(ctx, src)
	}))
}

// like says that a file looks as it did.
func (r *pickupRow) like(f sftp.File) bool { return r.Size == f.Size && r.Changed == db.Micros(f.At) }

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

// pick takes one file, if it is time, and says whether it did.
func (p *Pickup) pick(ctx context.Context, actor access.Actor, src source, row pickupRow) (bool, error) {
	if row.State == pickupTaken || row.State == pickupLeft {
		return p.putAway(ctx, src, row)
	}
	if p.s.db.Clock().Sub(instant(row.Seen)) < fail.Pace(settleTime) {
		return false, nil
	}
	f, err := Unnamed(p.temp)
	if err != nil {
		return false, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	defer f.Close()
	hash := sha256.New()
	n, err := src.get(row.Name, io.MultiWriter(f, hash), p.s.opt.Limit)
	if err != nil && fault.CodeOf(err) != fault.TooLarge {
		if _, there := src.stat(row.Name); fault.CodeOf(err) == fault.NotFound && fault.CodeOf(there) == fault.NotFound {
			err = nil // it was taken away meanwhile
		}
		return true, err
	}
	if err == nil {
		now, there := src.stat(row.Name)
		if there != nil {
			if fault.CodeOf(there) == fault.NotFound {
				there = nil
			}
			return true, there
		}
		if n != row.Size || !row.like(now) {
			return true, nil // it changed meanwhile; the next turn sees it anew
		}
		whole, broken := p.whole(f)
		if broken != nil {
			return true, broken
		}
		if !whole {
			switch row.State {
			case pickupHalf: // for a second time
				row.State = pickupStuck
			case pickupStuck, pickupTold:
			default:
				row.State = pickupHalf
			}
			row.Seen = db.Micros(p.s.db.Clock())
			return true, p.remember(ctx, row)
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
			return true, err
		}
		fail.At(fail.PickupRemembered)
		_, err := p.putAway(ctx, src, row)
		fail.At(fail.PickupDone)
		return true, err
	case fault.Invalid, fault.TooLarge, fault.Conflict:
		return true, p.refuse(ctx, actor, src, row, f, fault.As(err))
	}
	return true, err
}

// putAway puts a file away that is ours, and says whether that did anything. Where its server
// says no, it is left there: that is shown, and delays nothing else.
func (p *Pickup) putAway(ctx context.Context, src source, row pickupRow) (bool, error) {
	err := src.done(row.Name)
	switch {
	case err == nil && row.State == pickupLeft:
		return true, p.s.db.InTx(ctx, func(ctx context.Context) error { return retryLeft(ctx, row.OrgID, row.Source) })
	case err == nil || !errors.Is(err, errStays) && !slices.Contains(serverSaid, fault.KeyOf(err)):
		return true, err
	case row.State == pickupLeft:
		return false, nil
	}
	row.State = pickupLeft
	return true, p.remember(ctx, row)
}

// errStays says that a file is to stay where it is.
var errStays = errors.New("gateway: the file stays")

// serverSaid are the answers of a server that works to what it will not do.
var serverSaid = []string{"sftp.denied", "sftp.no_such_file", "sftp.failed"}

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
	return errors.Join(src.refused(row.Name, words), p.remember(ctx, row)) // remembered last: the file never lies there without its reason
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

// way is where documents of ours are put: those that are due, how one is put there, and how
// it is noted, under its claim, that it is.
type way struct {
	line bool // to a server: when the line is gone, nothing more is begun, and all of it goes with the next turn
	due  func(ctx context.Context, now int64) ([]interchangeRow, error)
	put  func(name string, body io.Reader, size int64) error
	done func(ctx context.Context, r *interchangeRow) error
}

// maxMissed ends a turn in which so many more documents failed than went well.
const maxMissed = 20

// unread says that a document of ours cannot be opened.
type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// ofDocument says of a failure that it may be of one document alone: it cannot be opened, or a
// server that works will not have it.
func ofDocument(err error) bool {
	return errors.As(err, new(unread)) || slices.Contains(serverSaid, fault.KeyOf(err))
}

// deliver puts what is due where it goes until a time, oldest first, each claimed before:
// two servers of one company, or two nodes, never put the same one. A name never comes
// twice, so that delivering again after a crash replaces and does not add. One that fails
// delays no other: it comes after them the next time, and is parked after some tries
// where others went well, or nothing will mend it.
func (p *Pickup) deliver(ctx context.Context, actor access.Actor, w way, until time.Time) (got progress, err error) {
	ctx = db.WithOrgs(ctx, actor.Org)
	var rows []interchangeRow
	if err := p.s.db.View(ctx, func(ctx context.Context) (err error) {
		rows, err = w.due(ctx, db.Micros(p.s.db.Clock()))
		return err
	}); err != nil {
		return got, err
	}
	got.more = len(rows) >= maxPicked
	slices.SortStableFunc(rows, func(a, b interchangeRow) int { return cmp.Compare(a.Attempts, b.Attempts) })
	var failure error
	var tried, broken []*interchangeRow // often enough; of those nothing will mend
	missed := 0
	for i := range rows {
		if ctx.Err() != nil {
			return got, ctx.Err()
		}
		if got.over(until) || missed >= got.well+maxMissed {
			break
		}
		r := &rows[i]
		ours, err := p.hold(ctx, r)
		if err != nil {
			return got, errors.Join(failure, err)
		}
		if !ours {
			continue
		}
		got.did++
		ours, err = p.hand(ctx, actor, w, r)
		if !ours {
			continue // its claim lapsed, and another has it
		}
		if err != nil {
			failure = errors.Join(failure, err)
			if err := p.miss(ctx, w, r, err); err != nil {
				return got, errors.Join(failure, err)
			}
			missed++
			switch {
			case r.Attempts < toldTries || !w.line && !ofDocument(err):
			case errors.As(err, new(unread)) && fault.CodeOf(err) != fault.Unavailable:
				broken = append(broken, r)
			default:
				tried = append(tried, r)
			}
			if w.line && !ofDocument(err) { // the line is gone; perhaps it is this one each time that breaks it
				got.gone = true
				break
			}
			continue
		}
		fail.At(fail.PushPut)
		if err := w.done(ctx, r); err != nil {
			return got, errors.Join(failure, err)
		}
		fail.At(fail.PushRemoved)
		got.well++
	}
	if got.well > 0 {
		broken = append(broken, tried...)
	}
	for _, r := range broken {
		failure = errors.Join(failure, p.park(ctx, r))
	}
	return got, failure
}

// dropLease is how long a document that is being put somewhere is another's to leave alone
// when whoever does it has died.
const dropLease = time.Minute

// hold claims a document that waits.
func (p *Pickup) hold(ctx context.Context, r *interchangeRow) (ours bool, err error) {
	doubt := r.inDoubt()
	err = p.s.db.InTx(ctx, func(ctx context.Context) (err error) {
		ours, err = change(ctx, r.ID, map[string]any{"fence": r.Fence + 1, "next_at": db.Micros(p.s.db.Clock().Add(fail.Pace(dropLease))), "last_error": "", "unclear": doubt},
			"delivery = ? AND way = ? AND fence = ? AND next_at = ?", DeliveryWaiting, r.Way, r.Fence, r.NextAt)
		return err
	})
	r.Fence++
	r.Unclear = doubt
	return ours, err
}

// handed says that somebody is putting a document of ours where it goes.
func (r *interchangeRow) handed(now time.Time) bool {
	return r.Origin == OriginMade && r.NextAt > db.Micros(now) && r.LastError == ""
}

// miss lets go of a document that could not be put where it goes. It is no try of it where we
// are stopping.
func (p *Pickup) miss(ctx context.Context, w way, r *interchangeRow, why error) error {
	stopping := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if r.LastError = fault.KeyOf(why); r.LastError == "" {
		r.LastError = "error.internal"
	}
	values := map[string]any{"last_error": r.LastError}
	if w.line {
		values["next_at"] = 0 // else with the end of the claim
		r.Unclear = r.Unclear || !ofDocument(why)
		values["unclear"] = r.Unclear
	}
	if !stopping {
		r.Attempts++
		values["attempts"] = r.Attempts
	}
	return p.s.db.InTx(ctx, func(ctx context.Context) error {
		_, err := change(ctx, r.ID, values, "fence = ?", r.Fence)
		if err != nil || !ofDocument(why) || r.Unclear {
			return err
		}
		// its account ended meanwhile, and it is not there
		_, err = change(ctx, r.ID, map[string]any{"delivery": DeliveryHeld, "held": HeldNoAccount}, "network <> '' AND way = '' AND delivery = ? AND fence = ?", DeliveryUnproved, r.Fence)
		return err
	})
}

// park leaves a document to a person, for the reason of its last try.
func (p *Pickup) park(ctx context.Context, r *interchangeRow) error {
	return p.s.db.InTx(ctx, func(ctx context.Context) error {
		ok, err := change(ctx, r.ID, map[string]any{"delivery": DeliveryFailed}, "delivery = ? AND fence = ?", DeliveryWaiting, r.Fence)
		if err != nil || !ok {
			return err
		}
		return p.s.publish(ctx, EventFailed, r, FailedEvent{Parties: r.parties(), Attempts: int(r.Attempts), Reason: r.LastError})
	})
}

// hand puts a claimed document where it goes, and says whether it was ours to the end.
func (p *Pickup) hand(ctx context.Context, actor access.Actor, w way, r *interchangeRow) (ours bool, err error) {
	body, _, err := p.s.Raw(ctx, actor, r.ID)
	if err != nil {
		return true, unread{err}
	}
	defer body.Close()
	held, stop := p.s.db.Renew(ctx, p.s.log.With(slog.String("interchange", r.ID)), fail.Pace(dropLease), func(ctx context.Context, until int64) (bool, error) {
		return change(ctx, r.ID, map[string]any{"next_at": until}, "fence = ?", r.Fence)
	})
	err = w.put(outFile(r.outboxItem()).Name, whileHeld{held, body}, r.Size)
	return stop(), err
}

// whileHeld reads a body while the claim on it holds.
type whileHeld struct {
	held context.Context
	io.Reader
}

// Read reads on.
func (b whileHeld) Read(p []byte) (int, error) {
	if err := b.held.Err(); err != nil {
		return 0, err
	}
	n, err := b.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = unread{err}
	}
	return n, err
}

// push is the way to a company's own server; instead: of another one, which may have what is in
// doubt.
func (p *Pickup) push(actor access.Actor, instead bool) way {
	return way{
		line: true,
		due: func(ctx context.Context, now int64) ([]interchangeRow, error) {
			return pushedTo(ctx, actor.Org, instead, now, maxPicked)
		},
		done: func(ctx context.Context, r *interchangeRow) error {
			return p.s.taken(ctx, actor, r.ID, RouteUsual, DeliveryDelivered, DoorSFTP, r)
		},
	}
}
