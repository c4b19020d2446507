package ack

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Answer is AnswerAs in the default style.
func Answer(r io.Reader, opt schema.Options, at time.Time) ([]byte, *schema.Report, error) {
	return AnswerAs(r, opt, Style{}, at)
}

// AnswerAs judges a file and returns the acknowledgements it would be answered
// with: for every interchange, one answering interchange for each release among
// its groups, the first with the TA1 where one is due. An interchange that is refused
// itself gets a TA1 alone. Control numbers come from the input (ISA13, the first GS06), the
// time from at, so the same input gives the same bytes. The report comes too, and
// what was judged before an error. Errors are those of schema.Read and of writing.
func AnswerAs(r io.Reader, opt schema.Options, style Style, at time.Time) ([]byte, *schema.Report, error) {
	return AnswerWith(r, opt, style, nil, at)
}

// AnswerWith is AnswerAs where more is known of a set than its syntax, see schema.CheckWith.
func AnswerWith(r io.Reader, opt schema.Options, style Style, judge func(*schema.Set) []wire.Finding, at time.Time) ([]byte, *schema.Report, error) {
	rep, err := schema.CheckWith(r, opt, judge)
	var out bytes.Buffer
	for i := range rep.Interchanges {
		if werr := answerOne(&out, &rep.Interchanges[i], style, at); werr != nil && err == nil {
			err = werr
		}
	}
	return out.Bytes(), rep, err
}

func answerOne(w io.Writer, ic *schema.InterchangeReport, style Style, at time.Time) error {
	if ic.Syntax == schema.SyntaxEDIFACT {
		return answerCONTRL(w, ic, at)
	}
	fa := 0
	byVersion := map[string][]Group{}
	var order []string
	for i := range ic.GroupReports {
		g := &ic.GroupReports[i]
		sets := make([]Set, 0, len(g.SetReports))
		for j := range g.SetReports {
			sets = append(sets, SetOf(&g.SetReports[j]))
		}
		if g.Header.FunctionalID == "FA" {
			fa++
			continue
		}
		v := answerVersion(g.Header.Version)
		if _, ok := byVersion[v]; !ok {
			order = append(order, v)
		}
		byVersion[v] = append(byVersion[v], GroupOf(&g.Group, sets))
	}
	ta1 := TA1(&ic.Interchange, fa, style)
	if Refused(&ic.Interchange) {
		order = nil
	}
	if len(order) == 0 && ta1 != nil {
		order = []string{""}
		byVersion[""] = nil
	}
	for _, v := range order {
		groups := byVersion[v]
		var b bytes.Buffer // whole or not at all
		n := Numbers{Interchange: fromText(ic.Header.Control), Group: 1}
		if len(groups) > 0 {
			n.Group = fromText(groups[0].Control)
		}
		err := Write(&b, ic.Header, groups, ta1, style, n, at)
		ta1 = nil
		if errors.Is(err, ErrNoAnswer) {
			continue
		}
		var bad *x12.DataError
		if errors.As(err, &bad) {
			continue // an interchange whose ids cannot be written back is not answered
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// fromText reads a control number of the input; 1 when it is none.
func fromText(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || n > 999999999 {
		return 1
	}
	return n
}
