package api

import (
	"cmp"
	"context"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/portal/batch"
	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/fault"
)

// FilesPath takes files of orders; its body is streamed like that of IntakePath.
const FilesPath = "/api/v1/order-files"

// orderFile is POST /order-files. The body is not read by the library, as with intake.
type orderFile struct {
	Partner   string `query:"partner" required:"true" maxLength:"60" doc:"short name of the supplier"`
	Name      string `query:"name" maxLength:"200" doc:"name of the file"`
	Number    string `query:"number" maxLength:"22" doc:"order number of a file that has none in its rows"`
	Requested string `query:"requested" maxLength:"10" doc:"wanted on this day, where a row says no other"`
	body      io.Reader
}

// Resolve takes hold of the body stream.
func (in *orderFile) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type orderFileOut struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	State    string         `json:"state" doc:"reading, ready (to be applied), applying, done or failed"`
	Why      string         `json:"why,omitempty" doc:"of a file that cannot be read, or of a turn that failed"`
	Size     int64          `json:"size"`
	Sent     time.Time      `json:"sent"`
	Read     int            `json:"read" doc:"rows so far"`
	Wrong    int            `json:"wrong" doc:"rows that stop their order"`
	Orders   int            `json:"orders"`
	Clean    int            `json:"clean" doc:"orders without a wrong row that are still to apply"`
	Outcomes map[string]int `json:"outcomes" doc:"orders by what became of them: made, same, held, kept (until approved) or refused"`
}

type fileRow struct {
	Row    int               `json:"row"`
	Order  string            `json:"order,omitempty"`
	Fields map[string]string `json:"fields"`
	Wrong  []fileWrong       `json:"wrong"`
}

type fileWrong struct {
	Field   string `json:"field,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Value   string `json:"value,omitempty"`
}

type fileResult struct {
	Number  string `json:"number"`
	Outcome string `json:"outcome"`
	Order   string `json:"order,omitempty" doc:"id of the order that it became or met"`
	Why     string `json:"why,omitempty"`
}

func fileWords(p *locale.Printer, key string, args map[string]any) string {
	if key == "" {
		return ""
	}
	list := make([]any, 0, 2*len(args))
	for k, v := range args {
		list = append(list, k, v)
	}
	return p.T(key, list...)
}

func wireOrderFile(p *locale.Printer, f batch.File) *reply[orderFileOut] {
	out := orderFileOut{ID: f.ID, Name: f.Name, State: string(f.State), Why: fileWords(p, f.Problem.Key, f.Problem.Args), Size: f.Size, Sent: f.Made, Read: f.Read, Wrong: f.Counts.Wrong, Orders: f.Counts.Groups, Clean: f.Counts.Clean, Outcomes: map[string]int{}}
	for k, n := range f.Counts.Outcomes {
		if k != batch.Untouched {
			out.Outcomes[k] = n
		}
	}
	return &reply[orderFileOut]{out}
}

// fileOf is a file of orders of the actor's company.
func (a *API) fileOf(ctx context.Context, actor access.Actor, id string) (batch.File, error) {
	f, err := a.d.Files.Get(ctx, actor, id)
	if err == nil && f.Kind != batch.KindOrders {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return f, err
}

// files are files of many orders, read and applied in the background.
func (a *API) files() {
	words := func() *locale.Printer { return locale.New(locale.English, time.UTC, time.Now()) }
	o := op("POST", FilesPath, "orders:write", "Send a file of orders", "CSV or XLSX, rows with one number are one order, to 250,000 rows. The answer comes when the bytes are kept; rows are read in the background. The columns are those remembered for this layout (chosen on the page), else guessed. Look at `GET /api/v1/order-files/{id}` until it is `ready`, then apply it.", 201)
	o.RequestBody = &huma.RequestBody{Required: true, Content: bytesOf("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/octet-stream")}
	o.SkipValidateBody = true
	handle(a, o, func(ctx context.Context, actor access.Actor, in *orderFile) (*reply[orderFileOut], error) {
		_, ps, err := a.partnerships(ctx, actor, in.Partner)
		if err != nil {
			return nil, err
		}
		partnership := ""
		for _, p := range ps {
			if p.Reseller == actor.Org {
				partnership = string(p.ID)
			}
		}
		if partnership == "" {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		head := batch.Head{}
		if in.Requested != "" {
			if _, err := time.Parse(time.DateOnly, in.Requested); err != nil {
				return nil, fault.InvalidField("requested", "form.date")
			}
			head["requested"] = in.Requested
		}
		if n := strings.TrimSpace(in.Number); n != "" {
			head["number"] = n
		}
		if in.body == nil {
			in.body = strings.NewReader("")
		}
		f, err := a.d.Files.Take(ctx, actor, batch.KindOrders, partnership, in.Name, head, in.body)
		if err != nil {
			return nil, err
		}
		return wireOrderFile(words(), f), nil
	})
	handle(a, op("GET", FilesPath+"/{id}", "orders:write", "How far a file of orders is", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[orderFileOut], error) {
			f, err := a.fileOf(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			return wireOrderFile(words(), f), nil
		})
	handle(a, op("POST", FilesPath+"/{id}/apply", "orders:write", "Place the orders of a file", "Every order without a wrong row is placed, in the background; sent again, nothing is placed twice. 409 while it is read or applied, or where nothing is left.", 202),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[orderFileOut], error) {
			if _, err := a.fileOf(ctx, actor, in.ID); err != nil {
				return nil, err
			}
			if err := a.d.Files.Apply(ctx, actor, in.ID, nil); err != nil {
				return nil, err
			}
			f, err := a.fileOf(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			return wireOrderFile(words(), f), nil
		})
	type paged struct {
		IDPath
		After int `query:"after" minimum:"0" doc:"next of the page before"`
	}
	const most = 200
	handle(a, op("GET", FilesPath+"/{id}/wrong", "orders:write", "The rows of a file that are wrong", "200 at a time, with what is wrong in each cell. They are repaired on the page, or in the file, which is sent again.", 200),
		func(ctx context.Context, actor access.Actor, in *paged) (*reply[list[fileRow]], error) {
			if _, err := a.fileOf(ctx, actor, in.ID); err != nil {
				return nil, err
			}
			rows, err := a.d.Files.Rows(ctx, actor, in.ID, true, in.After, most+1)
			if err != nil {
				return nil, err
			}
			next := ""
			if len(rows) > most {
				rows, next = rows[:most], strconv.Itoa(rows[most-1].No)
			}
			p := words()
			var out []fileRow
			for _, r := range rows {
				x := fileRow{Row: r.No, Order: r.Group, Fields: r.Fields, Wrong: []fileWrong{}}
				for _, w := range r.Wrong {
					x.Wrong = append(x.Wrong, fileWrong{w.Field, w.Key, fileWords(p, w.Key, w.Args), w.Value})
				}
				out = append(out, x)
			}
			return page(out, next), nil
		})
	handle(a, op("GET", FilesPath+"/{id}/results", "orders:write", "What became of the orders of a file", "200 at a time.", 200),
		func(ctx context.Context, actor access.Actor, in *paged) (*reply[list[fileResult]], error) {
			f, err := a.fileOf(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			groups, err := a.d.Files.Groups(ctx, actor, in.ID, in.After, most+1)
			if err != nil {
				return nil, err
			}
			next := ""
			if len(groups) > most {
				groups, next = groups[:most], strconv.Itoa(groups[most-1].Place)
			}
			p := words()
			var out []fileResult
			for _, g := range groups {
				out = append(out, fileResult{cmp.Or(g.Label, g.Key, f.Head["number"]), g.Outcome, g.Subject, fileWords(p, g.Problem.Key, g.Problem.Args)})
			}
			return page(out, next), nil
		})
	handle(a, op("DELETE", FilesPath+"/{id}", "orders:write", "Forget a file of orders", "What was placed of it stays.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			if _, err := a.fileOf(ctx, actor, in.ID); err != nil {
				return nil, err
			}
			return nil, a.d.Files.Remove(ctx, actor, in.ID)
		})
}

// byteRange is what a Range header asks of size bytes: those from and before to, none where it
// cannot be satisfied. Not asked: several ranges, another unit, and what is none, which are
// ignored (RFC 9110, 14.2).
func byteRange(header string, size int64) (from, to int64, asked bool) {
	unit, spec, _ := strings.Cut(header, "=")
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	number := func(s string) (int64, bool) { // what is too long for a number is beyond any file
		if s == "" || strings.Trim(s, "0123456789") != "" {
			return 0, false
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			n = math.MaxInt64
		}
		return n, true
	}
	a, isA := number(first)
	b, isB := number(last)
	switch {
	case !strings.EqualFold(unit, "bytes") || !dash, first != "" && !isA, last != "" && !isB, !isA && !isB, isA && isB && b < a:
		return 0, 0, false
	case !isA: // the last b
		return size - min(b, size), size, true
	case !isB || b >= size:
		b = size - 1
	}
	return a, b + 1, true
}
