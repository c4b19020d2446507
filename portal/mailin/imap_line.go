package mailin

import (
	"bytes"
	"cmp"
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// line is the connection to somebody else's server: what one answer may take in bytes and in
// time is bounded.
type line struct {
	net.Conn
	left atomic.Int64
}

var errTalk = errors.New("the server's answer has no end")

func (l *line) Read(p []byte) (int, error) {
	if l.left.Load() <= 0 {
		return 0, errTalk
	}
	n, err := l.Conn.Read(p)
	l.left.Add(int64(-n))
	return n, err
}

// ask waits for an answer of at most so many bytes more than usual. The connection ends
// where it is longer, or is not there in time.
func (l *line) ask(more int64, wait time.Duration, do func() error) error {
	l.left.Store(boxTalk + more)
	end := time.AfterFunc(wait, func() { _ = l.Close() })
	defer end.Stop()
	return do()
}

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

// lines are the whole lines of a head that may be cut off.
func lines(head []byte) []byte {
	if bytes.HasSuffix(head, []byte("\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n")) {
		return head
	}
	return head[:bytes.LastIndexByte(head, '\n')+1]
}
