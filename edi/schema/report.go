package schema

import (
	"errors"
	"io"
	"slices"

	"entente/edi/wire"
	"entente/edi/x12"
)

// Report is what Check says about a file.
type Report struct {
	Interchanges []InterchangeReport `json:"interchanges"`
	// Rejected says that something was refused: an interchange, group or set.
	Rejected bool `json:"rejected"`
}

// InterchangeReport is one interchange and its groups.
type InterchangeReport struct {
	Interchange
	GroupReports []GroupReport `json:"groups"`
}

// GroupReport is one group and its sets, their Segments left out.
type GroupReport struct {
	Group
	SetReports []Set `json:"sets"`
}

// Check judges a whole file and keeps the verdicts, not the segments. A file that
// ends inside an interchange is no error here: its findings say so. What was read
// before an error is returned with it; errors are those of Read.
func Check(r io.Reader, opt Options) (*Report, error) { return CheckWith(r, opt, nil) }

// CheckWith is Check where more is known of a set than its syntax: what judge finds is added,
// and its verdict follows. Sets that were refused already are not shown to it.
func CheckWith(r io.Reader, opt Options, judge func(*Set) []wire.Finding) (*Report, error) {
	c := &collector{judge: judge}
	err := Read(r, opt, c)
	return c.finish(err)
}

// CheckBytes is Check over bytes in memory.
func CheckBytes(b []byte, opt Options) (*Report, error) {
	c := &collector{}
	err := ReadBytes(b, opt, c)
	return c.finish(err)
}

type collector struct {
	out   Report
	judge func(*Set) []wire.Finding
}

func (c *collector) finish(err error) (*Report, error) {
	if c.out.Interchanges == nil {
		c.out.Interchanges = []InterchangeReport{}
	}
	var we *wire.Error
	if errors.As(err, &we) && we.Key == "interchange.unfinished" {
		err = nil
	}
	return &c.out, err
}

func (c *collector) last() *InterchangeReport { return &c.out.Interchanges[len(c.out.Interchanges)-1] }

func (c *collector) Interchange(i *Interchange) error {
	c.out.Interchanges = append(c.out.Interchanges, InterchangeReport{Interchange: *i, GroupReports: []GroupReport{}})
	return nil
}

func (c *collector) Group(g *Group) error {
	i := c.last()
	i.GroupReports = append(i.GroupReports, GroupReport{Group: *g, SetReports: []Set{}})
	return nil
}

func (c *collector) Set(s *Set) error {
	i := c.last()
	g := &i.GroupReports[len(i.GroupReports)-1]
	kept := *s
	kept.Judge(c.judge)
	kept.Segments, kept.Un = nil, nil
	g.SetReports = append(g.SetReports, kept)
	c.note(kept.Verdict)
	return nil
}

// Judge adds what judge finds to a set that was not refused.
func (s *Set) Judge(judge func(*Set) []wire.Finding) {
	if judge == nil || s.Verdict == wire.Rejected {
		return
	}
	if more := judge(s); len(more) > 0 {
		s.Findings = append(slices.Clone(s.Findings), more...)
		s.Verdict = wire.VerdictOf(s.Findings)
	}
}

func (c *collector) GroupEnd(g *Group) error {
	i := c.last()
	i.GroupReports[len(i.GroupReports)-1].Group = *g
	c.note(g.Verdict)
	return nil
}

func (c *collector) InterchangeEnd(i *Interchange) error {
	c.last().Interchange = *i
	c.note(i.Verdict)
	return nil
}

func (c *collector) note(v wire.Verdict) {
	if v == wire.Rejected || v == wire.Partly {
		c.out.Rejected = true
	}
}

// CheckBody judges a body that is about to be sent, as a partner of ours would:
// in an envelope of its own. version is GS08. It returns the findings, or the
// *x12.DataError of what cannot be written.
func CheckBody(b x12.Body, version string) ([]wire.Finding, error) {
	var buf writeBuffer
	err := x12.WriteInterchange(&buf, x12.Outgoing{
		Header: x12.Header{
			SenderQualifier: "ZZ", Sender: "SENDER", ReceiverQualifier: "ZZ", Receiver: "RECEIVER",
			Date: "260101", Time: "0000", Control: "1",
		},
		Group: x12.Group{
			FunctionalID: GroupCode(b.Type), Sender: "SENDER", Receiver: "RECEIVER",
			Date: "20260101", Time: "0000", Control: "1", Version: version,
		},
		Bodies: []x12.Body{b},
	}, zeroTime)
	if err != nil {
		return nil, err
	}
	rep, err := CheckBytes(buf, Options{})
	if err != nil {
		return nil, err
	}
	var out []wire.Finding
	for _, i := range rep.Interchanges {
		out = append(out, i.Findings...)
		for _, g := range i.GroupReports {
			out = append(out, g.Findings...)
			for _, s := range g.SetReports {
				out = append(out, s.Findings...)
			}
		}
	}
	return out, nil
}

type writeBuffer []byte

func (b *writeBuffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}
