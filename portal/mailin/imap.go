package mailin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"entente/db"
	"entente/portal/letter"
	"entente/prm/fault"
)

// Limits of the box.
const (
	boxWait      = 2 * time.Minute // between two looks where the server does not tell of new mail
	boxIdle      = 5 * time.Minute // between two looks where it does
	boxAgain     = 5 * time.Second // after one that took something: a server may keep to itself what came while it was asked
	boxFirst     = 5 * time.Second // before the second try after a failure; each next waits twice as long
	boxLast      = 5 * time.Minute
	boxLater     = 10 * time.Minute // before a mail is tried again whose person sends too many
	boxDial      = 20 * time.Second
	boxChunk     = 50 // mails whose head is asked for at once
	boxHead      = 64 << 10
	boxMost      = 20_000 // mails of one look; the others have their turn in the next
	mostLater    = 1000
	boxReply     = 2 * time.Minute  // until an answer is there
	boxFetch     = 10 * time.Minute // until a whole mail is
	maxAddresses = 100              // of a line
	boxTalk      = 8 << 20          // bytes of an answer; a whole mail comes on top
)

// Dialer connects; *dial.Dialer does, to what may be called.
type Dialer interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// BoxOptions make a box. URL and Dialer are required.
type BoxOptions struct {
	URL    string // as ParseBox reads it
	Dialer Dialer
	TLS    *tls.Config // default: the roots of the machine
	Log    *slog.Logger
}

// BoxURL is a mailbox of somebody else's server.
type BoxURL struct {
	Host, Port, User, Password, Folder string
	TLS                                bool // from the first byte; else STARTTLS
}

// ParseBox reads imaps://user:password@host[:993][/FOLDER], or imap:// for STARTTLS.
func ParseBox(text string) (BoxURL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "imap" && u.Scheme != "imaps" {
		return BoxURL{}, errors.New("it must begin with imaps:// (or imap:// for STARTTLS) and name a host")
	}
	b := BoxURL{Host: u.Hostname(), Port: u.Port(), User: u.User.Username(), Folder: strings.Trim(u.Path, "/"), TLS: u.Scheme == "imaps"}
	b.Password, _ = u.User.Password()
	if b.User == "" || b.Password == "" {
		return BoxURL{}, errors.New("it must name a user and a password, such as imaps://replies%40firm.example:password@imap.firm.example")
	}
	switch {
	case b.Port == "" && b.TLS:
		b.Port = "993"
	case b.Port == "":
		b.Port = "143"
	}
	if b.Folder == "" {
		b.Folder = "INBOX"
	}
	return b, nil
}

// Address is the address the mailbox is of, "" where its user is none.
func (b BoxURL) Address() (name, domain string) {
	if a, err := netmail.ParseAddress(b.User); err == nil && a.Address == b.User {
		name, domain, _ = strings.Cut(strings.ToLower(b.User), "@")
	}
	return name, domain
}

// id names the mailbox in its row, without telling of it.
func (b BoxURL) id() string {
	sum := sha256.Sum256([]byte(b.User + "\x00" + b.Host + "\x00" + b.Port + "\x00" + b.Folder))
	return hex.EncodeToString(sum[:16])
}

// Box brings answers in from a mailbox by IMAP (RFC 9051, 3501). It takes what is for an
// address made here, marks it as read and leaves all else as it is; nothing is deleted.
//
// How far it looked is a row: UIDVALIDITY and the highest UID below which all is settled. A
// mailbox that was made anew is looked through again: what was taken from it before is not
// taken twice, since Take knows it for longer than an address is good.
type Box struct {
	s   *Service
	url BoxURL
	opt BoxOptions

	mu   sync.Mutex
	stop context.CancelFunc
	done chan struct{}
	fail error // of the last look
	bad  atomic.Int64

	// Of the one mailbox that is looked at, only ever used by the one that looks.
	line     *line
	validity uint32
	settled  map[imap.UID]bool      // above the mark
	later    map[imap.UID]time.Time // not before then
}

// NewBox makes the box; it looks into nothing before Start.
func NewBox(s *Service, o BoxOptions) (*Box, error) {
	u, err := ParseBox(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Box{s: s, url: u, opt: o}, nil
}

// Start looks into the mailbox from now on. Safe to call twice.
func (b *Box) Start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	b.stop, b.done = stop, make(chan struct{})
	go func() {
		defer close(b.done)
		b.run(ctx)
	}()
}

// Stop ends. What was not settled comes again. Safe to call twice.
func (b *Box) Stop() {
	b.mu.Lock()
	stop, done := b.stop, b.done
	b.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
}

// Err is why the last look failed, nil when it did not.
func (b *Box) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fail
}

func (b *Box) looked(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = err
}

// run keeps a connection, with longer and longer waits while there is none.
func (b *Box) run(ctx context.Context) {
	wait := boxFirst
	for ctx.Err() == nil {
		begun := time.Now()
		err := b.watch(ctx, true)
		if ctx.Err() != nil {
			return
		}
		b.looked(err)
		b.opt.Log.Warn("mail by IMAP", "host", b.url.Host, "err", err)
		if time.Since(begun) > boxLast {
			wait = boxFirst
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, boxLast)
	}
}

// connect opens a connection to the mailbox: encrypted, or not at all.
func (b *Box) connect(ctx context.Context, news chan<- struct{}) (*imapclient.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, boxDial)
	defer cancel()
	conn, err := b.opt.Dialer.DialContext(ctx, "tcp", net.JoinHostPort(b.url.Host, b.url.Port))
	if err != nil {
		return nil, err
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.opt.TLS != nil {
		conf = b.opt.TLS.Clone()
	}
	if conf.ServerName == "" {
		conf.ServerName = b.url.Host
	}
	o := &imapclient.Options{TLSConfig: conf, UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
		if d.NumMessages != nil {
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}}}
	b.line = &line{Conn: conn}
	b.line.left.Store(boxTalk)
	conn = b.line
	end := context.AfterFunc(ctx, func() { _ = conn.Close() }) // a server that says nothing
	defer end()
	var c *imapclient.Client
	if b.url.TLS {
		secure := tls.Client(conn, conf)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		c = imapclient.New(secure, o)
	} else if c, err = imapclient.NewStartTLS(conn, o); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if err = c.WaitGreeting(); err == nil {
		err = c.Login(b.url.User, b.url.Password).Wait()
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// watch looks into the mailbox, and where it is to stay again whenever there is news.
func (b *Box) watch(ctx context.Context, stay bool) error {
	news := make(chan struct{}, 1)
	c, err := b.connect(ctx, news)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	var box *imap.SelectData
	if err := b.line.ask(0, boxReply, func() (err error) { box, err = c.Select(b.url.Folder, nil).Wait(); return err }); err != nil {
		return fmt.Errorf("folder %s: %w", b.url.Folder, err)
	}
	if box.UIDValidity == 0 { // its UIDs name other mails tomorrow
		return fmt.Errorf("folder %s: the server tells no UIDVALIDITY", b.url.Folder)
	}
	if b.validity != box.UIDValidity || b.settled == nil {
		b.validity, b.settled, b.later = box.UIDValidity, map[imap.UID]bool{}, map[imap.UID]time.Time{}
	}
	for {
		took, err := b.look(ctx, c)
		if err != nil {
			return err
		}
		b.looked(nil)
		if !stay {
			return b.line.ask(0, boxReply, c.Logout().Wait)
		}
		if err := b.rest(ctx, c, news, took); err != nil {
			return err
		}
	}
}

// rest waits until the server tells of something, or it is time to look.
func (b *Box) rest(ctx context.Context, c *imapclient.Client, news <-chan struct{}, took bool) error {
	b.line.left.Store(boxTalk)
	wait := boxWait
	var idle *imapclient.IdleCommand
	if c.Caps().Has(imap.CapIdle) {
		var err error
		if idle, err = c.Idle(); err != nil {
			return err
		}
		wait = boxIdle
	}
	if took {
		wait = boxAgain
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.Closed():
		return errors.New("the server ended the connection")
	case <-news:
	case <-t.C:
	}
	if idle == nil {
		return b.line.ask(0, boxReply, c.Noop().Wait)
	}
	return b.line.ask(0, boxReply, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
}

// look takes what came since the mark, and says whether there was something.
func (b *Box) look(ctx context.Context, c *imapclient.Client) (took bool, err error) {
	mark, err := b.mark(ctx)
	if err != nil {
		return false, err
	}
	var above imap.UIDSet
	above.AddRange(mark+1, 0)
	// An address is good for a time; what is older is for none. A day more for time zones.
	var found *imap.SearchData
	if err := b.line.ask(0, boxReply, func() (err error) {
		found, err = c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{above}, Since: db.Now(ctx).Add(-life - 24*time.Hour)}, nil).Wait()
		return err
	}); err != nil {
		return false, err
	}
	uids, err := firstUIDs(found, mark)
	if err != nil {
		return false, err
	}
	open := slices.DeleteFunc(slices.Clone(uids), func(u imap.UID) bool { return b.settled[u] || b.later[u].After(time.Now()) })
	for part := range slices.Chunk(open, boxChunk) {
		if err := b.take(ctx, c, part); err != nil {
			return false, err
		}
	}
	for _, u := range uids { // the mark stands below the first that is open
		if !b.settled[u] {
			break
		}
		mark = max(mark, u)
	}
	for u := range b.settled {
		if u <= mark {
			delete(b.settled, u)
		}
	}
	return len(open) > 0, b.s.DB.InTx(ctx, func(ctx context.Context) error {
		return putBox(ctx, boxRow{b.url.id(), int64(b.validity), int64(mark)})
	})
}

// mark is up to which UID all is settled; 0 in a mailbox that was made anew.
func (b *Box) mark(ctx context.Context) (imap.UID, error) {
	var r boxRow
	err := b.s.DB.View(ctx, func(ctx context.Context) (err error) {
		r, err = readBox(ctx, b.url.id())
		return err
	})
	if err != nil || r.Validity != int64(b.validity) {
		return 0, err
	}
	return imap.UID(r.Settled), nil //nolint:gosec // it was one
}

var (
	heads = &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Partial: &imap.SectionPartial{Size: boxHead}, Peek: true}
	whole = &imap.FetchItemBodySection{Partial: &imap.SectionPartial{Size: MaxSize}, Peek: true}
)

// take settles some mails: it reads the heads of all, and the bodies of those for us.
func (b *Box) take(ctx context.Context, c *imapclient.Client, uids []imap.UID) error {
	got, err := b.fetch(c, imap.UIDSetNum(uids...), 0, heads)
	if err != nil {
		return err
	}
	there := map[imap.UID]bool{}
	for _, m := range got {
		there[m.UID] = true
		head := section(m, heads)
		if head == nil { // its flags alone: somebody else touched it just now
			b.postpone(m.UID)
			continue
		}
		if err := b.one(ctx, c, m.UID, m.RFC822Size, lines(head)); err != nil {
			return err
		}
	}
	for _, u := range uids { // somebody took it away meanwhile
		b.settled[u] = b.settled[u] || !there[u]
	}
	return nil
}

// one settles a mail, or leaves it for later.
func (b *Box) one(ctx context.Context, c *imapclient.Client, uid imap.UID, size int64, head []byte) error {
	h, _, ok := letter.Head(head)
	if !ok {
		b.unread(uid)
		return nil
	}
	to, nobody, err := b.s.receivers(ctx, h)
	if err != nil {
		return err
	}
	if len(to) == 0 {
		b.settled[uid] = true
		return nil
	}
	raw := head // of one too large: its writer is told
	if size <= MaxSize {
		got, err := b.fetch(c, imap.UIDSetNum(uid), MaxSize, whole)
		if err != nil {
			return err
		}
		if len(got) == 0 {
			b.settled[uid] = true
			return nil
		}
		if raw = section(got[0], whole); raw == nil {
			b.postpone(uid)
			return nil
		}
	}
	within, stop := context.WithTimeout(ctx, storeWait)
	defer stop()
	switch err := b.s.take(within, to, nobody, raw, size); fault.CodeOf(err) {
	case "":
	case fault.RateLimited:
		b.postpone(uid)
		return nil
	case fault.Invalid:
		b.unread(uid)
	default:
		return err
	}
	b.settled[uid] = true
	delete(b.later, uid)
	// A mailbox that may only be read is none of our business: what is taken is taken.
	if err := b.line.ask(0, boxReply, c.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}, Silent: true}, nil).Close); err != nil {
		b.opt.Log.Debug("mail by IMAP stays unread", "err", err)
	}
	return nil
}

// unread settles a mail that is none: whoever runs the program is told which one lies there.
func (b *Box) unread(uid imap.UID) {
	b.bad.Add(1)
	b.settled[uid] = true
	delete(b.later, uid)
	b.opt.Log.Warn("mail by IMAP cannot be read and stays in the mailbox", "host", b.url.Host, "folder", b.url.Folder, "uid", uint32(uid))
}

// Unreadable is how many mails of the mailbox could not be read since the start.
func (b *Box) Unreadable() int64 { return b.bad.Load() }

// fetch reads a section of some mails.
func (b *Box) fetch(c *imapclient.Client, uids imap.UIDSet, more int64, what *imap.FetchItemBodySection) (got []*imapclient.FetchMessageBuffer, err error) {
	err = b.line.ask(more, boxFetch, func() (err error) {
		got, err = c.Fetch(uids, &imap.FetchOptions{UID: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{what}}).Collect()
		return err
	})
	return got, err
}

// section is what was asked for of a mail, nil where the server did not send it. Some send the
// whole where a part of it was asked for.
func section(m *imapclient.FetchMessageBuffer, what *imap.FetchItemBodySection) []byte {
	if b := m.FindBodySection(what); b != nil {
		return b
	}
	all := *what
	all.Partial = nil
	b := m.FindBodySection(&all)
	return b[:min(int64(len(b)), what.Partial.Size)]
}

// postpone leaves a mail for a later look.
func (b *Box) postpone(uid imap.UID) {
	if len(b.later) < mostLater {
		b.later[uid] = time.Now().Add(boxLater)
	}
}

// firstUIDs are the first mails of an answer above the mark: "n:*" names the last one
// whatever n is.
func firstUIDs(found *imap.SearchData, mark imap.UID) ([]imap.UID, error) {
	set, _ := found.All.(imap.UIDSet)
	set = slices.Clone(set)
	slices.SortFunc(set, func(a, b imap.UIDRange) int { return cmp.Compare(a.Start, b.Start) })
	var out []imap.UID
	for _, r := range set {
		if r.Start == 0 || r.Stop == 0 {
			return nil, errors.New("the server names mails without their numbers")
		}
		for u := uint64(max(r.Start-1, mark)) + 1; u <= uint64(r.Stop); u++ { // the largest number has a next
			if len(out) == boxMost {
				return out, nil
			}
			out = append(out, imap.UID(u)) //nolint:gosec // of a range of them
		}
		mark = max(mark, r.Stop)
	}
	return out, nil
}

// envelope are the lines in which servers keep for whom a mail came; the others are what
// its writer says.
var envelope = []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"}

// receivers reads for which of our addresses a mail is, and whether it has a sender to
// answer. A mailbox knows no envelope: what its server noted goes before what the writer
// typed.
func (s *Service) receivers(ctx context.Context, head textproto.MIMEHeader) (to []Reply, nobody bool, err error) {
	for _, names := range [][]string{envelope, {"To", "Cc"}} {
		for _, name := range names {
			for _, line := range head[name] {
				for _, a := range addresses(line) {
					r, err := s.Known(ctx, a)
					if fault.IsNotFound(err) {
						continue
					}
					if err != nil {
						return nil, false, err
					}
					if len(to) < maxTo && !slices.ContainsFunc(to, func(o Reply) bool { return o.row.ID == r.row.ID }) {
						to = append(to, r)
					}
				}
			}
		}
		if len(to) > 0 {
			break
		}
	}
	path := head["Return-Path"]
	return to, len(path) > 0 && strings.TrimSpace(path[0]) == "<>", nil
}

// addresses reads a line of a head. What is none of RFC 5322, as with a name that should be
// quoted, may still hold addresses.
func addresses(line string) (out []string) {
	list, err := netmail.ParseAddressList(line)
	if err != nil {
		out = strings.FieldsFunc(line, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`<>()[]",;:`, r) })
		out = slices.DeleteFunc(out, func(a string) bool { return !strings.Contains(a, "@") })
		return out[:min(len(out), maxAddresses)]
	}
	for _, a := range list[:min(len(list), maxAddresses)] {
		out = append(out, a.Address)
	}
	return out
}
