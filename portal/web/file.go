package web

import (
	"errors"
	"strconv"
	"strings"

	"entente/portal/batch"
	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/partner"
)

func fileRoutes() []Route {
	return []Route{
		get("/c/:slug/files/:kind", "files", InCompany, "", fileList),
		post("/c/:slug/files/:kind", "bring a file", InCompany, "", fileTake),
		get("/c/:slug/files/:kind/:id", "file", InCompany, "", fileShow),
		get("/c/:slug/files/:kind/:id/errors", "rows not taken", InCompany, "", fileErrors),
		post("/c/:slug/files/:kind/:id/columns", "columns of a file", InCompany, "", fileColumns),
		post("/c/:slug/files/:kind/:id/rows", "repair rows", InCompany, "", fileRepair),
		post("/c/:slug/files/:kind/:id/apply", "apply a file", InCompany, "", fileApply),
		post("/c/:slug/files/:kind/:id/remove", "remove a file", InCompany, "", fileRemove),
	}
}

// headFields are what is said for a whole file of orders.
var headFields = []string{"requested", "ship_name", "ship_street", "ship_city", "ship_postcode", "ship_country", "note"}

// fileList is the files of a kind with the form for the next.
func fileList(v *visit) error {
	in := &input{v: v, values: map[string]string{"ship_name": v.login.Org.Name, "ship_city": v.login.Org.City, "partner": v.Query("partner")}}
	return v.files(200, in.form(nil, view.Text{}))
}

func (v *visit) filesURL(parts ...string) string {
	return v.path(append([]string{"files"}, parts...)...)
}

func (v *visit) files(status int, f view.Form) error {
	kind := v.Params("kind")
	k, err := v.w.d.Files.Kind(kind)
	if err != nil {
		return err
	}
	page := &view.FilesPage{Base: v.shell(), URL: v.filesURL(kind), BackURL: v.path("orders"), Kind: kind, Form: f, Countries: countries(or(f.Value("ship_country"), v.login.Org.Country), v.p)}
	c, err := v.partners()
	if err != nil {
		return err
	}
	switch kind {
	case batch.KindOrders:
	case batch.KindLeads:
		page.BackURL = v.path("leads") + "?view=own"
		page.Money = plainOptions(currencyCodes, or(f.Value("currency"), string(v.login.Org.Currency)))
		page.Bases = []view.Option{{Label: view.T("files.basis_each")}}
		for _, b := range customer.Bases {
			page.Bases = append(page.Bases, view.Option{Value: b, Label: view.T("files.basis_all", "basis", view.T("consentbasis."+b)), On: b == f.Value("basis")})
		}
	case batch.KindSales:
		page.BackURL = v.path("sell-through")
	default:
		page.BackURL = v.path("catalogue")
	}
	if kind == batch.KindProducts || kind == batch.KindLeads {
		if err := k.Check(v.ctx, v.actor(), ""); err != nil {
			return err
		}
	} else {
		for _, p := range c.all {
			if p.State != partner.Active || k.Check(v.ctx, v.actor(), p.ID) != nil {
				continue
			}
			page.Partners = append(page.Partners, view.Option{Value: p.ID, Label: view.Raw(c.orgs[p.Other(v.org())].Name), On: p.ID == f.Value("partner")})
		}
		if len(page.Partners) == 0 {
			if act := map[string]access.Action{batch.KindOrders: access.OrderPlace, batch.KindReferences: access.ReferenceWrite, batch.KindSales: access.SellReport}[kind]; !v.lists(act) {
				return fault.New(fault.Forbidden, "error.forbidden")
			}
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	if kind == batch.KindProducts || kind == batch.KindReferences {
		page.Exports = v.catalogueExports(kind, c)
	}
	all, err := v.w.d.Files.List(v.ctx, v.actor(), kind)
	if err != nil {
		return err
	}
	var people []string
	for _, x := range all {
		people = append(people, x.MadeBy)
	}
	n, err := v.lookup(nil, people)
	if err != nil {
		return err
	}
	for _, x := range all {
		page.Rows = append(page.Rows, view.FileListRow{URL: v.filesURL(kind, x.ID), Name: x.Name, Partner: v.pairName(c, x.Partnership), Status: fileStatus(x.State), Rows: x.Read, Made: x.Made, By: n.people[x.MadeBy].Name})
	}
	return v.renderAs(status, page, nil)
}

func fileStatus(s batch.State) view.Status {
	return view.Status{State: view.State("file." + string(s))}
}

// pairName is the company on the other side of a partnership.
func (v *visit) pairName(c circle, id string) string {
	for _, p := range c.all {
		if p.ID == id {
			return c.orgs[p.Other(v.org())].Name
		}
	}
	return ""
}

// fileTake keeps a file and has it read.
func fileTake(v *visit) error {
	in := v.input()
	head, err := v.FormFile("file")
	if err != nil || head.Size == 0 {
		in.wrong.With("file", "files.no_file")
		return v.fileRefused(in, in.err())
	}
	said := batch.Head{}
	if v.Params("kind") == batch.KindOrders {
		for _, name := range headFields {
			if s := in.text(name); s != "" {
				said[name] = s
			}
		}
		if said["requested"] = in.date("requested"); said["requested"] == "" {
			delete(said, "requested")
		}
		if err := in.err(); err != nil {
			return v.fileRefused(in, err)
		}
	}
	if v.Params("kind") == batch.KindLeads {
		for _, name := range []string{"basis", "currency"} {
			if s := in.text(name); s != "" {
				said[name] = s
			}
		}
	}
	if v.Params("kind") == batch.KindSales {
		in.require("from", "to")
		for _, name := range []string{"from", "to", "report"} {
			if said[name] = in.text(name); name != "report" {
				said[name] = in.date(name)
			}
		}
		if len(said["report"]) > 60 {
			in.wrong.With("report", "form.too_long", "Most", 60)
		}
		if in.err() == nil && said["to"] < said["from"] {
			in.wrong.With("to", "sellthrough.period")
		}
		if err := in.err(); err != nil {
			return v.fileRefused(in, err)
		}
	}
	body, err := head.Open()
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	defer body.Close()
	f, err := v.w.d.Files.Take(v.ctx, v.actor(), v.Params("kind"), in.text("partner"), head.Filename, said, body)
	if err != nil {
		return v.fileRefused(in, err)
	}
	return v.seeOther(v.filesURL(f.Kind, f.ID))
}

func (v *visit) fileRefused(in *input, err error) error {
	var f *fault.Error
	if errors.As(err, &f) && len(f.Fields) == 0 && (f.Code == fault.Invalid || f.Code == fault.TooLarge) {
		err = fault.New(fault.Invalid, "form.invalid").With("file", f.Key, args(f.Args)...)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.files(422, in.form(errs, note))
}

func args(m map[string]any) (out []any) {
	for name, value := range m {
		out = append(out, name, value)
	}
	return out
}

// fileColumns has the file read again with the columns that were chosen.
func fileColumns(v *visit) error {
	in := v.input()
	m := sheet.Mapping{Decimal: in.text("decimal"), Order: in.text("order"), Header: int(in.revision("header"))}
	for i := range sheet.MaxColumns {
		name := "column." + strconv.Itoa(i)
		if _, ok := in.values[name]; !ok {
			break
		}
		m.Columns = append(m.Columns, in.text(name))
	}
	return v.fileDid(v.w.d.Files.Columns(v.ctx, v.actor(), v.Params("id"), m), "")
}

// fileRepair writes what was typed into the grid.
func fileRepair(v *visit) error {
	in := v.input()
	by := map[int]*batch.Repair{}
	for name, value := range in.values {
		w := strings.SplitN(name, ".", 3)
		no, ok := whole32(w, 1)
		if len(w) != 3 || w[0] != "r" || !ok {
			continue
		}
		r := by[no]
		if r == nil {
			r = &batch.Repair{Row: no, Fields: map[string]string{}}
			by[no] = r
		}
		if w[2] == "drop" {
			r.Dropped = value != ""
		} else {
			r.Fields[w[2]] = strings.TrimSpace(value)
		}
	}
	var fixes []batch.Repair
	for _, r := range by {
		fixes = append(fixes, *r)
	}
	rest := in.text("rest")
	if !strings.HasPrefix(rest, "?") {
		rest = ""
	}
	return v.fileDid(v.w.d.Files.Repair(v.ctx, v.actor(), v.Params("id"), v.today(), fixes), rest)
}

// fileApply has what is clean applied.
func fileApply(v *visit) error {
	in := v.input()
	head := batch.Head{}
	if n := in.text("number"); n != "" {
		if len(n) > 22 {
			return v.fileDid(fault.New(fault.Invalid, "form.invalid").With("number", "form.too_long", "Most", 22), "")
		}
		head["number"] = n
	}
	return v.fileDid(v.w.d.Files.Apply(v.ctx, v.actor(), v.Params("id"), head), "")
}

func fileRemove(v *visit) error {
	if err := v.w.d.Files.Remove(v.ctx, v.actor(), v.Params("id")); err != nil {
		return v.fileDid(err, "")
	}
	return v.done(v.filesURL(v.Params("kind")), "files.removed")
}

// fileDid goes back to the file, or shows it with what was refused.
func (v *visit) fileDid(err error, rest string) error {
	if err == nil {
		return v.seeOther(v.filesURL(v.Params("kind"), v.Params("id")) + rest)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.filePage(422, view.Form{Errors: errs, Note: note})
}
