package app

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"entente/edi/schema"
	"entente/edi/wire"
	"entente/portal/locale"
)

// textReport prints what is found in a file while it is read. The verdict of a group
// and of an interchange stands before its sets, so these wait in a spool: memory does
// not grow with the file.
type textReport struct {
	out         *bufio.Writer
	p           *locale.Printer
	interchange *schema.Interchange // the open one
	group       *schema.Group       // the open one
	groups      spool               // what the closed groups of the interchange say
	sets        spool               // what the sets of the open group say
	rejected    bool
}

func newTextReport(w io.Writer, p *locale.Printer) *textReport {
	return &textReport{out: bufio.NewWriter(w), p: p}
}

func (t *textReport) Close() {
	t.groups.Close()
	t.sets.Close()
}

// finish prints what an error left open. An interchange that the file ends in is no
// error here: its findings say so.
func (t *textReport) finish(err error) error {
	var we *wire.Error
	if errors.As(err, &we) && we.Key == "interchange.unfinished" {
		err = nil
	}
	if t.group != nil {
		err = errors.Join(err, t.endGroup())
	}
	if t.interchange != nil {
		err = errors.Join(err, t.endInterchange())
	}
	return errors.Join(err, t.out.Flush())
}

func (t *textReport) Interchange(i *schema.Interchange) error {
	kept := *i
	t.interchange = &kept
	return nil
}

func (t *textReport) Group(g *schema.Group) error {
	kept := *g
	t.group = &kept
	return nil
}

func (t *textReport) Set(s *schema.Set) error {
	fmt.Fprintf(&t.sets, "    %s %s  %s\n", s.Type, s.Control, t.verdict(s.Verdict))
	t.say(&t.sets, "      ", s.Findings)
	if s.Dropped > 0 {
		fmt.Fprintf(&t.sets, "      %s\n", t.p.N("cli.dropped", s.Dropped))
	}
	return t.sets.err
}

func (t *textReport) GroupEnd(g *schema.Group) error {
	t.group = g
	return t.endGroup()
}

func (t *textReport) endGroup() error {
	g := t.group
	t.group = nil
	if !g.Implicit {
		fmt.Fprintf(&t.groups, "  %s %s %s  %s\n", t.p.T("cli.group"), g.Header.FunctionalID, g.Header.Control, t.verdict(g.Verdict))
	}
	t.say(&t.groups, "    ", g.Findings)
	return t.sets.drain(&t.groups)
}

func (t *textReport) InterchangeEnd(i *schema.Interchange) error {
	t.interchange = i
	return t.endInterchange()
}

func (t *textReport) endInterchange() error {
	i := t.interchange
	t.interchange = nil
	h := i.Header
	fmt.Fprintf(t.out, "%s %s  %s:%s > %s:%s  %s\n", t.p.T("cli.interchange"), h.Control, h.SenderQualifier, h.Sender, h.ReceiverQualifier, h.Receiver, t.verdict(i.Verdict))
	t.say(t.out, "  ", i.Findings)
	return t.groups.drain(t.out)
}

func (t *textReport) verdict(v wire.Verdict) string {
	if v == wire.Rejected || v == wire.Partly {
		t.rejected = true
	}
	return t.p.T("cli.verdict." + string(v))
}

func (t *textReport) say(w io.Writer, indent string, fs []wire.Finding) {
	for _, f := range fs {
		fmt.Fprintf(w, "%s%s  %s\n", indent, where(t.p, f), findingText(t.p, f))
	}
}

// spoolMemory is what a spool keeps in memory, in bytes, before it takes a file.
const spoolMemory = 1 << 20

// spool keeps text until it is drained; the first error stays.
type spool struct {
	mem  bytes.Buffer
	file *os.File
	err  error
}

func (s *spool) Write(p []byte) (int, error) {
	if s.err == nil && s.mem.Len()+len(p) > spoolMemory {
		s.spill()
	}
	if s.err != nil {
		return 0, s.err
	}
	return s.mem.Write(p)
}

func (s *spool) spill() {
	if s.file == nil {
		if s.file, s.err = os.CreateTemp("", "entente-check-"); s.err != nil {
			return
		}
	}
	_, s.err = s.mem.WriteTo(s.file)
}

// drain writes all that is kept to w and forgets it.
func (s *spool) drain(w io.Writer) error {
	if s.err != nil {
		return s.err
	}
	if s.file != nil {
		if _, s.err = s.file.Seek(0, io.SeekStart); s.err == nil {
			_, s.err = io.Copy(w, s.file)
		}
		if s.err == nil {
			_, s.err = s.file.Seek(0, io.SeekStart)
		}
		if s.err == nil {
			s.err = s.file.Truncate(0)
		}
		if s.err != nil {
			return s.err
		}
	}
	_, s.err = s.mem.WriteTo(w)
	return s.err
}

func (s *spool) Close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}
