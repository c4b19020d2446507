package sheet

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"entente/edi/xlsx"
	"entente/prm/fault"
)

// Delimiters lists what a person may choose.
var Delimiters = []byte{',', ';', '\t', '|'}

// sniffed is how many bytes of text decide about the delimiter.
const sniffed = 64 << 10

func openCSV(src io.ReaderAt, size int64, o Options) (*Reader, error) {
	c := o.Charset
	if !c.known() {
		var err error
		if c, err = detect(src, size); err != nil {
			return nil, err
		}
		if c == "" {
			return nil, fault.New(fault.Invalid, "sheet.not_table")
		}
	}
	in := bufio.NewReaderSize(decoded(src, size, c), sniffed)
	head, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.not_table")
	}
	p := &csvParser{in: in}
	skip, named := named(head)
	_, _ = in.Discard(skip)
	if p.comma = o.Delimiter; p.comma == 0 {
		if p.comma = named; p.comma == 0 {
			p.comma = delimiter(head[skip:])
		}
	}
	return &Reader{Source: Source{Format: CSV, Charset: c, Delimiter: p.comma}, next: p.next}, nil
}

// named reads the line "sep=;" with which some spreadsheets begin.
func named(head []byte) (skip int, d byte) {
	if len(head) < 5 || !strings.EqualFold(string(head[:4]), "sep=") {
		return 0, 0
	}
	end := 5
	for end < len(head) && (head[end] == '\r' || head[end] == '\n') && end < 7 {
		end++
	}
	if end == 5 && len(head) > 5 {
		return 0, 0
	}
	return end, head[4]
}

// delimiter is the one that cuts the first records into the most equal rows of
// more than one cell; a tab wins over the others where it does, since nobody
// types it by chance.
func delimiter(head []byte) byte {
	best, most := byte(','), 0
	for _, d := range Delimiters {
		p := &csvParser{in: bufio.NewReader(strings.NewReader(string(head))), comma: d}
		counts := map[int]int{}
		for range 50 {
			row, err := p.next()
			if err != nil {
				break
			}
			if n := len(row.Cells); n > 1 {
				counts[n]++
			}
		}
		score := 0
		for n, rows := range counts {
			score = max(score, rows*10+min(n, 9))
		}
		if d == '\t' && score > 0 {
			score += 5
		}
		if score > most {
			best, most = d, score
		}
	}
	return best
}

// csvParser reads records: RFC 4180, with lines ended by CR, LF or both, and a
// quote inside an unquoted cell taken as it is.
type csvParser struct {
	in    *bufio.Reader
	comma byte
	no    int
	cells []Cell
	cell  []byte
	done  bool
}

func (p *csvParser) next() (Row, error) {
	for {
		if p.done {
			return Row{}, io.EOF
		}
		p.no++
		if p.no > MaxRows {
			return Row{}, fault.New(fault.TooLarge, "sheet.rows", "Most", MaxRows)
		}
		if err := p.record(); err != nil {
			return Row{}, err
		}
		if row := (Row{No: p.no, Cells: p.cells}); !row.Blank() {
			return row, nil
		}
	}
}

// record reads one record into cells; a quoted cell keeps its line ends as "\n".
func (p *csvParser) record() error {
	p.cells, p.cell = p.cells[:0], p.cell[:0]
	quoted, wasQuoted := false, false
	for {
		b, err := p.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			if quoted {
				return fault.New(fault.Invalid, "sheet.quote_open", "Row", p.no)
			}
			p.done = true
			return p.end()
		case err != nil:
			return fault.Wrap(err, fault.Invalid, "sheet.not_table")
		case quoted && b == '"':
			if next, err := p.in.Peek(1); err == nil && next[0] == '"' {
				_, _ = p.in.Discard(1)
				p.cell = append(p.cell, '"')
				continue
			}
			quoted = false
			continue
		case quoted && b == '\r':
			if next, err := p.in.Peek(1); err == nil && next[0] == '\n' {
				continue
			}
			b = '\n'
		case quoted:
		case b == '"' && len(p.cell) == 0 && !wasQuoted:
			quoted, wasQuoted = true, true
			continue
		case b == p.comma:
			wasQuoted = false
			if err := p.end(); err != nil {
				return err
			}
			continue
		case b == '\r':
			if next, err := p.in.Peek(1); err == nil && next[0] == '\n' {
				_, _ = p.in.Discard(1)
			}
			return p.last()
		case b == '\n':
			return p.last()
		}
		if p.cell = append(p.cell, b); len(p.cell) > MaxCell {
			return fault.New(fault.Invalid, "sheet.cell_long", "Row", p.no, "Most", MaxCell)
		}
	}
}

// last ends the record; more may follow.
func (p *csvParser) last() error {
	if err := p.end(); err != nil {
		return err
	}
	if _, err := p.in.Peek(1); errors.Is(err, io.EOF) {
		p.done = true
	}
	return nil
}

func (p *csvParser) end() error {
	if len(p.cells) == MaxColumns {
		if len(p.cell) == 0 {
			return nil // empty cells beyond the last column of interest
		}
		return fault.New(fault.Invalid, "sheet.columns", "Row", p.no, "Most", MaxColumns)
	}
	s := string(p.cell)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	p.cells = append(p.cells, Cell{Text: xlsx.Plain(s)})
	p.cell = p.cell[:0]
	return nil
}
